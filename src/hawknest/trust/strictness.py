"""What ought to be done with a letter, and how far the owner of a domain goes with it."""

from enum import StrEnum


class Wish(StrEnum):
    """What ought to be done with a letter."""

    ACCEPT = "accept"
    JUNK = "junk"  # filed among the junk
    DEFER = "defer"  # nobody can tell now: the other server tries again later
    REFUSE = "refuse"


class Strictness(StrEnum):
    """How far a domain of ours goes with letters that seem forged."""

    REFUSE = "refuse"  # as their authors' domains ask
    JUNK = "junk"  # never further than among the junk
    MARK = "mark"  # it is only written down

    def allows(self, wish: Wish) -> Wish:
        """Tell what is left of a wish."""
        if self is Strictness.MARK:
            return Wish.ACCEPT
        if self is Strictness.JUNK and wish is not Wish.ACCEPT:
            return Wish.JUNK
        return wish

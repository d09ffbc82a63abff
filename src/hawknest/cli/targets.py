"""Where an owner leads addresses to: said at once when nobody is there, and not first by the letters that are refused."""

from collections.abc import Iterable

from hawknest.accounts.directory import CatchAll, NoSuchUser, look_up
from hawknest.cli.nest import Nest, tell
from hawknest.cli.words import tell as word
from hawknest.mail.address import parse_address


def warn_of_nobody(here: Nest, targets: Iterable[str]) -> None:
    """Name on stderr the targets in our own domains that are nobody's; they may come later, so that nothing is refused."""
    for target in targets:
        address = parse_address(target)
        found = here.read(lambda c, address=address: look_up(c, address))
        if found in (NoSuchUser(), CatchAll(address)):  # the catch-all of its own domain
            tell(word("nobody-there", address=address))

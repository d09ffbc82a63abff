"""Sets of numbers as clients send them, against what a client knows of its mailbox. RFC 9051 §6.4.9, RFC 5182, RFC 9586."""

from hawknest.doors.imap.rooms import Selected, Session
from hawknest.wire.imap import sets
from hawknest.wire.imap.cursor import CommandError
from hawknest.wire.imap.sets import NumberSet


def ranges_of(selected: Selected, numbers: NumberSet, *, by_uid: bool) -> list[tuple[int, int]]:
    """Give the ascending ranges of UIDs or of message numbers that a set means."""
    view = selected.view
    if not numbers.saved:
        return numbers.resolve(view.largest(by_uid=by_uid))
    if by_uid:
        return sets.ranges_of(selected.saved)
    return sets.ranges_of(view.numbers(selected.saved))


def stretches_of(session: Session, numbers: NumberSet, *, by_uid: bool) -> list[tuple[int, int]]:
    """Find the stretches of the view that a set means; UIDs that are not there are passed over.

    Raises CommandError for message numbers beyond the last (RFC 9051 §9, seq-number), and for any where only UIDs are taken.
    """
    selected = session.mailbox
    if session.uid_only and not by_uid:
        raise CommandError("UIDs only, please", "UIDREQUIRED")
    if not selected.view.count and any(0 in pair for pair in numbers.ranges):
        return []  # quirk_star_of_nothing: many clients ask an empty mailbox for 1:*
    ranges = ranges_of(selected, numbers, by_uid=by_uid)
    if not by_uid and ranges and (ranges[-1][1] > selected.view.count or ranges[0][0] < 1):
        raise CommandError("There is no message of that number")
    return selected.view.places(ranges, by_uid=by_uid)

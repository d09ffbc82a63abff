"""How much one IMAP command may ask for: what is beyond is refused before anybody works for it."""

import pytest

from hawknest.wire.imap import fetching, searching
from hawknest.wire.imap.cursor import CommandError, Cursor
from hawknest.wire.imap.grammar import GRAMMAR


def read(name: str, arguments: str) -> object:
    return GRAMMAR[name](Cursor(f" {arguments}".encode(), {}))


def listed(count: int, what: str) -> str:
    return "(" + " ".join(what.format(number) for number in range(1, count + 1)) + ")"


@pytest.mark.parametrize(
    ("name", "arguments", "limit"),
    [
        ("FETCH", lambda n: "1 " + listed(n, "BODY.PEEK[{0}]"), fetching.SECTIONS),
        ("ESEARCH", lambda n: f"IN {listed(n, 'inboxes')} ALL", searching.SCOPES),
        ("ESEARCH", lambda n: f"IN (mailboxes {listed(n, 'm{0}')}) ALL", searching.NAMES),
        ("NOTIFY", lambda n: "SET" + " (inboxes NONE)" * n, searching.SCOPES),
        ("SEARCH", lambda n: " ".join(["SEEN"] * n), searching.KEYS),
    ],
)
def test_limits(name: str, arguments, limit: int) -> None:
    read(name, arguments(limit))
    with pytest.raises(CommandError) as refused:
        read(name, arguments(limit + 1))
    assert refused.value.code == "LIMIT"


def test_a_key_of_sort_counts_once() -> None:
    found = read("SORT", f"{listed(500, 'REVERSE DATE SUBJECT')} UTF-8 ALL")
    assert isinstance(found, searching.Sort)
    assert found.order == ((searching.Order.DATE, True), (searching.Order.SUBJECT, False))

"""The commands of IMAP: good and bad forms of each, what is written is read again, and any text gets an answer."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.wire.imap import fetching, names, sets
from hawknest.wire.imap.command import (
    Copy,
    Create,
    Enable,
    Expunge,
    GetMetadata,
    Id,
    List,
    Login,
    Lsub,
    Notify,
    Rename,
    Resync,
    Select,
    SetAcl,
    SetMetadata,
    SetQuota,
    Status,
    Store,
    StoreMode,
    Subscribe,
)
from hawknest.wire.imap.cursor import CommandError, Cursor
from hawknest.wire.imap.fetching import Attribute, Fetch, Section, Text
from hawknest.wire.imap.grammar import GRAMMAR
from hawknest.wire.imap.searching import (
    Aged,
    All,
    And,
    Clock,
    Dated,
    Field,
    Flagged,
    Has,
    Header,
    Not,
    Numbers,
    Or,
    Order,
    Result,
    Return,
    Scope,
    Search,
    Sized,
    Sort,
    Thread,
    Unreadable,
    When,
    Where,
)
from hawknest.wire.imap.sets import NumberSet
from hawknest.wire.imap.strings import astring, literal, nstring, string

ONE = NumberSet(((1, 1),))
REST = NumberSet(((1, 0),))


def parse(text: bytes, literals: dict[int, bytes] | None = None) -> object:
    name = next(
        name for name in sorted(GRAMMAR, key=len, reverse=True) if text.upper().startswith(name.encode())
    )
    cursor = Cursor(text, literals or {})
    cursor.at = len(name)
    return GRAMMAR[name](cursor)


GOOD = [
    (b'ID ("name" "sodr" "version" NIL)', Id(((b"name", b"sodr"), (b"version", None)))),
    (b"ID NIL", Id()),
    (b"LOGIN mrc secret", Login("mrc", "secret")),
    (b'LOGIN "m \\"r\\"" "\\\\"', Login('m "r"', "\\")),
    (b"ENABLE CONDSTORE X-GOOD-IDEA", Enable(("CONDSTORE", "X-GOOD-IDEA"))),
    (b"SELECT INBOX", Select("INBOX")),
    (b"EXAMINE blurdybloop", Select("blurdybloop", read_only=True)),
    (b"SELECT INBOX (CONDSTORE)", Select("INBOX", condstore=True)),
    (
        b"SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211))",
        Select("INBOX", resync=Resync(67890007, 20050715194045000, NumberSet(((41, 41), (43, 211))))),
    ),
    (
        b"SELECT INBOX (QRESYNC (1 2 1:3 (1,2 5,8)))",
        Select(
            "INBOX",
            resync=Resync(
                1, 2, NumberSet(((1, 3),)), (NumberSet(((1, 1), (2, 2))), NumberSet(((5, 5), (8, 8))))
            ),
        ),
    ),
    (b"CREATE owatagusiam/", Create("owatagusiam/")),
    (b"CREATE MySpecial (USE (\\Drafts \\Sent))", Create("MySpecial", ("\\Drafts", "\\Sent"))),
    (b"RENAME a &Jjo-", Rename("a", "☺")),
    (b"SUBSCRIBE a", Subscribe("a")),
    (b"UNSUBSCRIBE a", Subscribe("a", on=False)),
    (b'LIST "" "%/%"', List("", ("%/%",))),
    (
        b'LIST (SUBSCRIBED RECURSIVEMATCH) "" (a* "b c") RETURN (CHILDREN STATUS (MESSAGES UNSEEN))',
        List(
            "",
            ("a*", "b c"),
            frozenset({"SUBSCRIBED", "RECURSIVEMATCH"}),
            frozenset({"CHILDREN"}),
            ("MESSAGES", "UNSEEN"),
        ),
    ),
    (b'LSUB "#news." "comp.mail.*"', Lsub("#news.", "comp.mail.*")),
    (b"STATUS blurdybloop (UIDNEXT MESSAGES)", Status("blurdybloop", ("UIDNEXT", "MESSAGES"))),
    (b"UID EXPUNGE 3000:3002", Expunge(NumberSet(((3000, 3002),)))),
    (
        b"STORE 2:4 +FLAGS (\\Deleted)",
        Store(NumberSet(((2, 4),)), False, StoreMode.ADD, ("\\Deleted",)),
    ),
    (
        b"UID STORE 6,4,8 (UNCHANGEDSINCE 12121230045) -FLAGS.SILENT a b",
        Store(
            NumberSet(((6, 6), (4, 4), (8, 8))),
            True,
            StoreMode.REMOVE,
            ("a", "b"),
            silent=True,
            unchanged_since=12121230045,
        ),
    ),
    (b"COPY 2:4 MEETING", Copy(NumberSet(((2, 4),)), False, "MEETING")),
    (b"UID MOVE $ foo", Copy(NumberSet(saved=True), True, "foo", move=True)),
    (b"FETCH 1 ALL", Fetch(ONE, False, fetching.MACROS["ALL"])),
    (
        b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
        Fetch(REST, True, (Attribute.FLAGS, Attribute.UID, Attribute.MODSEQ), (), 12345, vanished=True),
    ),
    (
        b"FETCH 1 BODY[4.2.HEADER.FIELDS (date From)]<0.128>",
        Fetch(
            ONE,
            False,
            (),
            (
                Section(
                    b"BODY[4.2.HEADER.FIELDS (date From)]",
                    (4, 2),
                    Text.FIELDS,
                    (b"date", b"From"),
                    peek=False,
                    partial=(0, 128),
                ),
            ),
        ),
    ),
    (
        b"FETCH 1 BINARY.SIZE[1]",
        Fetch(ONE, False, (), (Section(b"BINARY.SIZE[1]", (1,), binary=True, size=True),)),
    ),
    (
        b"UID FETCH 1 FLAGS (PARTIAL -1:-30)",
        Fetch(ONE, True, (Attribute.FLAGS, Attribute.UID), partial=(-30, -1)),
    ),
    (
        b"SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
        Search(
            And(
                (Flagged("\\Flagged"), Dated(Clock.INTERNAL, When.SINCE, 8797), Not(Has(Field.FROM, "Smith")))
            ),
            False,
        ),
    ),
    (b"SEARCH OR 1:* LARGER 5", Search(Or(Numbers(REST, by_uid=False), Sized(True, 5)), False)),
    (b"UID SEARCH HEADER a b", Search(Header("a", "b"), True)),
    (b"SEARCH CHARSET x-none TEXT y", Search(Unreadable(), False)),
    (
        b"SEARCH RETURN (MIN COUNT) YOUNGER 60",
        Search(Aged(True, 60), False, Return(frozenset({Result.MIN, Result.COUNT}))),
    ),
    (b"SEARCH RETURN () ALL", Search(All(), False, Return(frozenset({Result.ALL})))),
    (
        b"SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
        Sort(All(), False, ((Order.SUBJECT, False), (Order.DATE, True))),
    ),
    (b"THREAD REFERENCES US-ASCII ALL", Thread(All(), False, "REFERENCES")),
    (
        b"ESEARCH IN (mailboxes a personal) ALL",
        Search(
            All(),
            True,
            Return(frozenset({Result.ALL})),
            (Where(Scope.MAILBOXES, ("a",)), Where(Scope.PERSONAL)),
        ),
    ),
    (b'SETQUOTA "" (STORAGE 512)', SetQuota("", (("STORAGE", 512),))),
    (b"SETACL INBOX fred +rw", SetAcl("INBOX", "fred", StoreMode.ADD, "rw")),
    (b"DELETEACL INBOX fred", SetAcl("INBOX", "fred", StoreMode.SET, None)),
    (
        b'GETMETADATA (MAXSIZE 1024 DEPTH infinity) "" (/shared/comment /private/x)',
        GetMetadata("", ("/shared/comment", "/private/x"), None, 1024),
    ),
    (b"SETMETADATA INBOX (/private/comment NIL)", SetMetadata("INBOX", (("/private/comment", None),))),
    (b"NOTIFY NONE", Notify(())),
]


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_good_forms(text: bytes, value: object) -> None:
    assert parse(text) == value
    assert parse(text + b" ") == value  # quirk_trailing_space


BAD = """NOOP x|LOGIN|LOGIN a|LOGIN a b c|LOGIN "a|ENABLE|ENABLE (|SELECT|SELECT a b|SELECT a (QRESYNC)|SELECT a (QRESYNC (0 1))
SELECT a (QRESYNC (1 1 1:2 (1))|SELECT a (CONDSTORE|CREATE|CREATE a (USE)|CREATE a (SIZE 5)|DELETE|RENAME a|LIST|LIST ""|LIST "" * RETURN
LIST (RECURSIVEMATCH) "" *|LIST "" * RETURN (STATUS)|LSUB ""|STATUS a|STATUS a ()|STATUS a (X)|EXPUNGE 1|UID EXPUNGE|UID EXPUNGE a
STORE|STORE 1|STORE 1 FLAGS|STORE 0 FLAGS a|STORE 1 X (a)|STORE 1 (UNCHANGEDSINCE) FLAGS a|STORE 1 (X 1) FLAGS a|COPY 1|COPY a b|MOVE
FETCH|FETCH 1|FETCH 1 X|FETCH 1 (FLAGS|FETCH 1 ()|FETCH 0 FLAGS|FETCH 4294967296 FLAGS|FETCH -1 FLAGS|FETCH 1 BODY[|FETCH 1 BODY[0]
FETCH 1 BODY[MIME]|FETCH 1 BODY[1.X]|FETCH 1 BODY[HEADER.FIELDS ()]|FETCH 1 BODY[]<1>|FETCH 1 BODY[]<1.0>|FETCH 1 BODY[]<-1.5>
FETCH 1 FLAGS (VANISHED)|UID FETCH 1 FLAGS (VANISHED)|FETCH 1 FLAGS (CHANGEDSINCE 18446744073709551616)|FETCH 1 BINARY[TEXT]|FETCH 1 BODY.X[]
SEARCH|SEARCH X|SEARCH NOT|SEARCH OR ALL|SEARCH (ALL|SEARCH ()|SEARCH ON 1-Foo-2026|SEARCH ON 30-Feb-2026|SEARCH LARGER -1|SEARCH OLDER 0
SEARCH RETURN (X) ALL|SEARCH RETURN (ALL PARTIAL 1:2) ALL|SEARCH RETURN (PARTIAL 0:1) ALL|SEARCH RETURN (PARTIAL -1:2) ALL|SEARCH KEYWORD
SORT|SORT () UTF-8 ALL|SORT (X) UTF-8 ALL|SORT (DATE) UTF-8|THREAD X UTF-8 ALL|THREAD REFERENCES UTF-8|ESEARCH IN () ALL|ESEARCH IN (x) ALL
SETACL a b|SETACL a|GETACL|GETQUOTA|SETQUOTA "" x|GETMETADATA a|GETMETADATA a x|GETMETADATA a /private/a*|GETMETADATA a /private//b
GETMETADATA a /privat|GETMETADATA (DEPTH 2) a /private/b|SETMETADATA a ()|SETMETADATA a (/private/b)|NOTIFY|NOTIFY SET|NOTIFY SET (x NONE)
NOTIFY SET (selected (MessageNew))|NOTIFY SET (selected (FlagChange))|NOTIFY SET (selected (X))|COMPRESS|COMPRESS LZW|ID|ID (a b)|ID ("a")"""


@pytest.mark.parametrize("text", [one.encode() for line in BAD.splitlines() for one in line.split("|")])
def test_bad_forms(text: bytes) -> None:
    with pytest.raises(CommandError):
        parse(text)


def test_depth_and_number_of_keys_are_bounded() -> None:
    for text in (
        b"SEARCH " + b"(" * 5000,
        b"SEARCH " + b"NOT " * 5000 + b"ALL",
        b"SEARCH " + b"ALL " * 5000 + b"ALL",
    ):
        with pytest.raises(CommandError):
            parse(text)
    with pytest.raises(CommandError):
        parse(b"FETCH 1 BODY[" + b"1." * 500 + b"1]")


@given(st.sampled_from(sorted(GRAMMAR)), st.binary(max_size=60))
def test_any_words_are_a_command_or_an_error(name: str, rest: bytes) -> None:
    cursor = Cursor(name.encode() + b" " + rest, {})
    cursor.at = len(name)
    try:
        GRAMMAR[name](cursor)
    except CommandError as error:
        assert str(error)


@given(st.text())
def test_modified_utf7_is_read_as_it_is_written(name: str) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return
    written = names.encode(name)
    assert written.isascii()
    assert names.decode(written) == name


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        (b"&Jjo-!", "☺!"),
        (b"R&-D", "R&D"),
        (b"R&D", "R&D"),  # quirk_utf8_name
        (b"&AC4ALg-", ".."),
        (b"&AAA-", "\0"),
        (b"&2AA-", "&2AA-"),  # half of a pair
        ("é".encode(), "é"),
    ],
)
def test_names(octets: bytes, name: str) -> None:
    assert names.decode(octets) == name


def test_a_name_that_is_neither() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        names.decode(b"\xff")


_numbers = st.integers(1, 2**32 - 1)


@given(st.lists(st.tuples(_numbers, _numbers).map(lambda pair: (min(pair), max(pair))), min_size=1))
def test_sets_are_read_as_they_are_written(ranges: list[tuple[int, int]]) -> None:
    found = sets.match(sets.written(ranges), 0)
    assert found is not None
    assert found[0].ranges == tuple(ranges)


@given(st.sets(st.integers(1, 300)))
def test_ranges_hold_the_same_numbers(numbers: set[int]) -> None:
    ranges = sets.ranges_of(sorted(numbers))
    assert {n for first, last in ranges for n in range(first, last + 1)} == numbers
    assert all(b[0] > a[1] + 1 for a, b in itertools.pairwise(ranges))


@pytest.mark.parametrize(
    ("text", "largest", "ranges"),
    [
        (b"2,4:7,9,12:*", 15, [(2, 2), (4, 7), (9, 9), (12, 15)]),
        (b"*:4,5:7", 10, [(4, 10)]),
        (b"3:*", 2, [(2, 3)]),
        (b"*", 0, [(0, 0)]),
    ],
)
def test_sets_of_the_rfc(text: bytes, largest: int, ranges: list[tuple[int, int]]) -> None:
    found = sets.match(text, 0)
    assert found is not None
    assert found[0].resolve(largest) == ranges


@given(st.binary(max_size=1200))
def test_strings_are_read_as_they_are_written(octets: bytes) -> None:
    for write in (string, astring, literal):
        written = write(octets)
        literals = {0: octets} if written.startswith(b"{") else {}
        if literals and b"\0" in octets:  # no string has NUL in it
            continue
        head = written.split(b"\r\n")[0] + b"\r\n" if literals else written
        assert Cursor(head, literals).astring() == octets
    assert (nstring(None), nstring(b"")) == (b"NIL", b'""')

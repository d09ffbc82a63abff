"""Users: made whole, changed field by field, removed with their letters."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import CHEAP, NOW, town

from hawknest.accounts import aliases, domains, users
from hawknest.accounts.errors import AccountError
from hawknest.accounts.users import User
from hawknest.store import Connection, Statement, letters, mailboxes
from hawknest.store.blobs import Content
from hawknest.store.letters import Filing
from stores import Nest

BOXES = Statement(
    """SELECT m.name, m.role, m.uidnext, m.modseq FROM mailbox m JOIN account a ON a.id = m.account_id
       WHERE a.local = :local ORDER BY m.id"""
)
COUNTS = {
    table: Statement(f"SELECT count(*) FROM {table}")
    for table in "account account_mail mailbox email placement blob tombstone app_password".split()
}


def counts(connection: Connection) -> dict[str, int]:
    return {table: (connection.one(statement) or (0,))[0] for table, statement in COUNTS.items()}


def test_a_new_user_has_all_mailboxes(connection: Connection) -> None:
    town(connection)
    assert connection.all(BOXES, local="bob") == [(name, role, 1, 1) for name, role in mailboxes.FIRST]
    bob = users.get(connection, "BOB@Example.com")
    box, uidvalidity, items = letters.inbox(connection, bob.id)
    assert (items, uidvalidity) == ([], int(NOW))
    assert box


@pytest.mark.parametrize(
    "local",
    [
        "CON",
        "ユーザ",
        "a/b",
        "x" * 64,
        "o'neil",
        "100%",
        "_",
        "-",
        "nul",
        "a\u0301",
        "Ünïcode",
        "a..b",
        '".."',
        '"a b"',
        '"a\\"b"',
    ],
)
def test_names_are_no_paths(sqlite_nest: Nest, tmp_path: Path, local: str) -> None:
    sqlite_nest.do(lambda c: domains.add(c, "example.com", NOW))
    before = {p for p in tmp_path.rglob("*") if "sqlite" not in p.name}
    added = sqlite_nest.do(lambda c: users.add(c, User(address=f"{local}@example.com"), CHEAP, NOW))
    assert (
        sqlite_nest.do(lambda c: users.get(c, f"{local.upper() if local.isascii() else local}@example.com"))
        == added
    )
    assert sqlite_nest.do(lambda c: users.get(c, added.address)) == added
    assert {p for p in tmp_path.rglob("*") if "sqlite" not in p.name} == before
    assert sqlite_nest.do(users.listing) == [added]
    sqlite_nest.do(lambda c: users.remove(c, added.address))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("x" * 65 + "@example.com", "64 octets"),
        ("x" * 10_000 + "@example.com", "64 octets"),
        ("x" * 1_000_000 + "@example.com", "64 octets"),
        ("ユ" * 22 + "@example.com", "64 octets"),
        ("@example.com", "nothing stands before"),
        ("bob", "no domain"),
        ("..@nowhere.example", "not a domain of this server"),
        ("a b@example.com", "quoted"),
        ("bob\0@example.com", "quoted"),
        ("bob\r\nRCPT@example.com", "quoted"),
        ("\ud800@example.com", "quoted"),
        ("bob@@example.com", "more than one @"),
        ("ANN@EXAMPLE.COM", "there already"),
        ("info@example.com", "is an alias"),
    ],
)
def test_bad_names_give_a_clean_error(connection: Connection, address: str, words: str) -> None:
    town(connection)
    with pytest.raises(AccountError, match=words) as caught, connection.savepoint():
        users.add(connection, User(address=address), None, NOW)
    assert len(str(caught.value)) < 400


FIELDS: dict[str, Any] = {
    "real_name": "Ann 'Ünïcode\" ユーザ",
    "active": False,
    "admin": True,
    "quota": 2**40,
    "message_limit": 5_000_000,
    "forward": ("far@elsewhere.example", "bob@example.com"),
    "keep_copy": False,
    "responder_on": True,
    "responder_subject": "Away",
    "responder_text": "Line\r\n.\r\nline",
    "finger_text": "Plan: none\n",
}


@pytest.mark.parametrize("names", [[name] for name in FIELDS] + [list(FIELDS)])
def test_each_field_comes_back(connection: Connection, names: list[str]) -> None:
    town(connection)
    changes = {name: FIELDS[name] for name in names}
    if "responder_on" in changes:
        changes["responder_text"] = FIELDS["responder_text"]
    changed = users.change(connection, "ann@example.com", **changes)
    assert changed == users.get(connection, "ann@example.com")
    assert {name: getattr(changed, name) for name in changes} == changes
    assert users.get(connection, "ann@example.org").real_name == ""  # the other ann


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quota": -1}, "quota"),
        ({"message_limit": -5}, "message limit"),
        ({"forward": ("not an address",)}, "not an address"),
        ({"forward": tuple(f"u{n}@x.example" for n in range(51))}, "50 addresses"),
        ({"responder_on": True}, "needs a text"),
        ({"responder_text": "x" * 70_000}, "64 KiB"),
        ({"finger_text": "x" * 70_000}, "64 KiB"),
        ({"quota": 2**64}, "cannot be more"),
        ({"real_name": "two\nlines"}, "one line"),
        ({"real_name": "line end\n"}, "one line"),
        ({"real_name": "nul \0"}, "one line"),
        ({"real_name": "x" * 300}, "one line"),
        ({"responder_subject": "a\r\nBcc: x@y.example"}, "one line"),
        ({"responder_text": "nul \0"}, "no text"),
        ({"finger_text": "\ud800"}, "no text"),
        ({"shoe_size": 42}, "no field shoe_size"),
    ],
)
def test_bad_changes_are_refused(connection: Connection, changes: dict[str, Any], words: str) -> None:
    town(connection)
    with pytest.raises(AccountError, match=words):
        users.change(connection, "ann@example.com", **changes)


def test_removing_lets_go_of_the_letters(connection: Connection) -> None:
    domains.add(connection, "example.com", NOW)
    empty = counts(connection)
    ann, bob = (users.add(connection, User(address=f"{n}@example.com"), None, NOW).id for n in ("ann", "bob"))
    shared = letters.keep(connection, [(Content(len(b"two"), b"two"), 3)])[0]
    large = letters.keep(connection, [(Content(9, None, "ab/cd.l2"), 1)])[0]
    owners = ((ann, shared, 3), (bob, shared, 3), (bob, shared, 3), (bob, large, 9))
    letters.file(connection, [Filing(account, blob, size, "l", NOW) for account, blob, size in owners])
    aliases.change(connection, "postmaster@example.com", ["ann@example.com"])
    assert users.remove(connection, "bob@example.com") == ["ab/cd.l2"]
    assert letters.read(connection, large) is None
    assert letters.read(connection, shared) is not None
    assert users.remove(connection, "ann@example.com") == []
    assert counts(connection) == empty


def test_postmaster_is_never_left_alone(connection: Connection) -> None:
    town(connection)
    with pytest.raises(AccountError, match=r"postmaster@example.com leads to ann@example.com alone"):
        users.remove(connection, "ann@example.com")
    for name in domains.BUILTIN:
        aliases.change(connection, f"{name}@example.com", ["bob@example.com"])
    users.remove(connection, "ann@example.com")
    users.remove(connection, "bob@example.com")  # the last one may go …
    assert aliases.get(connection, "postmaster@example.com").targets == ()
    users.add(connection, User(address="cleo@example.com"), None, NOW)  # … and the next first one takes over
    assert aliases.get(connection, "postmaster@example.com").targets == ("cleo@example.com",)


def test_pages_search_and_order(connection: Connection) -> None:
    domains.add(connection, "example.com", NOW)
    for n in range(25):
        users.add(connection, User(address=f"u{n:02}@example.com", real_name=f"Name {24 - n:02}"), None, NOW)
    pages = [users.listing(connection, count=10, skip=skip) for skip in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    every = [user.address for page in pages for user in page]
    assert every == [f"u{n:02}@example.com" for n in range(25)]
    assert users.listing(connection, order="name")[0].address == "u24@example.com"
    assert users.listing(connection, order="created", count=1)[0].address == "u00@example.com"
    assert len(users.listing(connection, "NAME 1")) == 10
    assert len(users.listing(connection, "U0")) == 10
    assert len(users.listing(connection, "EXAMPLE")) == 25
    for wild in ("%", "_", "\\"):
        assert users.listing(connection, wild) == []
    with pytest.raises(AccountError, match="not by shoe"):
        users.listing(connection, order="shoe")


def test_a_password_is_never_shown(connection: Connection) -> None:
    domains.add(connection, "example.com", NOW)
    ann = users.add(connection, User(address="ann@example.com"), CHEAP, NOW)
    assert ann.has_password
    assert "argon2" not in repr(ann) + repr(CHEAP)
    users.set_password(connection, "ann@example.com", None)
    assert not users.get(connection, "ann@example.com").has_password


def test_thousands_of_users(sqlite_nest: Nest) -> None:
    def fill(connection: Connection) -> None:
        domains.add(connection, "example.com", NOW)
        for n in range(3000):
            users.add(connection, User(address=f"u{n}@example.com"), None, NOW)

    sqlite_nest.do(fill)
    seen = sqlite_nest.do(
        lambda c: [u.id for skip in range(0, 3000, 500) for u in users.listing(c, count=500, skip=skip)]
    )
    assert len(set(seen)) == 3000


LOCALS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs"]), min_size=1, max_size=16)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(local=LOCALS)
def test_whatever_can_be_added_can_be_found_and_removed(connection: Connection, local: str) -> None:
    with connection.savepoint():
        if not domains.listing(connection):
            domains.add(connection, "example.com", NOW)
        try:
            added = users.add(connection, User(address=f"{local}@example.com"), None, NOW)
        except AccountError:
            return
        assert users.get(connection, added.address) == added
        assert users.get(connection, f"{local}@example.com") == added
        assert users.remove(connection, added.address) == []


def test_capabilities_that_are_left_out(connection: Connection) -> None:
    domains.add(connection, "example.com", NOW)
    users.add(connection, User(address="eve@example.com"), None, NOW)
    changed = users.change(
        connection, "eve@example.com", imap_without="qresync, Condstore compress=deflate QRESYNC"
    )
    assert changed.imap_without == "QRESYNC CONDSTORE COMPRESS=DEFLATE"
    for wrong in ("IMAP4rev1", "NOSUCH", "APPENDLIMIT=5"):
        with pytest.raises(AccountError):
            users.change(connection, "eve@example.com", imap_without=wrong)
    assert (
        users.change(connection, "eve@example.com", imap_without="appendlimit").imap_without == "APPENDLIMIT"
    )
    assert users.change(connection, "eve@example.com", imap_without="").imap_without == ""

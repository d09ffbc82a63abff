"""The roll of users: out and in again, all or none, errors by their lines."""

import contextlib
import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import CHEAP, NOW, town

from hawknest.accounts import domains, passwords, roll, users
from hawknest.accounts.errors import AccountError
from hawknest.accounts.users import User
from hawknest.store import Connection
from hawknest.wire.sasl.scram import fresh_salt
from stores import Nest


def people(connection: Connection) -> list[User]:
    return [User(**{f: getattr(u, f) for f in roll._COLUMNS}) for u in users.listing(connection)]


def taken(connection: Connection, text: str) -> list[User]:
    return roll.add_all(connection, roll.read(text), NOW)


def test_out_and_in_again(connection: Connection) -> None:
    town(connection)
    users.change(
        connection, "ann@example.com", real_name='Ann "A," \'O\'', active=False, admin=True, quota=5, message_limit=6,
        forward=("x@y.example", "bob@example.com"), keep_copy=False, responder_on=True, responder_subject="Away, ユーザ",
        responder_text='One\nTwo, "three"\r\n\nFour', finger_text="=1+1",
    )  # fmt: skip
    users.set_password(connection, "ann@example.com", CHEAP)
    before, text = people(connection), roll.export(connection, with_secrets=True)
    for user in before[::-1]:
        users.remove_all(connection, user.address.rpartition("@")[2])
    assert people(connection) == []
    assert len(taken(connection, text)) == 3
    assert people(connection) == before
    assert users.get(connection, "ann@example.com").has_password
    assert roll.export(connection, with_secrets=True) == text


def test_secrets_are_there_only_when_asked_for_and_passwords_never(connection: Connection) -> None:
    town(connection)
    legacy = passwords.Secrets(CHEAP.password, CHEAP.scram, cram="the clear password")
    users.set_password(connection, "ann@example.com", legacy)
    assert "argon2" not in roll.export(connection, with_secrets=False)
    assert "argon2" in roll.export(connection, with_secrets=True)
    assert "the clear" not in roll.export(connection, with_secrets=True)


def test_passwords_in_the_clear_are_hashed_on_the_way_in(connection: Connection) -> None:
    town(connection)
    entries = roll.read("address,password\ncleo@example.com,correct horse battery\nno@example.com,\n")
    assert "correct" not in repr(entries)
    ready = roll.hashed(entries, lambda _: fresh_salt())
    assert ready[0].password == ""
    assert [user.has_password for user in roll.add_all(connection, ready, NOW)] == [True, False]


def test_a_spreadsheets_csv_is_read(connection: Connection) -> None:
    town(connection)
    text = '\ufeffReal_Name,ADDRESS ,active\r\n"Doe, Jane",jane@example.com,YES\r\n\r\n,,\r\nJoe,joe@example.com,\r\n'
    assert [(u.real_name, u.active) for u in taken(connection, text)] == [("Doe, Jane", True), ("Joe", True)]


def test_all_errors_are_told_with_their_lines_and_nothing_is_added(nest: Nest) -> None:
    nest.do(town)
    text = (
        "address,quota,finger_text\n"
        "ok@example.com,1,Fine\n"
        "bad,,\n"
        'two@example.com,,"one\ntwo"\n'
        "ann@example.com,,\n"
        "ok@example.com,,\n"
        "far@elsewhere.example,,\n"
    )
    with pytest.raises(AccountError) as caught:
        nest.do(lambda c: taken(c, text))
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["line 3", "line 6", "line 7", "line 8"]
    assert nest.do(lambda c: len(users.listing(c))) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: it must name the columns"),
        ("name\nx\n", "line 1: it must name the columns"),
        ("address,shoe\nx@example.com,42\n", "line 1: there is no column shoe"),
        ("address,address\nx,y\n", "line 1: the column address is there twice"),
        ("address,quota\nx@example.com,many\n", "line 2: quota must be a whole number"),
        ("address,quota\nx@example.com,-1\n", "line 2: quota must be a whole number"),
        ("address,active\nx@example.com,maybe\n", "line 2: active must be yes or no"),
        ("address,quota\nx@example.com\n", "line 2: it has 1 fields instead of 2"),
        ("address,quota\n,5\n", "line 2: it has no address"),
        ("address,password_hash\nx@example.com,secret\n", "line 2: password_hash must be argon2id"),
        ("address,password_hash,scram\nx@example.com,$argon2id$x,{nonsense\n", "line 2: scram"),
        ("address,password,password_hash\nx@example.com,a,b\n", "line 2: it has both"),
        ('address\n"unfinished\n', "line 2: this is not CSV"),
        ("address\nx\0@example.com\n", "line 2"),
    ],
)
def test_mistakes_are_named(connection: Connection, text: str, words: str) -> None:
    town(connection)
    with pytest.raises(AccountError) as caught:
        taken(connection, text)
    assert str(caught.value).startswith(words)
    assert "secret" not in str(caught.value)


def test_no_spreadsheet_takes_a_text_for_a_formula(connection: Connection) -> None:
    """What users call themselves is opened by administrators: nothing of it begins as formulas do, and all of it comes back."""
    domains.add(connection, "example.com", NOW)
    names = ["=1+1", "+1", "-1", "@x", "'=x", "''-x", "'plain", "\t=x"]
    for number, name in enumerate(names):
        text = name.strip("\t")
        users.add(
            connection, User(address=f"u{number}@example.com", real_name=text, finger_text=name), None, NOW
        )
    text = roll.export(connection, with_secrets=False)
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t"}] == []
    found = {entry.user.address: entry.user for entry in roll.read(text)}
    for number, name in enumerate(names):
        assert found[f"u{number}@example.com"].finger_text == name


def test_many_errors_are_cut_short() -> None:
    with pytest.raises(AccountError, match="and 80 more"):
        roll.read("address,quota\n" + "x@example.com,y\n" * 100)


def test_a_bad_password_is_named_by_its_line() -> None:
    with pytest.raises(AccountError, match="line 2: the password cannot be used") as caught:
        roll.hashed(roll.read("address,password\nx@example.com," + "p" * 2000 + "\n"), lambda _: fresh_salt())
    assert "pppp" not in str(caught.value)


LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=30)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(name=LINE, subject=LINE, reply=TEXT.filter(str.strip))
def test_any_text_comes_back(connection: Connection, name: str, subject: str, reply: str) -> None:
    with connection.savepoint():
        if not domains.listing(connection):
            domains.add(connection, "example.com", NOW)
        users.add(
            connection,
            User(
                address="x@example.com",
                real_name=name,
                responder_subject=subject,
                responder_text=reply,
                responder_on=True,
            ),
            None,
            NOW,
        )
        before, text = people(connection), roll.export(connection, with_secrets=False)
        assert len(list(csv.reader(io.StringIO(text, newline="")))) == 2
        users.remove(connection, "x@example.com")
        taken(connection, text)
        assert people(connection) == before
        users.remove(connection, "x@example.com")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(AccountError):
        roll.read("address,quota\n" + text)

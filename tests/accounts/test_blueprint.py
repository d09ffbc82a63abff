"""The whole configuration as a file: out and in again is the same; mistakes are named; nothing is half done."""

import tomllib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import CHEAP, NOW, town

from hawknest.accounts import aliases, apps, blueprint, devices, domains, exempt, stewards, users
from hawknest.accounts import settings as rules
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import derived_of, secrets_of
from hawknest.accounts.users import User
from hawknest.store import Connection
from hawknest.wire.sasl.scram import fresh_salt
from stores import Nest

SALT = fresh_salt()
KEPT, PHONE = secrets_of("a password of ann's", SALT), derived_of("her phone's", SALT)


def full(connection: Connection) -> None:
    town(connection)
    domains.set_catch_all(connection, "example.com", "bob@example.com")
    users.set_password(connection, "ann@example.com", replace(KEPT, password=CHEAP.password))
    users.change(
        connection, "ann@example.com", real_name="Ann 'Ünï\" \\ ユーザ", quota=2**40, forward=("x@y.example",), keep_copy=False,
        responder_on=True, responder_text="One\r\n\"\"\"Two'''\n\tthree\n", finger_text="# no comment",
        language="ja",
    )  # fmt: skip
    stewards.appoint(connection, "bob@example.com", ["example.com", "example.org"])
    apps.add(connection, "ann@example.com", "phone", ["imap"], derived=PHONE, now=NOW + 0.5)
    aliases.change(connection, "abuse@example.com", ["bob@example.com", "far@elsewhere.example"])
    devices.add(connection, "printer", KEPT, ["@example.com", "scan@example.org"])
    devices.add(connection, "old camera", CHEAP, [])
    devices.change(connection, "old camera", active=False)
    exempt.add(connection, "192.168.1.2〜254", "the house")
    exempt.add(connection, "127.0.0.1", "first test", NOW + 3600)
    rules.set_policy(connection, "sender_policy", "off")
    rules.set_policy(connection, "message_size_limit", "5M")
    rules.set_policy(connection, "queue_days", "2.5")
    rules.set_policy(connection, "plus_separator", "")


def applied(connection: Connection, text: str) -> None:
    blueprint.apply(connection, blueprint.read(text), NOW)


def test_out_and_in_again_is_the_same(nest: Nest, sqlite_template: object, tmp_path: object) -> None:
    nest.do(full)
    text = nest.do(lambda c: blueprint.export(c, with_secrets=True))
    found = tomllib.loads(text)
    assert [d["name"] for d in found["domain"]] == [
        "example.com",
        "example.org",
        "xn--r8jz45g.jp",
        "[192.0.2.1]",
    ]
    assert found["policies"] == {
        "message_size_limit": 5 << 20, "sender_policy": False, "queue_days": 2.5, "plus_separator": "",
    }  # fmt: skip
    nest.do(_emptied)
    assert nest.do(lambda c: blueprint.export(c, with_secrets=True)).count("[[") == 0
    nest.do(lambda c: applied(c, text))
    assert nest.do(lambda c: blueprint.export(c, with_secrets=True)) == text
    nest.do(lambda c: applied(c, text))  # twice changes nothing
    assert nest.do(lambda c: blueprint.export(c, with_secrets=True)) == text


def _emptied(connection: Connection) -> None:
    for alias in aliases.listing(connection):
        if not alias.builtin:
            aliases.remove(connection, alias.address)
    for domain in reversed(domains.listing(connection)):
        users.remove_all(connection, domain.name)
        domains.remove(connection, domain.name)
    for device in devices.listing(connection):
        devices.remove(connection, device.name)
    for entry in exempt.listing(connection):
        exempt.remove(connection, entry.spec)
    for name in rules.Policies.__struct_fields__:
        rules.set_policy(connection, name, None)


def test_secrets_only_when_asked_for(connection: Connection) -> None:
    full(connection)
    without, secret = (blueprint.export(connection, with_secrets=there) for there in (False, True))
    assert not any(word in without for word in ("argon2", "sha256", "salt"))
    assert (secret.count("$argon2id$"), secret.count("sha256")) == (3, 3)


def test_app_passwords_of_another_nest_come_with_their_salt(connection: Connection) -> None:
    full(connection)
    users.add(connection, User(address="cleo@example.com"), KEPT, NOW)
    apps.add(connection, "cleo@example.com", "phone", ["imap"], derived=PHONE, now=NOW)
    text = blueprint.export(connection, with_secrets=True)
    users.remove(connection, "cleo@example.com")
    users.add(connection, User(address="cleo@example.com"), None, NOW)  # with the salt of this nest
    applied(connection, text)
    assert blueprint.export(connection, with_secrets=True) == text
    users.remove(connection, "cleo@example.com")
    users.add(connection, User(address="cleo@example.com"), None, NOW)
    alone = derived_of("another", fresh_salt())
    apps.add(connection, "cleo@example.com", "tablet", ["imap"], derived=alone, now=NOW)
    before = blueprint.export(connection, with_secrets=True)
    with pytest.raises(AccountError, match="with another salt"), connection.savepoint():
        applied(connection, text)  # would end the tablet's password without a word
    assert blueprint.export(connection, with_secrets=True) == before


def test_without_secrets_passwords_stay_as_they_are(connection: Connection) -> None:
    full(connection)
    text = blueprint.export(connection, with_secrets=False)
    applied(connection, text)
    assert users.get(connection, "ann@example.com").has_password
    assert blueprint.export(connection, with_secrets=False) == text


def test_it_can_be_read_by_people(connection: Connection) -> None:
    full(connection)
    text = blueprint.export(connection, with_secrets=False)
    assert text.startswith("# What the owner")
    assert '[[user]]\naddress = "bob@example.com"\n' in text  # only what differs from the default
    assert "expires = 2027-" in text


def test_reading_adds_and_changes_and_removes_nothing(connection: Connection) -> None:
    full(connection)
    applied(
        connection,
        """
        [[domain]]
        name = "new.example"
        [[user]]
        address = "cleo@new.example"
        [[user]]
        address = "bob@example.com"
        real_name = "Robert"
        [[alias]]
        address = "info@example.com"
        targets = ["cleo@new.example"]
        [policies]
        sender_policy = true
        """,
    )
    assert users.get(connection, "bob@example.com").real_name == "Robert"
    assert aliases.get(connection, "postmaster@new.example").targets == ("cleo@new.example",)
    assert aliases.get(connection, "info@example.com").targets == ("cleo@new.example",)
    assert len(users.listing(connection)) == 4
    assert rules.policies(connection).sender_policy
    assert rules.policies(connection).plus_separator == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "not TOML"),
        ("[[domain]]", "missing required field `name`"),
        ("[[domain]]\nname = 5", "Expected `str`, got `int`"),
        ("[[user]]\naddress = 'x@example.com'\nshoe = 42", "unknown field `shoe`"),
        (
            "[[user]]\naddress = 'x@nowhere.example'",
            "user x@nowhere.example: nowhere.example is not a domain",
        ),
        ("[[user]]\naddress = 'x@example.com'\nquota = -1", "user x@example.com: the quota"),
        ("[[user]]\naddress = 'x@example.com'\npassword_hash = 'clear'", "must be argon2id"),
        ("[[user]]\naddress = 'x@example.com'\npassword_hash = '$argon2id$'\nscram = '{'", "scram"),
        (
            "[[alias]]\naddress = 'ann@example.com'\ntargets = ['bob@example.com']",
            "alias ann@example.com: .* is a user",
        ),
        ("[[alias]]\naddress = 'x@example.com'\ntargets = []", "at least one"),
        ("[[device]]\nname = 'nas'", "device nas: a new device needs"),
        ("[[exemption]]\naddress = 'pc1'", "exemption pc1: .*host name"),
        ("[policies]\nshoe = 42", "policy shoe: there is no policy"),
        ("[policies]\nqueue_days = inf", "policy queue_days: .* at most 30"),
        ("[[domain]]\nname = 'example.org'\nalias_of = 'example.com'", "domain example.org: .*differs"),
    ],
)
def test_mistakes_are_named_and_nothing_is_half_done(connection: Connection, text: str, words: str) -> None:
    full(connection)
    before = blueprint.export(connection, with_secrets=True)
    with pytest.raises(AccountError, match=words), connection.savepoint():
        applied(connection, "[[domain]]\nname = 'first.example'\n" + text)
    assert blueprint.export(connection, with_secrets=True) == before


LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=30)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(name=LINE, finger=TEXT, note=LINE.filter(str.isprintable))
def test_any_text_comes_back(connection: Connection, name: str, finger: str, note: str) -> None:
    with connection.savepoint():
        _emptied(connection)
        domains.add(connection, "example.com", NOW)
        users.add(connection, User(address="x@example.com", real_name=name, finger_text=finger), None, NOW)
        exempt.add(connection, "127.0.0.1", note)
        text = blueprint.export(connection, with_secrets=True)
        _emptied(connection)
        applied(connection, text)
        assert users.get(connection, "x@example.com").real_name == name
        assert users.get(connection, "x@example.com").finger_text == finger
        assert exempt.listing(connection)[0].note == note

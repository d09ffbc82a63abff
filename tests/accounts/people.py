"""A small town for the tests of accounts."""

from hawknest.accounts import aliases, domains, users
from hawknest.accounts.passwords import Secrets
from hawknest.accounts.users import User
from hawknest.mail.address import Address, parse_address
from hawknest.store import Connection

NOW = 1_800_000_000.0
#: A hash of "correct horse" made cheaply, and no SCRAM keys.
CHEAP = Secrets(
    password="$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$9sgKOxZrFpYc6RoGGZuz9A",
    scram="{}",
)


def town(connection: Connection) -> None:
    """Two domains, one that is an alias, a literal; ann and bob, ann also in the other domain; aliases."""
    domains.add(connection, "example.com", NOW)
    domains.add(connection, "example.org", NOW)
    domains.add(connection, "例え.jp", NOW, alias_of="example.com")
    domains.add(connection, "[192.0.2.1]", NOW, alias_of="example.com")
    for name in ("ann@example.com", "bob@example.com", "ann@example.org"):
        users.add(connection, User(address=name), None, NOW)
    aliases.add(connection, "info@example.com", ["ann@example.com", "far@elsewhere.example"])
    aliases.add(connection, "dotted+name@example.com", ["bob@example.com"])


def at(text: str) -> Address:
    return parse_address(text)

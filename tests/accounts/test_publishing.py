"""Zones that we may change, and what we have entered there, on each engine."""

import base64
from dataclasses import replace

import pytest

from hawknest.accounts import domains, publishing
from hawknest.accounts.errors import AccountError
from hawknest.accounts.publishing import Entry, Zone
from hawknest.accounts.vault import Vault, VaultError
from hawknest.net.update import Tsig
from hawknest.store import Connection

VAULT = Vault(bytes(32))
SECRET = base64.b64encode(b"a secret of its own").decode()
KEY = Tsig("hawknest", SECRET)
ONE, TWO = Entry("example.org", "MX", "10 mx.example.org."), Entry("a.example.org", "A", "192.0.2.1")


def zone(connection: Connection, name: str = "example.org", key: Tsig | None = KEY) -> Zone:
    return publishing.put_zone(connection, VAULT, name, endpoint=("192.0.2.53", 53), key=key, now=1.0)


def test_a_zone_and_its_key(connection: Connection) -> None:
    made = zone(connection)
    assert made.key(VAULT) == KEY
    assert SECRET not in repr(made) + made.sealed
    with pytest.raises(VaultError):
        made.key(Vault(bytes(31) + b"x"))
    with pytest.raises(VaultError):  # what was sealed for one zone opens nothing in another
        replace(made, name="example.com").key(VAULT)
    again = publishing.put_zone(
        connection, VAULT, "Example.ORG", endpoint=("192.0.2.54", 5353), key=None, now=2.0
    )
    assert (again.id, again.endpoint, again.key(VAULT)) == (made.id, ("192.0.2.54", 5353), None)
    with pytest.raises(AccountError, match="base64"):
        zone(connection, key=Tsig("k", "?"))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("example.org", "example.org"),
        ("a.b.example.org", "b.example.org"),
        ("b.example.org", "b.example.org"),
        ("xexample.org", None),
        ("org", None),
    ],
)
def test_the_closest_zone(connection: Connection, name: str, found: str | None) -> None:
    zone(connection)
    zone(connection, "b.example.org")
    closest = publishing.zone_of(connection, name)
    assert (closest.name if closest else None) == found


def test_a_domain_is_published_and_looked_after(connection: Connection) -> None:
    domains.add(connection, "example.org", 0.0)
    domains.add(connection, "example.com", 0.0)
    made = zone(connection)
    with pytest.raises(AccountError, match="does not lie in"):
        publishing.begin(connection, "example.com", made, 2.0)
    begun = publishing.begin(connection, "example.org", made, 2.0)
    assert (begun.zone, begun.stand, begun.looked_at, begun.problem) == (made, "", None, "")
    publishing.note(connection, made, "example.org", added=[ONE, TWO, ONE], removed=[], now=3.0)
    publishing.looked(connection, "example.org", "abc", [{"name": "x"}], 3.0)
    kept = publishing.of(connection, "example.org")
    assert kept is not None
    assert (kept.stand, kept.looked_at, kept.conflicts) == ("abc", 3.0, [{"name": "x"}])
    assert publishing.entered(connection, made) == {"example.org": {ONE, TWO}}
    publishing.failed(connection, "example.org", "why", 4.0)
    [kept] = publishing.listing(connection)
    assert (kept.failed_at, kept.problem, kept.stand) == (4.0, "why", "abc")
    again = publishing.begin(connection, "example.org", made, 5.0)
    assert (again.since, again.stand, again.problem, again.failed_at) == (2.0, "", "", None)


def test_a_zone_is_kept_until_nothing_of_ours_is_in_it(connection: Connection) -> None:
    domains.add(connection, "example.org", 0.0)
    made = zone(connection)
    publishing.begin(connection, "example.org", made, 2.0)
    publishing.note(connection, made, "example.org", added=[ONE], removed=[], now=3.0)
    domains.remove(connection, "example.org")
    assert publishing.listing(connection) == []
    assert publishing.entered(connection, made) == {"example.org": {ONE}}
    publishing.note(connection, made, "example.org", added=[], removed=[ONE], now=4.0)
    assert publishing.zones(connection) == []

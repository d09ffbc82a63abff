"""The life of a domain's keys: new until the DNS has them, active, retiring for a week, retired."""

import base64
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hawknest.accounts import dkim_keys, domains
from hawknest.accounts.dkim_keys import OVERLAP, REMEMBERED, Moved, Pair, Sealed, State
from hawknest.accounts.vault import Vault, VaultError
from hawknest.store import Connection
from hawknest.trust.dkim_records import Algorithm
from hawknest.trust.dkim_records import key as read_key
from stores import Nest

NOW = 1_795_000_000.0  # 2026-11-18
DAY = 86400.0
VAULT = Vault(bytes(range(32)))


@cache
def pair(_number: int = 0) -> Pair:
    """A pair, made once for all tests."""
    return dkim_keys.make()


def add(connection: Connection, name: str = "example.org", number: int = 0, now: float = NOW) -> None:
    domains.add(connection, name, NOW)
    dkim_keys.complete(connection, VAULT, name, pair(number), now)


def states(connection: Connection, name: str = "example.org") -> dict[str, str]:
    return {key.selector: key.state.value for key in dkim_keys.listing(connection, name)}


def seen(connection: Connection, now: float, *selectors: str, name: str = "example.org") -> None:
    for key in dkim_keys.listing(connection, name):
        if key.selector in selectors:
            dkim_keys.found(connection, key.id, now)


def test_made_and_published(nest: Nest) -> None:
    def job(connection: Connection) -> None:
        assert dkim_keys.without(connection) == []
        domains.add(connection, "example.org", NOW)
        domains.add(connection, "example.net", NOW, alias_of="example.org")
        domains.add(connection, "[192.0.2.1]", NOW)
        assert dkim_keys.without(connection) == ["example.org", "example.net"]
        for name in ("example.org", "example.net", "[192.0.2.1]", "nowhere.example"):
            dkim_keys.complete(connection, VAULT, name, pair(), NOW)
            dkim_keys.complete(connection, VAULT, name, pair(1), NOW)  # it lacks none any more
        assert dkim_keys.without(connection) == []
        assert dkim_keys.published(connection, "[192.0.2.1]") == []
        assert dkim_keys.published(connection, "nowhere.example") == []
        mine = dkim_keys.published(connection, "example.org")
        assert [(p.selector, p.algorithm, p.state) for p in mine] == [
            ("hn2611r", Algorithm.RSA, State.NEW),
            ("hn2611e", Algorithm.ED25519, State.NEW),
        ]
        rsa_key, ed = (read_key(p.record.encode()) for p in mine)
        assert (rsa_key.type, ed.type, len(ed.octets)) == ("rsa", "ed25519", 32)
        assert len(mine[0].record) < 512
        assert [p.selector for p in dkim_keys.published(connection, "example.net")] == ["hn2611r", "hn2611e"]
        assert dkim_keys.signing(connection, "example.org") == []  # nobody could check a signature

    nest.do(job)


def test_the_life_of_keys(nest: Nest) -> None:
    def job(connection: Connection) -> None:
        add(connection)
        seen(connection, NOW + 60, "hn2611r")
        assert states(connection) == {"hn2611r": "active", "hn2611e": "new"}
        assert [s.selector for s in dkim_keys.signing(connection, "example.org")] == ["hn2611r"]
        seen(connection, NOW + 120, "hn2611e")
        assert [s.selector for s in dkim_keys.signing(connection, "example.org")] == ["hn2611r", "hn2611e"]

        assert dkim_keys.old(connection, NOW + 30) == []
        assert dkim_keys.old(connection, NOW + 60) == ["example.org"]
        later = NOW + 60 * DAY
        assert len(dkim_keys.succeed(connection, VAULT, "example.org", pair(1), later)) == 2
        assert dkim_keys.succeed(connection, VAULT, "example.org", pair(), later) == []
        assert dkim_keys.old(connection, later) == []  # their successors wait already
        assert states(connection) == {
            "hn2611r": "active",
            "hn2611e": "active",
            "hn2701r": "new",
            "hn2701e": "new",
        }
        assert len(dkim_keys.published(connection, "example.org")) == 4

        seen(connection, later + 60, "hn2701r")
        assert states(connection) == {
            "hn2611r": "retiring",
            "hn2611e": "active",
            "hn2701r": "active",
            "hn2701e": "new",
        }
        assert [s.selector for s in dkim_keys.signing(connection, "example.org")] == ["hn2701r", "hn2611e"]
        seen(connection, later + 120, "hn2701e", "hn2611r")  # a retiring key does not come back
        assert [s.selector for s in dkim_keys.signing(connection, "example.org")] == ["hn2701r", "hn2701e"]

        assert dkim_keys.retire(connection, later + 60 + OVERLAP - 1) == 0
        assert dkim_keys.retire(connection, later + 60 + OVERLAP) == 1
        assert dkim_keys.retire(connection, later + 120 + OVERLAP) == 1
        assert [p.selector for p in dkim_keys.published(connection, "example.org")] == ["hn2701r", "hn2701e"]
        for key in dkim_keys.listing(connection, "example.org"):
            assert (dkim_keys.secret(connection, key.id) == "") == (key.state is State.RETIRED)
        dkim_keys.retire(connection, later + 120 + OVERLAP + REMEMBERED)
        assert states(connection) == {"hn2701r": "active", "hn2701e": "active"}

    nest.do(job)


def test_a_selector_is_given_once(connection: Connection) -> None:
    add(connection)
    seen(connection, NOW, "hn2611r", "hn2611e")
    dkim_keys.succeed(connection, VAULT, "example.org", pair(1), NOW + DAY)
    seen(connection, NOW + DAY, "hn2611r2", "hn2611e2")
    dkim_keys.retire(connection, NOW + DAY + OVERLAP)
    dkim_keys.succeed(connection, VAULT, "example.org", pair(), NOW + 2 * DAY)
    assert [*states(connection)][4:] == ["hn2611r3", "hn2611e3"]


def test_a_record_that_went_away(connection: Connection) -> None:
    add(connection)
    (key, _) = dkim_keys.listing(connection, "example.org")
    assert not key.missing  # nobody has asked yet
    dkim_keys.not_found(connection, key.id, NOW)
    assert dkim_keys.listing(connection, "example.org")[0].missing
    dkim_keys.found(connection, key.id, NOW + 1)
    assert not dkim_keys.listing(connection, "example.org")[0].missing
    dkim_keys.not_found(connection, key.id, NOW + 2)
    key = dkim_keys.listing(connection, "example.org")[0]
    assert key.missing
    assert key.state is State.ACTIVE


def test_the_secret_is_sealed(connection: Connection) -> None:
    add(connection)
    seen(connection, NOW, "hn2611r", "hn2611e")
    sealed = dkim_keys.signing(connection, "example.org")
    assert sealed[0].octets not in repr(sealed)
    assert "PrivateKey" not in repr(pair())
    signers = [dkim_keys.opened(VAULT, one) for one in sealed]
    assert isinstance(signers[0].key, rsa.RSAPrivateKey)
    assert signers[0].key.key_size == 2048
    assert isinstance(signers[1].key, Ed25519PrivateKey)
    assert [s.record for s in signers] == [p.record for p in dkim_keys.published(connection, "example.org")]
    for other in (replace(sealed[0], selector="hn2611x"), replace(sealed[0], domain="example.net")):
        with pytest.raises(VaultError):
            dkim_keys.opened(VAULT, other)
    with pytest.raises(VaultError):
        dkim_keys.opened(Vault(bytes(32)), sealed[0])
    strange = Sealed("d", "s", VAULT.seal(_x25519(), dkim_keys.purpose("d", "s")))
    with pytest.raises(VaultError, match="of a kind that nobody made here"):
        dkim_keys.opened(VAULT, strange)


def _x25519() -> bytes:
    head = base64.b64decode("MC4CAQAwBQYDK2VuBCIEIA==")
    return head + bytes(range(32))


def test_they_go_with_their_domain(nest: Nest) -> None:
    nest.do(add)
    nest.do(lambda c: domains.remove(c, "example.org"))
    assert nest.do(dkim_keys.living) == []
    nest.do(add)
    assert len(nest.do(dkim_keys.living)) == 2


def test_moved_to_another_nest(connection: Connection) -> None:
    add(connection)
    seen(connection, NOW, "hn2611r")
    moved = [
        Moved(key.domain, key.selector, dkim_keys.secret(connection, key.id), key.state is State.ACTIVE)
        for key in dkim_keys.listing(connection, "example.org")
    ]
    assert moved[0].sealed not in repr(moved)
    domains.remove(connection, "example.org")
    assert dkim_keys.bring(connection, VAULT, moved, NOW) == []  # the domain is not there
    domains.add(connection, "example.org", NOW)
    assert dkim_keys.bring(connection, Vault(bytes(32)), moved, NOW) == moved
    assert states(connection) == {}
    assert dkim_keys.bring(connection, VAULT, moved, NOW) == []
    assert dkim_keys.bring(connection, VAULT, moved, NOW) == []
    assert states(connection) == {"hn2611r": "active", "hn2611e": "new"}
    again = [replace(moved[0], selector="other", sealed=VAULT.seal(b"", "x"))]
    assert dkim_keys.bring(connection, VAULT, again, NOW) == again

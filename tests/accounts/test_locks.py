"""What a password is checked against: the right place opens, a wrong one costs the same whatever there is."""

import asyncio
import contextlib
import time

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawknest.accounts import locks as locks_module
from hawknest.accounts.apps import EACH
from hawknest.accounts.locks import LIFETIME, Locks, Verifier, _fits
from hawknest.accounts.passwords import derived_of, hash_of, secrets_of
from hawknest.wire.sasl.scram import fresh_salt
from hawknest.wire.sasl.values import Salt

SALT = fresh_salt()
QUICK = Salt(b"salt", 2)  # iterations, for tests of many
OWN = "correct horse"
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(OWN)
APPS = [f"app password {n}" for n in range(EACH)]
KEPT = [derived_of(password, QUICK).scram for password in APPS]


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "x" * 1024, "パスワードはとても長いです", "a" * 127 + "b", " leading "],
)
async def test_a_password_fits_itself_and_nothing_else(password: str) -> None:
    kept = secrets_of(password, SALT)
    assert kept.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert password not in kept.password
    verifier = Verifier()
    for locks in (Locks(SALT, kept.password), Locks(SALT, None, None, (kept.scram,))):
        assert await verifier.check(password, locks) == len(locks.apps)
        for wrong in (password[:-1], password + "x", password.swapcase() + "!"):
            assert await verifier.check(wrong, locks) is None
    verifier.close()


@settings(max_examples=40, deadline=None)
@given(own=st.booleans(), count=st.integers(0, EACH), typed=st.sampled_from([OWN, *APPS, "another"]))
def test_the_place_of_the_right_lock_is_told(*, own: bool, count: int, typed: str) -> None:
    locks = Locks(QUICK, CHEAP if own else None, None, tuple(KEPT[:count]))
    there = ([OWN] if own else [""]) + APPS[:count]
    expected = there.index(typed) if typed in there else None

    async def twice() -> list[int | None]:
        verifier = Verifier()
        with contextlib.closing(verifier):
            return [await verifier.check(typed, locks) for _ in range(2)]  # the second time from memory

    assert asyncio.run(twice()) == [expected, expected]


async def test_composed_and_decomposed_letters_are_the_same() -> None:
    verifier = Verifier()
    kept = secrets_of("caf\u00e9 au lait", SALT)
    assert await verifier.check("cafe\u0301 au lait", Locks(SALT, kept.password)) == 0
    assert await verifier.check("cafe\u0301 au lait", Locks(SALT, apps=(kept.scram,))) == 1
    verifier.close()


async def test_an_empty_password_is_never_right() -> None:
    verifier = Verifier()
    for wrong in ("", "\0", "x" * 2000, "\udcff"):
        assert await verifier.check(wrong, Locks(SALT, CHEAP)) is None
    verifier.close()


async def test_a_success_is_remembered_for_these_locks_alone_and_not_for_ever() -> None:
    now = [0.0]
    verifier = Verifier(lambda: now[0])
    kept, other = Locks(SALT, hash_of("old password")), Locks(SALT, hash_of("new password"))
    assert await verifier.check("old password", kept) == 0
    runs: list[str] = []
    verifier._find = lambda password, _: (runs.append(password), None)[1]  # type: ignore[method-assign]
    assert await verifier.check("old password", kept) == 0
    assert runs == []
    assert await verifier.check("old password", other) is None  # a changed password fails at once
    assert await verifier.check("wrong", kept) is None
    now[0] += LIFETIME + 1
    assert await verifier.check("old password", kept) is None
    assert len(runs) == 3
    assert not any(b"old" in mark for mark in verifier._known)
    verifier.close()


@pytest.mark.parametrize("own", [None, CHEAP], ids=["without", "with"])
@pytest.mark.parametrize("count", [0, 1, EACH])
@pytest.mark.parametrize("typed", ["wrong", "", APPS[0]])
async def test_a_login_costs_one_hash_and_one_derivation_whatever_there_is(
    monkeypatch: pytest.MonkeyPatch, own: str | None, count: int, typed: str
) -> None:
    costs: list[str] = []
    monkeypatch.setattr(locks_module, "_fits", lambda *_: (costs.append("argon2"), False)[1])
    derive = locks_module.derive
    monkeypatch.setattr(locks_module, "derive", lambda *args: (costs.append("pbkdf2"), derive(*args))[1])
    verifier = Verifier()
    await verifier.check(typed, Locks(QUICK, own, None, tuple(KEPT[:count])))
    assert sorted(costs) == ["argon2", "pbkdf2"]
    verifier.close()


async def test_nobody_takes_as_long_as_somebody() -> None:
    verifier = Verifier()
    kept = secrets_of("some password", SALT)

    async def took(locks: Locks) -> float:
        begin = time.perf_counter()
        for _ in range(3):
            assert await verifier.check("wrong", locks) is None
        return time.perf_counter() - begin

    await took(Locks(SALT))
    nobody, somebody = (
        await took(Locks(SALT)),
        await took(Locks(SALT, kept.password, None, (kept.scram,) * EACH)),
    )
    assert 0.25 < nobody / somebody < 4
    verifier.close()


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_scram_sees_the_same_number_of_places_for_everybody(name: str) -> None:
    nobody, somebody = Locks(SALT), Locks(SALT, OWN, KEPT[0], tuple(KEPT[1:4]))
    full = Locks(SALT, OWN, KEPT[0], tuple(KEPT))
    users = [locks.user(name) for locks in (nobody, somebody, full)]
    assert {len(user.keys) for user in users} == {1 + EACH}
    sizes = {(len(keys.stored_key), len(keys.server_key)) for user in users for keys in user.keys}
    assert len(sizes) == 1
    assert len(set(users[2].keys)) == EACH  # the own one is the first app password's here


def test_a_hash_that_is_none_fits_nothing() -> None:
    for kept in ("", "plain", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA", "\0"):
        assert not _fits(kept, "plain")


def test_nothing_kept_is_shown() -> None:
    shown = repr(Locks(SALT, CHEAP, KEPT[0], (KEPT[1],)))
    assert "argon2" not in shown
    assert "sha256" not in shown

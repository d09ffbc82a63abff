"""Passwords: any length and script, nothing cut off, nothing kept, easy ones refused in words."""

import re
import time

import pytest
from people import CHEAP

from hawknest.accounts.passwords import (
    LIFETIME,
    Verifier,
    _fits,
    generate,
    hash_of,
    objections,
    scram_keys,
    secrets_of,
)
from hawknest.wire.sasl.scram import derive
from hawknest.wire.sasl.values import Refused

GOOD = [
    "correct horse battery staple",
    "x" * 1024,
    "パスワードはとても長いです",
    "a" * 127 + "b",
    "e\u0301clair au chocolat",
    "with\u3000wide space",
    " leading and trailing ",
]


@pytest.mark.parametrize("password", GOOD)
async def test_a_password_fits_itself_and_nothing_else(password: str) -> None:
    kept = hash_of(password)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert password not in kept
    verifier = Verifier()
    try:
        assert await verifier.check(password, [kept]) == 0
        for wrong in (password[:-1], password + "x", password.swapcase() + "!"):
            assert await verifier.check(wrong, [kept]) is None
    finally:
        verifier.close()


@pytest.mark.parametrize("password", ["", "x" * 1025, "ユ" * 342, "a\0b", "line\nfeed", "\ud800"])
def test_what_cannot_be_a_password(password: str) -> None:
    with pytest.raises(Refused):
        hash_of(password)
    assert objections(password, [])


async def test_composed_and_decomposed_letters_are_the_same() -> None:
    verifier = Verifier()
    kept = hash_of("caf\u00e9 au lait")
    assert await verifier.check("cafe\u0301 au lait", [kept]) == 0
    verifier.close()


async def test_an_empty_password_is_never_right() -> None:
    verifier = Verifier()
    for wrong in ("", "\0", "x" * 2000, "\udcff"):
        assert await verifier.check(wrong, [CHEAP.password]) is None
    verifier.close()


async def test_a_success_is_remembered_for_this_hash_alone_and_not_for_ever() -> None:
    now = [0.0]
    verifier = Verifier(lambda: now[0])
    kept, other = hash_of("old password"), hash_of("new password")
    assert await verifier.check("old password", [kept]) == 0
    runs: list[str] = []
    verifier._find = lambda password, hashes: (runs.append(password), None)[1]  # type: ignore[method-assign]
    assert await verifier.check("old password", [kept]) == 0
    assert await verifier.check("old password", [other, kept]) == 1
    assert runs == []
    assert await verifier.check("old password", [other]) is None  # a changed password fails at once
    assert await verifier.check("wrong", [kept]) is None
    now[0] += LIFETIME + 1
    assert await verifier.check("old password", [kept]) is None
    assert len(runs) == 3
    assert not any(b"old" in mark for mark in verifier._known)
    verifier.close()


async def test_nobody_takes_as_long_as_somebody() -> None:
    verifier = Verifier()
    kept = hash_of("some password")

    async def took(hashes: list[str]) -> float:
        begin = time.perf_counter()
        for _ in range(3):
            assert await verifier.check("wrong", hashes) is None
        return time.perf_counter() - begin

    await took([])
    nobody, somebody = await took([]), await took([kept])
    assert 0.25 < nobody / somebody < 4
    verifier.close()


def test_a_hash_that_is_none_fits_nothing() -> None:
    for kept in ("", "plain", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA", "\0"):
        assert not _fits(kept, "plain")


def test_derived_keys_are_kept_and_the_password_is_not() -> None:
    secret = secrets_of("correct horse battery")
    assert secret.cram is None
    assert "horse" not in secret.password + secret.scram + repr(secret)
    for name in ("sha256", "sha1"):
        keys = scram_keys(secret.scram, name)
        assert keys
        assert keys == derive("correct horse battery", name, keys.salt, keys.iterations)
    assert scram_keys(secret.scram, "md5") is None
    assert scram_keys(None, "sha256") is None
    legacy = secrets_of("correct horse battery", cram_md5=True)
    assert legacy.cram == "correct horse battery"
    assert "horse" not in repr(legacy)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("webmaster2003", "common word 'webmaster'"),
        ("Password1!", "common word"),
        ("short1", "fewer than 8"),
        ("ann-is-here-now", "name ann"),
        ("my example mail", "name example"),
        ("12345678", "digits"),
        ("aaaaaaaaaaaa", "repeats|common"),
        ("", "empty"),
        ("qwerty123", "common word"),
        ("naruto1999", "common word"),
    ],
)
def test_easy_ones_are_refused_in_words(password: str, words: str) -> None:
    found = objections(password, ["ann@example.com", "example.com"])
    assert any(re.search(words, one) for one in found), found


@pytest.mark.parametrize(
    "password", GOOD[:1] + GOOD[2:3] + ["T4k-pine-0rchid", "mit Leerzeichen und Umläuten"]
)
def test_good_ones_are_not(password: str) -> None:
    assert objections(password, ["ann@example.com"]) == []


def test_made_ones_are_good_and_never_the_same() -> None:
    made = {generate() for _ in range(200)}
    assert len(made) == 200
    assert not any(objections(password, []) for password in made)
    assert all(re.fullmatch(r"(?:[a-z]+-){6}[0-9]{4}", password) for password in made)

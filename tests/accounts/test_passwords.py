"""Passwords: any length and script, nothing cut off, nothing kept, easy ones refused in words."""

import re

import pytest

from hawknest.accounts import salts
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import (
    exported,
    exported_keys,
    generate,
    generate_app,
    hash_of,
    objections,
    scram_keys,
    secrets_of,
)
from hawknest.wire.sasl.scram import derive, fresh_salt
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


@pytest.mark.parametrize("password", ["", "x" * 1025, "ユ" * 342, "a\0b", "line\nfeed", "\ud800"])
def test_what_cannot_be_a_password(password: str) -> None:
    with pytest.raises(Refused):
        hash_of(password)
    assert objections(password, [])


def test_derived_keys_are_kept_and_the_password_is_not() -> None:
    salt = fresh_salt()
    secret = secrets_of("correct horse battery", salt)
    assert salts.read(secret.salt) == salt
    assert secret.cram is None
    assert "horse" not in secret.password + secret.scram + repr(secret)
    for name in ("sha256", "sha1"):
        keys = scram_keys(secret.scram, name)
        assert keys
        assert keys == derive("correct horse battery", name, salt)
    assert scram_keys(secret.scram, "md5") is None
    assert scram_keys(None, "sha256") is None
    assert secrets_of("correct horse battery").salt != secret.salt
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


def test_made_app_passwords_have_a_hundred_bits() -> None:
    made = [generate_app() for _ in range(200)]
    assert len(set(made)) == 200
    assert all(re.fullmatch(r"(?:[0-9a-z]{4}-){4}[0-9a-z]{4}", password) for password in made)
    signs = {sign for password in made for sign in password} - {"-"}
    assert len(signs) == 32  # 20 signs of 5 bits
    assert not signs & set("ilou")


def test_an_export_is_read_again_and_nothing_else() -> None:
    kept = secrets_of("correct horse battery")
    assert exported(kept.password, kept.scram, kept.salt) == kept
    assert exported(kept.password, "{}", "").salt == ""
    for password, scram, salt in (
        ("plain", kept.scram, kept.salt),
        (kept.password, kept.scram, ""),
        (kept.password, "nonsense", kept.salt),
        (kept.password, '{"sha256": ["zz", ""]}', kept.salt),
        (kept.password, '{"sha1": "x"}', kept.salt),
    ):
        with pytest.raises(AccountError):
            exported(password, scram, salt)
    for salt in ("x", "4096", "4096:", ":aa", "0:aa", "-1:aa", "99999999999:aa", "4096:zz"):
        with pytest.raises(AccountError):
            exported_keys(kept.scram, salt)

"""Patterns of LIST: what they match, and that no pattern takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.doors.imap.pattern import Patterns


@pytest.mark.parametrize(
    ("reference", "pattern", "names", "others"),
    [
        ("", "*", ["INBOX", "a/b/c"], []),
        ("", "%", ["INBOX", "a"], ["a/b"]),
        ("", "a/%", ["a/b", "a/"], ["a", "a/b/c", "xa/b"]),
        ("a/", "%/c", ["a/b/c"], ["a/c", "a/b/d/c"]),
        ("", "inbox", ["INBOX"], ["inbox", "INBOX/x"]),
        ("", "InBoX/%", ["INBOX/x"], ["INBOX"]),
        ("", "inboxes", ["inboxes"], ["INBOXes"]),
        ("", "*a%b", ["a/ab", "ab", "x/yazb"], ["a/b", "ba"]),
        ("", "仕事*", ["仕事", "仕事/2026"], ["事"]),
        ("", "", [""], ["a"]),
        ("", "a.c", ["a.c"], ["abc"]),
        ("", "x" * 2000, [], ["x" * 500]),
    ],
)
def test_patterns(reference: str, pattern: str, names: list[str], others: list[str]) -> None:
    patterns = Patterns(reference, [pattern])
    assert [name for name in names if not patterns.match(name)] == []
    assert [name for name in others if patterns.match(name)] == []


def naive(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] in "*%":
        for taken in range(len(name) + 1):
            if pattern[0] == "%" and "/" in name[:taken]:
                return False
            if naive(pattern[1:], name[taken:]):
                return True
        return False
    return bool(name) and name[0] == pattern[0] and naive(pattern[1:], name[1:])


@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=10))
def test_as_the_words_of_the_rfc_have_it(pattern: str, name: str) -> None:
    assert Patterns("", [pattern]).match(name) == naive(pattern, name)


def test_no_pattern_takes_long() -> None:
    def took(length: int) -> float:
        patterns = Patterns("", ["*a" * length + "b", "%a" * length + "b", "*%" * length + "b"])
        begun = time.process_time()
        for _ in range(20):
            assert not patterns.match("a" * length)
        return time.process_time() - begun

    took(50)
    assert min(took(400) for _ in range(3)) < 100 * max(
        min(took(50) for _ in range(3)), 1e-4
    )  # 8 x 8 would be 64

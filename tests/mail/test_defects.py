"""What is wrong with letters: each defect alone, nothing in a letter that is in order, and any octets without harm."""

import mmap
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail import mime
from hawknest.mail.defects import LINE, Defect, defects
from mail_corpora import letters

HEAD = b"From: mia@example.org\r\nDate: Tue, 4 Mar 2025 00:00:07 +0000\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
PART = b"--b\r\n\r\nHello\r\n"


def found(letter: bytes) -> list[str]:
    return [*defects(letter, mime.scan(letter))]


ORDERLY = {
    "plain": HEAD + b"\r\nHello\r\n",
    "no body": HEAD + b"\r\n",
    "longest line": HEAD + b"\r\n" + b"x" * LINE + b"\r\n" + b"y" * LINE,
    "utf-8 header": HEAD + "Subject: 今日は\r\n\r\n".encode(),
    "multipart": MIXED + PART + PART + b"--b--\r\n",
    "without an epilogue": MIXED + PART + b"--b--",
    "received twice": b"Received: a\r\nReceived: b\r\n" + HEAD + b"\r\n",
    "nested": MIXED
    + b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
}
BROKEN = {
    "nul": HEAD + b"\r\nHel\0lo\r\n",
    "bare-cr": HEAD + b"\r\nHel\rlo\r\n",
    "bare-lf": HEAD + b"\r\nHel\nlo\r\n",
    "long-line": HEAD + b"\r\n" + b"x" * (LINE + 1) + b"\r\n",
    "no-header": b"\r\nHello\r\n",
    "long-header": HEAD + b"X: y\r\n" * 12_000 + b"\r\n",
    "raw-header": HEAD + b"Subject: \x8a\xbf\x8e\x9a\r\n\r\n",
    "no-from": b"Date: Tue, 4 Mar 2025 00:00:07 +0000\r\n\r\n",
    "no-date": b"From: mia@example.org\r\n\r\n",
    "twice": HEAD + b"from: noor@example.org\r\n\r\n",
    "unended": MIXED + PART + PART,
    "deep": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=%03d\r\n\r\n--%03d\r\n" % (n, n) for n in range(200))
    + b"\r\n"
    + b"".join(b"\r\n--%03d--" % n for n in range(199, -1, -1)),
    "encoding": HEAD + b"Content-Transfer-Encoding: rot13\r\n\r\n",
}


@pytest.mark.parametrize("name", ORDERLY)
def test_nothing_is_wrong(name: str) -> None:
    assert found(ORDERLY[name]) == []


@pytest.mark.parametrize("name", BROKEN)
def test_one_thing_is_wrong(name: str) -> None:
    assert found(BROKEN[name]) == [name]


def test_every_defect_has_its_letter() -> None:
    assert set(BROKEN) == set(Defect)


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        (b"", ["no-header"]),
        (b"\r", ["bare-cr", "no-header"]),
        (b"x" * 2000, ["long-line", "no-header"]),
        (HEAD + b"\r\n" + b"x" * (LINE + 1), ["long-line"]),  # without an end
        (MIXED + b"--b", ["unended"]),
        (MIXED, ["unended"]),
        (HEAD + b"Content-Type: multipart/mixed\r\n\r\n", ["unended"]),  # no boundary to end it
    ],
)
def test_edges(letter: bytes, expected: list[str]) -> None:
    assert found(letter) == expected


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b"x" * 600, b"--b", b"--b--", MIXED])).map(
        b"".join
    )
)
def test_mapped_and_in_memory_are_the_same(letter: bytes) -> None:
    root = mime.scan(letter)
    with tempfile.TemporaryFile() as file:
        file.write(letter or b"\n")
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            if letter:
                assert defects(mapped, root) == defects(letter, root)


def test_a_line_end_across_two_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hawknest.mail.defects._BLOCK", 7)
    letter = HEAD + b"\r\nHello\r\nhow are you?\r\n" * 9
    with tempfile.TemporaryFile() as file:
        file.write(letter)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert defects(mapped, mime.scan(letter)) == ()


def test_of_ten_letters_of_people_nine_are_in_order() -> None:
    all_of_them = letters("spamassassin", (".txt",))
    lines = [letter.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for letter in all_of_them]
    broken = [letter for letter in lines if found(letter)]
    assert 0 < len(broken) < len(lines) / 10

"""The octets between DATA and the final dot: in, out, and never a smuggled end (N21)."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.wire.smtp.body import DotReader, DotWriter, Newlines, crlf

OCTETS = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a", b"bc", b"\0", b"\xff"])).map(
    b"".join
)
CUTS = st.lists(st.integers(0, 200), max_size=8)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def read(data: bytes, cuts: list[int]) -> tuple[bytes, DotReader]:
    reader, letter = DotReader(), b""
    for piece in pieces(data, cuts):
        if reader.done:
            reader.rest += piece
        else:
            letter += reader.read(piece)
    return letter, reader


@given(OCTETS, CUTS, CUTS)
def test_what_is_written_is_read(octets: bytes, out_cuts: list[int], in_cuts: list[int]) -> None:
    """Stuffing and unstuffing give the letter with CRLF line ends and one at its end, however it is cut."""
    writer = DotWriter()
    sent = b"".join(writer.write(piece) for piece in pieces(octets, out_cuts)) + writer.end()
    letter, reader = read(sent + b"QUIT\r\n", in_cuts)
    expected = crlf(octets)
    if expected and not expected.endswith(b"\r\n"):
        expected += b"\r\n"
    assert letter == expected
    assert reader.done
    assert reader.rest == b"QUIT\r\n"
    assert not reader.bare


@given(OCTETS, CUTS)
def test_any_octets_end_only_at_crlf_dot_crlf(octets: bytes, cuts: list[int]) -> None:
    whole = b"\r\n" + octets
    end = whole.find(b"\r\n.\r\n")
    letter, reader = read(octets, cuts)
    assert reader.done == (end >= 0)
    if end >= 0:
        raw = whole[2 : end + 2] if end else b""
        assert letter == re.sub(rb"(\A|\r\n)\.", rb"\1", raw)
        assert reader.rest == whole[end + 5 :]
        assert reader.bare == bool(re.search(rb"(?<!\r)\n|\r(?!\n)", raw))


@pytest.mark.parametrize(
    "ending",
    [
        b"\n.\n",
        b"\r.\r",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r.\r\n",
        b"\n.\r",
        b"\r\r\n.\r\r\n",
        b"\r\n\0.\r\n",
    ],
)
def test_no_other_end(ending: bytes) -> None:
    _, reader = read(b"one\r\n" + ending + b"MAIL FROM:<smuggled@example.com>\r\n", [])
    assert not reader.done


@pytest.mark.parametrize("ending", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n"])
def test_what_looks_like_an_end_is_a_defect(ending: bytes) -> None:
    _, reader = read(b"one" + ending + b"two\r\n.\r\n", [])
    assert reader.done
    assert reader.bare


def test_an_empty_letter() -> None:
    letter, reader = read(b".\r\n", [])
    assert (letter, reader.done, reader.bare) == (b"", True, False)


@given(OCTETS, CUTS)
def test_newlines_are_mended_the_same_however_they_are_cut(octets: bytes, cuts: list[int]) -> None:
    newlines = Newlines()
    mended = b"".join(newlines.mend(piece) for piece in pieces(octets, cuts)) + newlines.end()
    assert mended == crlf(octets)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", mended)

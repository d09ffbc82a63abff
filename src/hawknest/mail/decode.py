"""What a part holds without its transfer encoding. RFC 2045 §6, RFC 3516 §4.

Broken input gives what can be had of it: octets that are no base64 are passed over, a `=` in the middle of it begins anew, an escape of
quoted-printable that is none stays as it is. A part is decoded piece by piece, so that a large one costs no more memory than a small one.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final

from hawknest.mail.mime import Octets, Part

_PIECE: Final = 1 << 18  # octets that are decoded at a time

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64: Final = bytes(set(range(256)) - set(_BASE64))
_ESCAPE_CUT: Final = re.compile(rb"=[^\n]?\Z")
# What uuencode writes before its lines; no RFC has it.
_BEGIN: Final = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\n]*\n", re.MULTILINE)


def pieces(part: Part, data: Octets) -> Iterator[bytes] | None:
    """Decode a part's body, piece by piece.

    Args:
        part: a part that is no multipart and no letter; other bodies come as they stand.
        data: the letter.

    Returns:
        None where the encoding is one that nobody knows (RFC 3516 §4.3: UNKNOWN-CTE).
    """
    decoder = _decoder(part)
    return decoder(data, part.body, part.end) if decoder else None


def decoded(part: Part, data: Octets, limit: int | None = None) -> bytes | None:
    """Decode a part's body; None where the encoding is one that nobody knows.

    Args:
        part: see `pieces`.
        data: the letter.
        limit: octets of the body, as they stand in the letter, after which no more is read.
    """
    decoder = _decoder(part)
    end = part.end if limit is None else min(part.end, part.body + limit)
    return b"".join(decoder(data, part.body, end)) if decoder else None


def size(part: Part, data: Octets) -> int | None:
    """Count the octets that a body has when it is decoded: BINARY.SIZE (RFC 3516 §4.2)."""
    found = pieces(part, data)
    return None if found is None else sum(map(len, found))


def _decoder(part: Part) -> Callable[[Octets, int, int], Iterator[bytes]] | None:
    if part.is_multipart or part.is_letter:  # RFC 2045 §6.4: these have no encoding but 7bit, 8bit and binary
        return _as_it_stands
    match part.encoding.lower():
        case "7bit" | "8bit" | "binary" | "":
            return _as_it_stands
        case "base64":
            return _base64
        case "quoted-printable":
            return _quoted_printable
        case "x-uuencode" | "x-uue" | "uuencode":
            return _uuencode
        case _:
            return None


def _as_it_stands(data: Octets, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, _PIECE):
        yield data[at : min(at + _PIECE, end)]


def _base64(data: Octets, start: int, end: int) -> Iterator[bytes]:
    rest = b""
    for piece in _as_it_stands(data, start, end):
        digits = rest + piece.translate(None, _NOT_BASE64)
        *ended, digits = digits.split(b"=") if b"=" in digits else (digits,)
        yield from map(_quantum, ended)
        whole = len(digits) // 4 * 4
        yield binascii.a2b_base64(digits[:whole])
        rest = digits[whole:]
    yield _quantum(rest)


def _quantum(digits: bytes) -> bytes:
    """Decode digits that padding follows, or should."""
    if len(digits) % 4 == 1:
        digits = digits[:-1]  # one digit over is not a whole octet
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _quoted_printable(data: Octets, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        piece = data[start : min(start + _PIECE, end)]
        size = len(piece)
        if start + len(piece) < end:
            piece = piece[: _cut(piece)]
            size = len(piece)
        else:
            piece = piece.rstrip(b" \t")
        start += size
        yield binascii.a2b_qp(_without_trailing_space(piece))


def _cut(piece: bytes) -> int:
    """Where a piece can be cut: after a line, or in a line that is endless, before an escape that would be torn."""
    if line_end := piece.rfind(b"\n") + 1:
        return line_end
    torn = _ESCAPE_CUT.search(piece, len(piece) - 2)
    return torn.start() if torn else len(piece)


def _without_trailing_space(piece: bytes) -> bytes:
    """Take away the spaces at line ends, which were added on the way (RFC 2045 §6.7, rule 3)."""
    if not any(found in piece for found in (b" \r\n", b"\t\r\n", b" \n", b"\t\n")):
        return piece
    lines = piece.split(b"\n")
    return b"\n".join(
        line[:-1].rstrip(b" \t") + b"\r" if line.endswith(b"\r") else line.rstrip(b" \t") for line in lines
    )


def _uuencode(data: Octets, start: int, end: int) -> Iterator[bytes]:
    octets = data[start:end]
    begun = _BEGIN.search(octets)
    if begun is None:
        yield octets
        return
    for line in octets[begun.end() :].split(b"\n"):
        line = line.rstrip(b"\r")  # noqa: PLW2901 (it is the same line)
        if line == b"end":
            return
        yield _uuencoded(line)


def _uuencoded(line: bytes) -> bytes:
    if not line or not 32 <= line[0] <= 96:  # the first octet says how many the line holds
        return b""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        try:  # quirk_uuencode_length: some lines are longer than they say
            return binascii.a2b_uu(line[: 1 - (line[0] - 32 & 63) // -3 * 4])
        except binascii.Error:
            return b""

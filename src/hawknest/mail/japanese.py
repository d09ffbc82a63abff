"""Japanese as mail programs write it: ISO-2022-JP and EUC-JP with the characters that Microsoft and NEC put in. RFC 1468, RFC 2237.

The standards have no ①, ㈱, 髙 or 﨑, nor half-width kana, and yet letters that name them are full of these. So both charsets are read
by the table of code page 932, whose characters lie in the same 94 rows of 94.
"""

import re
from functools import cache
from typing import Final

# single-byte-seq = ESC "(" ( "B" / "J" )                ; RFC 1468 §3; "I" is kana, "H" an old mistake for "J"
# double-byte-seq = ESC "$" ( "@" / "B" )                ; RFC 1468 §3
# quirk_long_escapes: ESC "$" "(" "B" means the same; "D" is JIS X 0212 (RFC 2237), "O", "P" and "Q" are JIS X 0213
_ESCAPE: Final = re.compile(rb"\x1b(\([BJHI]|\$(?:\(?[@B]|\([DOPQ])|\.[AF])")
_PAIRS: Final = re.compile(rb"((?:[\x21-\x7e]{2})++)")
_SHIFTED: Final = re.compile(rb"\x0e([^\x0f]*+)\x0f?")
_HIGH: Final = bytes(octet | 0x80 if 0x21 <= octet <= 0x5F else octet for octet in range(256))
_LOW: Final = bytes(octet & 0x7F for octet in range(256))
# EUC-JP: kana after 0x8E, JIS X 0212 after 0x8F, pairs of octets from 0xA1 on
_EUC: Final = re.compile(rb"((?:[\xa1-\xfe]{2})++)|((?:\x8e[\xa1-\xdf])++)|((?:\x8f[\xa1-\xfe]{2})++)")


def iso_2022_jp(octets: bytes) -> str:
    """Read ISO-2022-JP, as RFC 1468 has it and with what others put in; never fails."""
    pieces = _ESCAPE.split(octets)
    return _single(pieces[0]) + "".join(map(_segment, pieces[1::2], pieces[2::2]))


def euc_jp(octets: bytes) -> str:
    """Read EUC-JP likewise; never fails."""
    try:
        return octets.decode("euc_jp")
    except UnicodeDecodeError:
        pieces: list[str] = []
        at = 0
        for found in _EUC.finditer(octets):
            pieces.append(octets[at : found.start()].decode("ascii", "replace"))
            pairs, _, _ = found.groups()
            pieces.append(_double(pairs.translate(_LOW)) if pairs else found[0].decode("euc_jp", "replace"))
            at = found.end()
        pieces.append(octets[at:].decode("ascii", "replace"))
        return "".join(pieces)


def _segment(escape: bytes, octets: bytes) -> str:
    """Read what follows an escape sequence, up to the next one."""
    match escape:
        case b"(I":
            return octets.translate(_HIGH).decode("cp932", "replace")
        case b"$(D":
            return (b"\x1b$(D" + octets).decode("iso2022_jp_1", "replace")
        case b"$(O" | b"$(P" | b"$(Q":
            return (b"\x1b" + escape + octets).decode("iso2022_jp_2004", "replace")
        case b"$@" | b"$B" | b"$(@" | b"$(B":
            pieces = enumerate(_PAIRS.split(octets))
            return "".join(_double(piece) if index % 2 else _single(piece) for index, piece in pieces)
        case _:
            return _single(octets)


def _single(octets: bytes) -> str:
    """Read octets of one each: ASCII, and kana, which some write in 8 bits or after SO (0x0E)."""
    if b"\x0e" in octets:
        octets = _SHIFTED.sub(lambda found: found[1].translate(_HIGH), octets)
    return octets.decode("cp932", "replace")


def _double(pairs: bytes) -> str:
    """Read octets of two each, row and cell."""
    return pairs.decode("utf-16-be").translate(_table())


@cache
def _table() -> dict[int, str]:
    """The characters of code page 932 by row and cell, as one number."""
    return {row << 8 | cell: _character(row, cell) for row in range(0x21, 0x7F) for cell in range(0x21, 0x7F)}


def _character(row: int, cell: int) -> str:
    """Find a character where Shift_JIS keeps it: two rows to a first octet, without 0x7F for the second."""
    first = (row - 0x21 >> 1) + (0x81 if row < 0x5F else 0xC1)
    second = cell + (0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20)
    return bytes((first, second)).decode("cp932", "replace")[:1]

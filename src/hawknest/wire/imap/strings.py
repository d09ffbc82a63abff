"""Strings as IMAP writes them: an atom where it may be, else quoted, else a literal. RFC 9051 §4.3, §9.

quoted  = DQUOTE *QUOTED-CHAR DQUOTE
literal = "{" number64 ["+"] "}" CRLF *CHAR8
nstring = string / nil
"""

import re
from typing import Final

NIL: Final = b"NIL"

_PLAIN: Final = re.compile(rb'[^\x00\r\n"\\\x80-\xff]{0,1024}').fullmatch  # needs nothing but the quotes
_QUOTABLE: Final = re.compile(rb"[^\x00\r\n\x80-\xff]{0,1024}").fullmatch
_ATOM: Final = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\]+").fullmatch  # astring-char: `]` is one


def string(octets: bytes) -> bytes:
    """Write a string: quoted where that is possible in 7 bits, else as a literal (RFC 9051 §4.3)."""
    if _PLAIN(octets):
        return b'"' + octets + b'"'
    if _QUOTABLE(octets):
        return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(octets)


def nstring(octets: bytes | None) -> bytes:
    """Write a string, or NIL where there is none."""
    return NIL if octets is None else string(octets)


def astring(octets: bytes) -> bytes:
    """Write a string, as an atom where it may be one; a word that reads as NIL is quoted."""
    return octets if _ATOM(octets) and octets.upper() != NIL else string(octets)


def literal(octets: bytes) -> bytes:
    """Write a literal: any octets but NUL may be in it (RFC 9051 §4.3)."""
    return b"{%d}\r\n%b" % (len(octets), octets.replace(b"\0", b"\x80") if b"\0" in octets else octets)

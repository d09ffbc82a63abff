"""What peers and we say to each other, line by line, with passwords and letters left out.

An engine tells what it heard and said (`wire.witness`), so that nothing has to be guessed: letters are told by the number of
their octets, the answers in a SASL exchange as stars (RFC 4954 §4, RFC 5034 §4). What is left to hide stands in command
lines: the first answer behind AUTH, the password of PASS, the digest of APOP (RFC 1939 §7); and, once somebody has tried to
log in, whatever is no command, for it may be the password that was to follow an AUTH which we refused.
"""

import re
from collections.abc import Callable
from typing import Final

LINE: Final = 1000  # octets of a line that are written down
LINES: Final = 100  # lines of one answer of ours that are written down

_SECRET: Final = re.compile(rb"(?i)\A(AUTH +\S+ +|PASS |APOP +\S+ +).+", re.DOTALL)
_LOGIN: Final = re.compile(rb"(?i)\A(?:AUTH|USER|PASS|APOP)(?: |\Z)")
_COMMAND: Final = re.compile(
    rb"(?i)\A(?:HELO|EHLO|LHLO|MAIL|RCPT|DATA|BDAT|RSET|NOOP|QUIT|STARTTLS|AUTH|VRFY|HELP|EXPN|ETRN|TURN"
    rb"|USER|PASS|APOP|STLS|CAPA|UTF8|LANG|STAT|LIST|UIDL|RETR|TOP|DELE)(?: |\Z)"
)


class Conversation:
    """One session as it is written down.

    `write` takes the side, C or S, and the text; `us` is the side that we are.
    """

    __slots__ = ("_letter", "_login", "_them", "_us", "_write")

    def __init__(self, write: Callable[[str, str], None], us: str = "S") -> None:
        self._write = write
        self._us = us
        self._them = "C" if us == "S" else "S"
        self._login = False  # somebody has tried to log in
        self._letter: dict[str, int] = {}  # octets of a letter that were not told yet, by side

    def heard(self, line: bytes, *, secret: bool = False) -> None:
        """Take a line of the peer, without its CRLF."""
        self._tell_letter()
        self._write(self._them, "***" if secret else self._shown(self._them, line))

    def said(self, lines: bytes, *, secret: bool = False) -> None:
        """Take lines of ours, each with its CRLF."""
        self._tell_letter()
        if secret:
            self._write(self._us, "***")
            return
        shown = lines.split(b"\r\n", LINES)
        rest = shown.pop()
        for line in shown:
            self._write(self._us, self._shown(self._us, line))
        if rest:
            count = rest.count(b"\r\n")
            self._write(self._us, f"({count} more lines)")

    def heard_letter(self, octets: int) -> None:
        """Take the number of octets of a letter that came."""
        self._letter[self._them] = self._letter.get(self._them, 0) + octets

    def said_letter(self, octets: int) -> None:
        """Take the number of octets of a letter that went."""
        self._letter[self._us] = self._letter.get(self._us, 0) + octets

    def _shown(self, side: str, line: bytes) -> str:
        """Show a line, as far as it may be shown."""
        if side == "C":
            if self._login and not _COMMAND.match(line):
                return "***"
            self._login = self._login or _LOGIN.match(line) is not None
            line = _SECRET.sub(rb"\1***", line)
        return line[:LINE].decode("utf-8", "backslashreplace")

    def _tell_letter(self) -> None:
        for side, octets in self._letter.items():
            self._write(side, f"({octets} octets of a letter)")
        if self._letter:
            self._letter.clear()

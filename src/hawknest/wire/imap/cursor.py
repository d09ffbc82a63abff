"""Reading the words of a command, literals in their places. RFC 9051 §9, RFC 3501 §9.

A cursor stands in the text of one command. What it expects and does not find is an error in words that are fit to be sent.
"""

import re
from calendar import timegm
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, TypeVar

from hawknest.wire.errors import ProtocolError
from hawknest.wire.imap import names, sets
from hawknest.wire.imap.sets import NumberSet

T = TypeVar("T")

DEPTH: Final = 100  # brackets in brackets


class CommandError(ProtocolError):
    """The command cannot be understood, or may not come now; the text is fit to be sent."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class NotSupported(CommandError):
    """The command is understood, and asks for what is not to be had: it is answered NO, not BAD."""


_ATOM: Final = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_ASTRING: Final = re.compile(
    rb"[^\x00-\x20\x7f(){%*\"\\]+"
)  # quirk_8bit_atom: names in UTF-8 come without quotes too
_PATTERN: Final = re.compile(rb"[^\x00-\x20\x7f(){\"\\]+")
_QUOTED: Final = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*)"')
_PAIR: Final = re.compile(rb'\\(["\\])')
_LITERAL: Final = re.compile(rb"~?\{[0-9]{1,20}\+?\}\r\n")
_NUMBER: Final = re.compile(rb"[0-9]{1,20}")
_FLAG: Final = re.compile(rb"\\?[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_WORD: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.=:_-]*")
_DATE: Final = re.compile(rb'"?([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})"?')
_DATE_TIME: Final = re.compile(
    rb'"([ 0-9][0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)
_MONTHS: Final = {
    name: n for n, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}


class Cursor:
    """A place in the text of a command; `utf8`: names are sent in UTF-8 (RFC 6855 §3, RFC 9051 §5.1)."""

    __slots__ = ("_depth", "_literals", "at", "text", "utf8")

    def __init__(self, text: bytes, literals: Mapping[int, bytes], *, utf8: bool = False) -> None:
        self.text = text
        self.at = 0
        self.utf8 = utf8
        self._literals = literals  # by the place of their `{` or `~{`
        self._depth = 0

    # Marks

    def peek(self, mark: bytes) -> bool:
        """Whether this comes next."""
        return self.text.startswith(mark, self.at)

    def take(self, mark: bytes) -> bool:
        """Pass over this if it comes next, and say whether it did."""
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    def expect(self, mark: bytes) -> None:
        """Pass over what has to come next. Raises CommandError."""
        if not self.take(mark):
            raise CommandError(
                f"{mark.decode()!r} is expected here" if mark != b" " else "A space is expected"
            )

    def space(self) -> None:
        """Pass over a space. Raises CommandError."""
        self.expect(b" ")

    def end(self) -> None:
        """See that the command ends here.

        quirk_trailing_space: several clients send one, and nobody is harmed by it.
        Raises CommandError.
        """
        if self.text[self.at :].strip(b" "):
            raise CommandError("There is more than this command has")

    def over(self) -> bool:
        """Whether the command ends here."""
        return self.at >= len(self.text)

    # Words

    def word(self) -> str:
        """Read a keyword, in capitals. Raises CommandError."""
        return self._match(_WORD, "A word").upper().decode("ascii")

    def number(self, least: int = 0, most: int = (1 << 63) - 1) -> int:
        """Read a number. Raises CommandError."""
        number = int(self._match(_NUMBER, "A number"))
        if not least <= number <= most:
            raise CommandError("The number is too small or too large")
        return number

    def atom(self) -> bytes:
        """Read an atom. Raises CommandError."""
        return self._match(_ATOM, "An atom")

    def string(self) -> bytes:
        """Read a quoted string or a literal. Raises CommandError."""
        if (found := _QUOTED.match(self.text, self.at)) is not None:
            self.at = found.end()
            octets = found[1]
            return _PAIR.sub(rb"\1", octets) if b"\\" in octets else octets
        literal = self._literals.get(self.at)
        if literal is None:
            raise CommandError("A string is expected")
        found = _LITERAL.match(self.text, self.at)
        assert found is not None  # whoever gathered the literal saw it
        self.at = found.end()
        return literal

    def astring(self) -> bytes:
        """Read an atom or a string. Raises CommandError."""
        if (found := _ASTRING.match(self.text, self.at)) is not None:
            self.at = found.end()
            return found[0]
        return self.string()

    def nstring(self) -> bytes | None:
        """Read a string, or NIL. Raises CommandError."""
        if self.text[self.at : self.at + 3].upper() == b"NIL":
            self.at += 3
            return None
        return self.string()

    def text_of(self, octets: bytes) -> str:
        """Take octets as UTF-8. Raises CommandError."""
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            raise CommandError("This is not UTF-8", "BADCHARSET (UTF-8)") from None

    def mailbox(self) -> str:
        """Read a mailbox's name. Raises CommandError."""
        return self._name(self.astring())

    def pattern(self) -> str:
        """Read a name with wildcards: `list-mailbox = 1*list-char / string`. Raises CommandError."""
        if (found := _PATTERN.match(self.text, self.at)) is not None:
            self.at = found.end()
            return self._name(found[0])
        return self._name(self.string())

    def _name(self, octets: bytes) -> str:
        try:
            return octets.decode("utf-8") if self.utf8 else names.decode(octets)
        except ValueError:
            raise CommandError("A mailbox's name is in UTF-8 or modified UTF-7", "CANNOT") from None

    # Compound

    def flag(self) -> str:
        r"""Read one flag: `flag = "\Answered" / … / flag-keyword / flag-extension`. Raises CommandError."""
        return self._match(_FLAG, "A flag").decode("ascii")

    def flags(self) -> list[str]:
        """Read flags in brackets. Raises CommandError."""
        return self.listed(self.flag, empty=True)

    def set(self) -> NumberSet:
        """Read a set of numbers. Raises CommandError."""
        found = sets.match(self.text, self.at)
        if found is None:
            raise CommandError("A set of message numbers is expected")
        self.at = found[1]
        return found[0]

    def listed(self, read: Callable[[], T], *, empty: bool = False) -> list[T]:
        """Read things in brackets, a space between. Raises CommandError."""
        self.expect(b"(")
        found: list[T] = []
        if not (empty and self.peek(b")")):
            found.append(self.deeper(read))
            while self.take(b" "):
                found.append(self.deeper(read))
        self.expect(b")")
        return found

    def one_or_listed(self, read: Callable[[], T]) -> list[T]:
        """Read one thing, or several in brackets. Raises CommandError."""
        return self.listed(read) if self.peek(b"(") else [read()]

    def deeper(self, read: Callable[[], T]) -> T:
        """Read something that is inside something else. Raises CommandError where that is too deep."""
        self._depth += 1
        if self._depth > DEPTH:
            raise CommandError(f"Brackets are {DEPTH} deep at the most")
        found = read()
        self._depth -= 1
        return found

    def day(self) -> int:
        """Read a date: `date-text = date-day "-" date-month "-" date-year`, as days since the epoch. Raises CommandError."""
        found = _DATE.match(self.text, self.at)
        if found is None:
            raise CommandError("A date such as 1-Feb-2026 is expected")
        self.at = found.end()
        return _seconds(found[3], found[2], found[1]) // 86400

    def date_time(self) -> float:
        """Read `date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE`.

        Returns seconds since the epoch. Raises CommandError.
        """
        found = _DATE_TIME.match(self.text, self.at)
        if found is None:
            raise CommandError('A time such as " 1-Feb-2026 09:30:00 +0900" is expected')
        self.at = found.end()
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        if int(hour) > 23 or int(minute) > 59 or int(second) > 60 or int(minutes) > 59:
            raise CommandError("There is no such time")
        offset = (int(hours) * 60 + int(minutes)) * (60 if sign == b"+" else -60)
        return float(_seconds(year, month, day) + int(hour) * 3600 + int(minute) * 60 + int(second) - offset)

    def _match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise CommandError(f"{what} is expected")
        self.at = found.end()
        return found[0]


def _seconds(year: bytes, month: bytes, day: bytes) -> int:
    try:
        day_of_year = date(int(year), _MONTHS[month.lower()], int(day))
    except (KeyError, ValueError):
        raise CommandError("There is no such day") from None
    return timegm(day_of_year.timetuple())

"""What mail programs note in the header of a letter in an mbox: flags, keywords, numbers; read, taken out, and written.

    Status: RO            R read, O old; X-Status: A answered, F flagged, D deleted, T draft; X-Keywords: words
    X-Mozilla-Status: 0001, four hexadecimal digits; X-Mozilla-Keys: words          Thunderbird
    X-UID, X-IMAPbase, X-IMAP                                                       numbers of servers
    Content-Length                                                                  where the letter ends (mboxcl2)

A letter may by itself have a field of such a name. So only the last field of a name is a note, and whoever writes a letter
that has one adds another: what was written is then read back as it was.
"""

import calendar
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from hawknest.store.letters import Flag

_FIELD: Final = re.compile(
    rb"(status|x-status|x-keywords|x-uid|x-imap|x-imapbase|x-mozilla-status2?|x-mozilla-keys|content-length)"
    rb"[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?\n?",
    re.IGNORECASE,
)
_LENGTH: Final = b"content-length"
_INTERNAL: Final = b"DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"

_STATUS: Final = {"R": Flag.SEEN}
_XSTATUS: Final = {"A": Flag.ANSWERED, "F": Flag.FLAGGED, "D": Flag.DELETED, "T": Flag.DRAFT}
_MOZILLA: Final = {1: Flag.SEEN, 2: Flag.ANSWERED, 4: Flag.FLAGGED}
_MOZILLA_GONE: Final = 8  # deleted by the user, and still in the file

# asctime-like: "Tue Nov 24 09:00:00 2026", a zone before or after the year                ; RFC 4155 appendix A
_TIME: Final = re.compile(
    rb"([A-Z][a-z]{2}) +(\d{1,2}) +(\d{1,2}):(\d\d)(?::(\d\d))?(?: +([+-]\d{4}))?(?: +[A-Z]{1,5})?"
    rb" +(\d{4})(?: +([+-]\d{4}))?"
)
_MONTHS: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class Notes:
    """A header, and what was noted in it."""

    header: list[bytes] = field(repr=False)  # lines, without the notes
    flags: Flag
    keywords: tuple[str, ...]
    length: int | None  # octets of the body, where it leads to the next postmark
    internal: bool  # no letter: a program's own data, or one deleted and not yet swept out


def read(lines: list[bytes], at_length: Callable[[int], bool]) -> Notes:
    """Read the notes in the lines of a header, and take them out.

    `at_length` tells whether a letter ends where a body of so many octets would end.
    """
    last: dict[bytes, tuple[int, bytes]] = {}
    for number, line in enumerate(lines):
        if line[:1] in b"sSxXcC" and (found := _FIELD.fullmatch(line)) and not _goes_on(lines, number):
            last[found[1].lower()] = number, found[2]
    length = None
    if _LENGTH in last:
        digits = last[_LENGTH][1]
        if digits.isdigit() and len(digits) < 13 and at_length(int(digits)):
            length = int(digits)
        else:
            del last[_LENGTH]  # it says something else, and is the letter's own
    said = {name: value.decode("latin-1") for name, (_, value) in last.items()}
    gone = {number for number, _ in last.values()}
    mozilla = _hexadecimal(said.get(b"x-mozilla-status", ""))
    return Notes(
        [line for number, line in enumerate(lines) if number not in gone],
        _flags(said, mozilla),
        tuple(f"{said.get(b'x-keywords', '')} {said.get(b'x-mozilla-keys', '')}".split()),
        length,
        internal=bool(mozilla & _MOZILLA_GONE)
        or (bool(said.get(b"x-imap")) and any(_INTERNAL in line for line in lines)),
    )


def _goes_on(lines: list[bytes], number: int) -> bool:
    """Whether a field has a second line; a note has none."""
    return number + 1 < len(lines) and lines[number + 1][:1] in {b" ", b"\t"}


def _flags(said: dict[bytes, str], mozilla: int) -> Flag:
    flags = Flag(0)
    for letter in said.get(b"status", ""):
        flags |= _STATUS.get(letter, Flag(0))
    for letter in said.get(b"x-status", ""):
        flags |= _XSTATUS.get(letter, Flag(0))
    for bit, flag in _MOZILLA.items():
        if mozilla & bit:
            flags |= flag
    return flags


def _hexadecimal(text: str) -> int:
    try:
        return int(text[:8], 16)
    except ValueError:
        return 0


def own(lines: Iterable[bytes]) -> set[bytes]:
    """The names of notes that a letter has in its own header, in lower case."""
    return {found[1].lower() for line in lines if (found := _FIELD.fullmatch(line))}


def written(flags: Flag, keywords: Iterable[str], names: set[bytes], length: int) -> bytes:
    """Write what is noted of a letter.

    `names` are those of notes in its own header, `length` the octets of its body where it must be counted.
    """
    status = "".join(letter for letter, flag in _STATUS.items() if flag & flags) + "O"
    xstatus = "".join(letter for letter, flag in _XSTATUS.items() if flag & flags)
    words = " ".join(keywords)
    mozilla = sum(bit for bit, flag in _MOZILLA.items() if flag & flags)
    fields = [("Status", status), ("X-Status", xstatus), ("X-Keywords", words)]
    fields = [(name, value) for name, value in fields if value or name.lower().encode() in names]
    more = {
        "X-UID": "",
        "X-IMAP": "",
        "X-IMAPbase": "",
        "X-Mozilla-Status": f"{mozilla:04x}",
        "X-Mozilla-Status2": "00000000",
        "X-Mozilla-Keys": "",
        "Content-Length": str(length),
    }
    fields += [(name, value) for name, value in more.items() if name.lower().encode() in names]
    return "".join(f"{name}: {value}\n" for name, value in fields).encode()


def counted(names: set[bytes]) -> bool:
    """Whether a letter has to be written with its length, because it has a field of that name."""
    return _LENGTH in names


def postmark_time(postmark: bytes) -> float | None:
    """Read the time of a postmark, seconds since the epoch; it is UTC where it does not say."""
    found = _TIME.search(postmark)
    if found is None or found[1] not in _MONTHS:
        return None
    day, hour, minute, second = (int(found[n] or 0) for n in (2, 3, 4, 5))
    zone = found[6] or found[8] or b"+0000"
    try:
        moment = calendar.timegm(
            (int(found[7]), _MONTHS.index(found[1]) + 1, day, hour, minute, second, 0, 0, 0)
        )
    except (ValueError, OverflowError):
        return None
    ahead = (int(zone[1:3]) * 60 + int(zone[3:5])) * 60
    return float(max(moment - (ahead if zone.startswith(b"+") else -ahead), 0))


def postmark(at: float) -> bytes:
    """Write a postmark; `at` is in seconds since the epoch. The sender is in the letter, so nobody is named here."""
    moment = time.gmtime(at)
    month = _MONTHS[moment.tm_mon - 1].decode()
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.tm_wday]
    clock = f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}"
    return f"From MAILER-DAEMON {day} {month} {moment.tm_mday:2} {clock} {moment.tm_year}\n".encode()

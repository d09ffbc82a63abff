"""What the names in a Maildir say: which letter it is, its flags, and by Dovecot's list its keywords.

unique ":2," flags          in `cur`; in `new`, just unique
flags:  D draft, F flagged, P passed on, R replied, S seen, T trashed, a-z the keywords of the folder's list
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from hawknest.store.letters import Flag

KEYWORDS: Final = "dovecot-keywords"  # the folder's list: a line for each keyword, its number and its name
FOLDERS: Final = ("cur", "new", "tmp")
PASSED: Final = "$Forwarded"

#: quirk_other_separators: file systems that know no colon in a name get another character for it.
_NAME: Final = re.compile(r"(?P<unique>.+?)(?:[:;!]2,(?P<flags>[^:;!]*))?", re.DOTALL)
#: `1732460000.V1732400000U17.hawknest,S=2048`: UIDVALIDITY and UID make a name of ours unique (RFC 9051 §2.3.1.1).
_OURS: Final = re.compile(r"\d+\.V(\d+)U(\d+)\.hawknest,S=\d+(?::2,.*)?")
_UIDS: Final = 1 << 32
_LISTED: Final = re.compile(rb"(\d{1,2}) ([^\r\n]+)")
_SECONDS: Final = re.compile(r"\d{1,11}")

_FLAGS: Final = {
    "D": Flag.DRAFT,
    "F": Flag.FLAGGED,
    "R": Flag.ANSWERED,
    "S": Flag.SEEN,
    "T": Flag.DELETED,
}


def unique(name: str) -> str:
    """The part of a file name that stays when flags change."""
    found = _NAME.fullmatch(name)
    return found["unique"] if found else name


def born(name: str) -> float:
    """The time that a file name begins with, seconds since the epoch; 0 where it begins otherwise."""
    found = _SECONDS.match(name)
    return float(found[0]) if found else 0.0


def ours(name: str) -> int:
    """The number that UIDVALIDITY and UID make of the name of a file that we wrote; 0 where it is not ours."""
    found = _OURS.fullmatch(name)
    return number(f"{found[1]}.{found[2]}") if found else 0


def number(key: str) -> int:
    """The number that a key `UIDVALIDITY.UID` makes."""
    validity, _, uid = key.partition(".")
    return int(validity) * _UIDS + int(uid)


def name_of(key: str, at: float, size: int) -> str:
    """Name a file for a letter with a key `UIDVALIDITY.UID`."""
    validity, _, uid = key.partition(".")
    return f"{int(at)}.V{validity}U{uid}.hawknest,S={size}"


def order(name: str) -> tuple[float, int, str]:
    """What names are sorted by: the time of the letter, and where several came at once their number or the alphabet."""
    return born(name), ours(name), name


def flags(name: str, listed: Mapping[str, str]) -> tuple[Flag, tuple[str, ...]]:
    """Read flags and keywords off a file name; `listed` are the folder's keywords by their letters."""
    found = _NAME.fullmatch(name)
    letters = (found["flags"] or "") if found else ""
    system = Flag(0)
    keywords: list[str] = []
    for letter in letters:
        system |= _FLAGS.get(letter, Flag(0))
        if letter == "P":
            keywords.append(PASSED)
        elif letter in listed:
            keywords.append(listed[letter])
    return system, tuple(keywords)


def listed(octets: bytes) -> dict[str, str]:
    """Read a folder's list of keywords: each by its letter."""
    return {
        chr(ord("a") + int(number)): name.decode("utf-8", "replace")
        for number, name in _LISTED.findall(octets)
        if int(number) < 26
    }


def listing(keywords: Iterable[str]) -> bytes:
    """Write a folder's list of keywords."""
    return b"".join(b"%d %b\n" % (number, name.encode()) for number, name in enumerate(keywords))


def info(system: Flag, keywords: Iterable[str], letters: Mapping[str, str]) -> str:
    """Write flags as the end of a file name; `letters` are those of the folder's keywords."""
    found = [letter for letter, flag in _FLAGS.items() if flag & system]
    words = tuple(keywords)
    if PASSED.lower() in {word.lower() for word in words}:
        found.append("P")
    found += [letters[word] for word in words if word in letters]
    return ":2," + "".join(sorted(found))

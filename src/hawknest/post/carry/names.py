"""Mailbox names of other programs made ours, and ours made file names: a name is never a path. RFC 9051 §5.1."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from hawknest.store.mailboxes import INBOX, LENGTH, LEVELS
from hawknest.wire.imap import names as imap

FILE: Final = 200  # octets of a file name, far enough below the 255 that file systems have

_DOT: Final = "&AC4-"  # a dot in modified UTF-7, which need not write it so, and may

#: What `store.mailboxes.proper` refuses in a level of a name, and what no text should have.
_UNFIT: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff%*/]")


def mailbox(levels: Iterable[str]) -> str:
    """Make a mailbox name of any words; none is left of a path, and where nothing is left it is the INBOX."""
    cleaned = [_level(level) for level in levels]
    fit = [level for level in cleaned if level]
    if len(fit) > LEVELS:
        fit[LEVELS - 1 :] = ["_".join(fit[LEVELS - 1 :])]
    name = "/".join(fit) or INBOX
    return name if len(name) <= LENGTH else _cut(name, LENGTH - 100)


def _level(text: str) -> str:
    text = _UNFIT.sub("_", unicodedata.normalize("NFC", text)).strip()
    return "_" * len(text) if text in {".", ".."} else text


def _cut(text: str, most: int) -> str:
    """Shorten a text so that two long ones stay different."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[:most].rstrip('/ ')}~{mark}"


def placed(name: str, into: str) -> str:
    """Say where the letters of a source's mailbox go: below the folder `into`, those of the INBOX into it."""
    levels = name.split("/")
    if not into:
        return mailbox(levels)
    return mailbox([*into.split("/"), *([] if name.upper() == INBOX else levels)])


def from_folder(words: Iterable[str]) -> str:
    """Read the name of a Maildir folder: `.A.B` of Maildir++, or a directory inside a directory."""
    levels: list[str] = []
    for word in words:
        dotted = word[1:].split(".") if word.startswith(".") else [word]
        levels += [_decoded(level) for level in dotted]
    return "/".join(_level(level) or "_" for level in levels) or INBOX


def _decoded(level: str) -> str:
    try:
        return imap.decode(os.fsencode(level))
    except ValueError:  # a name in some other charset of old
        return level


def to_folder(name: str) -> str:
    """Write a mailbox name as a folder of Maildir++, '' for the INBOX; a dot inside a level cannot stand there plainly."""
    if name == INBOX:
        return ""
    levels = [imap.encode(level).decode().replace(".", _DOT) for level in name.split("/")]
    return _short("." + ".".join(levels))


def to_files(name: str) -> tuple[str, ...]:
    """Write a mailbox name as names of directories and, at last, of a file."""
    return tuple(_short(level) for level in name.split("/"))


def _short(name: str) -> str:
    octets = name.encode()
    if len(octets) <= FILE:
        return name
    return f"{octets[: FILE - 10].decode('utf-8', 'ignore')}~{hashlib.sha256(octets).hexdigest()[:8]}"

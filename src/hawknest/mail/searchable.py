"""A letter as the index takes it: everything that is costly to find out, found out before the database is asked. RFC 9051 §6.4.4.

The tokens of each field that SEARCH knows carry a mark, so that one list of tokens answers for all of them. Beside them lie
the texts themselves, for needles that tokens alone do not settle.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from hawknest.mail.header import Header
from hawknest.mail.headline import Headline, headline
from hawknest.mail.terms import Tokens, normal, tokens
from hawknest.mail.words import decode_words

VERSION: Final = 2  # of the way letters are made searchable

HEADER_LIMIT: Final = 256 * 1024  # octets of a header section that are searched
BODY_LIMIT: Final = 2 * 1024 * 1024  # characters of a body
#: Fields of signatures: nobody's words, and every one of theirs would be a new one.
HIDDEN: Final = frozenset({"dkim-signature", "arc-seal", "arc-message-signature", "x-google-dkim-signature"})
# field-name = 1*ftext ; %d33-57 / %d59-126              ; RFC 5322 §2.2
_NAME: Final = re.compile(r"[!-9;-~]+")


class Field(StrEnum):
    """Where to search; the value is the mark of its tokens, which no word can begin with."""

    BODY = ""
    HEADER = "_h"
    SUBJECT = "_s"
    FROM = "_f"
    TO = "_t"
    CC = "_c"
    BCC = "_b"


class Texts(NamedTuple):
    """The texts of a letter as `mail.terms.normal` gives them."""

    #: One line for each field, its name in lower case first, except those that are hidden; and one, which begins with a space,
    #: for what stands between two fields and is none.
    header: str
    body: str

    def field(self, name: str) -> Iterator[str]:
        """The values of the fields of a name, which is in lower case; of what is no name there are none."""
        if not _NAME.fullmatch(name):
            return
        start = f"{name}: "
        for line in self.header.split("\n"):
            if line.startswith(start):
                yield line[len(start) :]


@dataclass(frozen=True, slots=True)
class Searchable:
    """What the index keeps of a letter."""

    headline: Headline
    #: All tokens with their marks, a space between.
    tokens: str
    #: The words among them, without marks.
    words: frozenset[str]
    texts: Texts


def searchable(header: bytes, body: str) -> Searchable:
    """Make a letter searchable.

    Args:
        header: its header section, any octets.
        body: the text of its body, as people read it.
    """
    short = headline(header)
    texts = Texts(header_text(header), normal(body[:BODY_LIMIT]))
    parts = {
        Field.BODY: tokens(texts.body),
        Field.HEADER: tokens(texts.header),
        Field.SUBJECT: tokens(short.subject),
        Field.FROM: tokens(short.sender),
        Field.TO: tokens(short.to),
        Field.CC: tokens(short.cc),
        Field.BCC: tokens(short.bcc),
    }
    return Searchable(
        headline=short,
        tokens=" ".join(_marked(field, found) for field, found in parts.items()),
        words=frozenset(parts[Field.BODY].words | parts[Field.HEADER].words),
        texts=texts,
    )


def header_text(header: bytes) -> str:
    """The header section as it is searched: see `Texts.header`.

    Args:
        header: any octets.
    """
    header = header[:HEADER_LIMIT]
    lines: list[str] = []
    at = 0
    for field in Header(header):
        if field.start > at:
            lines.append(_stray(header[at : field.start]))
        if (name := field.name.lower()) not in HIDDEN:
            lines.append(f"{name}: {normal(field.text)}")
        at = field.end
    if len(header) > at:
        lines.append(_stray(header[at:]))
    return "\n".join(lines)


def _stray(octets: bytes) -> str:
    """Give what is no field as a line that none looks like: it is part of the header all the same."""
    return f" {normal(decode_words(octets).strip())}"


def _marked(field: Field, found: Tokens) -> str:
    every = (*found.words, *found.close)
    return field + f" {field}".join(every) if every else ""

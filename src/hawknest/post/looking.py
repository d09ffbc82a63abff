"""Looking for something in letters by reading them: those that the index does not know yet. RFC 9051 §6.4.4.

What is found is what the index finds (`store.words`): an empty needle is in every text, but not in a field that a letter lacks.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from hawknest.mail import mime, searchtext
from hawknest.mail.header import Header
from hawknest.mail.headline import Headline, headline
from hawknest.mail.mime import Octets
from hawknest.mail.searchable import HEADER_LIMIT, Field, header_text
from hawknest.mail.terms import normal
from hawknest.post import reading
from hawknest.store import Connection


def having(
    connection: Connection, blobs: Iterable[int], files: Path, wanted: Sequence[Field], needle: str
) -> set[int]:
    """Find the letters that have a needle in one of the fields; one whose file is gone has nothing."""
    needle = normal(needle)

    def holds(data: Octets) -> bool:
        root = mime.scan(data)
        header = data[root.header : root.header_end]
        return any(
            needle in _text(data, root, header, field)
            and bool(needle or field not in _LINES or _has(header, field.name))
            for field in wanted
        )

    return _which(connection, blobs, files, holds)


def having_field(
    connection: Connection, blobs: Iterable[int], files: Path, name: str, needle: str
) -> set[int]:
    """Find the letters that have a needle in a header field of a name; an empty one: that have such a field."""
    needle = normal(needle)

    def holds(data: Octets) -> bool:
        root = mime.scan(data)
        header = Header(data[root.header : root.header_end][:HEADER_LIMIT])
        return any(needle in normal(field.text) for field in header.every(name))

    return _which(connection, blobs, files, holds)


def headlines(connection: Connection, blobs: Sequence[int], files: Path) -> dict[int, Headline]:
    """Give the headlines of letters; of one whose file is gone, an empty one."""
    found: dict[int, Headline] = {}

    def take(data: Octets) -> Headline:
        root = mime.scan(data)
        return headline(data[root.header : root.header_end])

    for blob, content in reading.contents(connection, blobs).items():
        try:
            found[blob] = reading.with_octets(content, files, take)
        except (OSError, ValueError):
            found[blob] = headline(b"")
    return found


def _text(data: Octets, root: mime.Part, header: bytes, field: Field) -> str:
    match field:
        case Field.BODY:
            return normal(searchtext.body_text(data, root))
        case Field.HEADER:
            return header_text(header)
        case _:
            return str(getattr(headline(header), _LINES[field]))


def _has(header: bytes, name: str) -> bool:
    return Header(header[:HEADER_LIMIT]).count(name) > 0


_LINES: Final = {
    Field.SUBJECT: "subject",
    Field.FROM: "sender",
    Field.TO: "to",
    Field.CC: "cc",
    Field.BCC: "bcc",
}


def _which(
    connection: Connection, blobs: Iterable[int], files: Path, holds: Callable[[Octets], bool]
) -> set[int]:
    found: set[int] = set()
    for blob, content in reading.contents(connection, blobs).items():
        try:
            if reading.with_octets(content, files, holds):
                found.add(blob)
        except (OSError, ValueError):
            continue
    return found

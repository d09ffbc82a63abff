"""Looking for something in one letter by reading it: what the index cannot answer. RFC 9051 §6.4.4."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hawknest.mail import mime, section
from hawknest.mail.header import unfold
from hawknest.mail.headline import Headline, headline
from hawknest.mail.mime import Octets
from hawknest.mail.terms import normal
from hawknest.mail.words import decode_words
from hawknest.post import reading
from hawknest.store import Connection
from hawknest.store.blobs import Content
from hawknest.wire.imap.searching import Dated, Field, Has, Header, When

HEADER = 1 << 20  # octets of a letter in which its header is looked for


def holds(content: Content, files: Path, key: Has | Header | Dated) -> bool:
    """Whether a letter is what a key means; one whose file is gone is not."""
    try:
        if content.place is None:
            return _holds(content.data or b"", key)
        with closing(reading.mapped(files / content.place)) as data:
            return _holds(data, key)
    except (OSError, ValueError):
        return False


def headlines(connection: Connection, blobs: Sequence[int], files: Path) -> dict[int, Headline]:
    """Give the headlines of letters; of one whose file is gone, an empty one."""
    found: dict[int, Headline] = {}
    for start in range(0, len(blobs), 100):
        portion = blobs[start : start + 100]
        contents = reading.contents(connection, portion)
        for blob in portion:
            content = contents.get(blob)
            found[blob] = headline(_header(content, files) if content else b"")
    return found


def _header(content: Content, files: Path) -> bytes:
    try:
        if content.place is None:
            data = content.data or b""
        else:
            with (files / content.place).open("rb") as file:
                data = file.read(HEADER)
    except OSError:
        return b""
    root = mime.scan(data)
    return data[root.header : root.body]


def _holds(data: Octets, key: Has | Header | Dated) -> bool:
    root = mime.scan(data)
    header = data[root.header : root.body]
    match key:
        case Dated():
            return _dated(headline(header).sent_day, key)
        case Header(name, needle):
            fields = section.fields(header, [name.encode()])
            return any(normal(needle) in value for value in _values(fields))
        case Has(field, needle):
            wanted = normal(needle)
            line = headline(header)
            texts = {
                Field.SUBJECT: line.subject,
                Field.FROM: line.sender,
                Field.TO: line.to,
                Field.CC: line.cc,
                Field.BCC: line.bcc,
            }
            return wanted in texts.get(field, "")


def _values(fields: bytes) -> list[str]:
    """Decode the values of header fields."""
    values: list[bytes] = []
    for line in fields.splitlines(keepends=True):
        if line[:1] in {b" ", b"\t"} and values:
            values[-1] += line
        elif line.strip():
            values.append(line.partition(b":")[2])
    return [normal(decode_words(unfold(value))) for value in values]


def _dated(day: int | None, key: Dated) -> bool:
    if day is None:
        return False
    match key.when:
        case When.BEFORE:
            return day < key.day
        case When.ON:
            return day == key.day
        case When.SINCE:
            return day >= key.day

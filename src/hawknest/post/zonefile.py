"""Records as the lines of a zone file that can be pasted as they are: RFC 1035 §5.1. Comments say why each is there."""

from collections.abc import Iterable, Iterator
from typing import Final

from hawknest.post.records import Record
from hawknest.post.records_words import FILL_IN, HEAD, NOT_HERE, WORDS

TTL: Final = 3600  # seconds
_STRING: Final = 255  # octets of one string of a TXT record, RFC 1035 §3.3
_PLAIN: Final = frozenset(range(0x20, 0x7F)) - {*b'"\\'}


def zone_file(records: Iterable[Record], domain: str, host: str, language: str = "en") -> str:
    """Write the records of a domain; what lies elsewhere, or has gaps, is a comment.

    Args:
        records: what to write, in order.
        domain: whose zone it is.
        host: the full name of this machine.
        language: of the comments, en or ja.
    """
    return "\n".join(_lines(records, domain, host, int(language == "ja"))) + "\n"


def line(record: Record) -> str:
    """Write one record, its name absolute."""
    value = quoted(record.value) if record.type == "TXT" else record.value
    return f"{record.name}. IN {record.type} {value}"


def quoted(text: str) -> str:
    """Write a text as strings of at most 255 octets each, which belong together without a gap (RFC 7208 §3.3)."""
    octets = text.encode()
    parts = [octets[at : at + _STRING] for at in range(0, len(octets) or 1, _STRING)]
    return " ".join('"' + "".join(map(_character, part)) + '"' for part in parts)


def _character(octet: int) -> str:
    return chr(octet) if octet in _PLAIN else f"\\{octet:03d}"


def _lines(records: Iterable[Record], domain: str, host: str, column: int) -> Iterator[str]:
    yield "; " + HEAD[column].format(domain=domain, host=host)
    yield f"$TTL {TTL}"
    why = None
    for record in records:
        if record.why is not why:
            why = record.why
            yield ""
            yield "; " + WORDS[why][column]
        if not record.known:
            yield "; " + FILL_IN[column]
            yield "; " + line(record)
        elif not lies_in(record.name, domain):
            yield "; " + NOT_HERE[column].format(name=record.name, domain=domain)
            yield "; " + line(record)
        else:
            yield line(record)


def lies_in(name: str, zone: str) -> bool:
    """Whether a name is the zone's own or below it."""
    return name == zone or name.endswith(f".{zone}")

"""Which octets of a letter a section of it is: BODY[2.1.MIME], BODY[HEADER.FIELDS (From)]. RFC 9051 §6.4.5.1, RFC 3501 §6.4.5.

The parts of a multipart are numbered from 1. A letter that is no multipart has one part, number 1, which is its body. The number of
a letter inside a letter stands for its octets, and a number after it counts what is in it: 3.1 is the first part of the letter that is 3.
"""

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from hawknest.mail.mime import Part

# section      = "[" [section-spec] "]"                  ; RFC 9051 §9
# section-spec = section-msgtext / (section-part ["." section-text])
# section-part = nz-number *("." nz-number)


class Span(NamedTuple):
    """Octets from `start` up to `end`, without that one."""

    start: int
    end: int


def find(root: Part, numbers: Sequence[int]) -> Part | None:
    """Find a part by its numbers.

    Args:
        root: the letter.
        numbers: from 1; none at all means the letter itself.

    Returns:
        None where there is no such part.
    """
    part = root
    letter: Part | None = root  # the letter whose parts the next number counts
    for number in numbers:
        within = letter or part
        if within.is_multipart:
            if not 0 < number <= len(within.parts):
                return None
            part = within.parts[number - 1]
        elif letter and number == 1:
            part = letter
        else:
            return None
        letter = _inside(part)
    return part


def body(root: Part, numbers: Sequence[int]) -> Span | None:
    """Find the octets of BODY[n]: the body of a part; with no numbers, the whole letter."""
    if not numbers:
        return Span(root.header, root.end)
    part = find(root, numbers)
    return Span(part.body, part.end) if part else None


def mime(root: Part, numbers: Sequence[int]) -> Span | None:
    """Find the octets of BODY[n.MIME]: the header of a part, with the blank line that ends it."""
    part = find(root, numbers)
    return Span(part.header, part.body) if part else None


def header(root: Part, numbers: Sequence[int]) -> Span | None:
    """Find the octets of BODY[HEADER] or BODY[n.HEADER]: the header of a letter; None where n is no letter."""
    letter = _letter(root, numbers)
    return Span(letter.header, letter.body) if letter else None


def text(root: Part, numbers: Sequence[int]) -> Span | None:
    """Find the octets of BODY[TEXT] or BODY[n.TEXT]: a letter without its header; None where n is no letter."""
    letter = _letter(root, numbers)
    return Span(letter.body, letter.end) if letter else None


def _letter(root: Part, numbers: Sequence[int]) -> Part | None:
    if not numbers:
        return root
    part = find(root, numbers)
    return _inside(part) if part else None


def _inside(part: Part) -> Part | None:
    return part.parts[0] if part.is_letter and part.parts else None


_FIELD: Final = re.compile(rb"[^\n]*+(?:\n[ \t][^\n]*+)*+\n?+")
_BLANK: Final = (b"\r\n", b"\n")


def fields(header: bytes, names: Collection[bytes], *, exclude: bool = False) -> bytes:
    """Take some of a header's fields as they stand: HEADER.FIELDS and HEADER.FIELDS.NOT.

    Args:
        header: a header, with the blank line that ends it if it has one; that is never left out (RFC 9051 §6.4.5.1).
        names: of fields, in any case.
        exclude: take all but these.
    """
    if exclude:
        wanted = _pattern(frozenset(name.upper() for name in names))
        lines = _FIELD.findall(header)
        return b"".join(line for line in lines if line in _BLANK or not wanted.match(b"\n" + line))
    return chooser(names)(header)


def chooser(names: Collection[bytes]) -> Callable[[bytes], bytes]:
    """Make what takes the fields of these names of one header after another."""
    find = _pattern(frozenset(name.upper() for name in names)).findall

    def choose(header: bytes) -> bytes:
        found = b"".join(find(b"\n" + header))
        end = b"\n" if found else b""
        if header.endswith(b"\n\r\n") or header == b"\r\n":
            end += b"\r\n"
        elif header.endswith(b"\n\n") or header == b"\n":
            end += b"\n"
        return found[1:] + end

    return choose


@lru_cache(maxsize=64)
def _pattern(names: frozenset[bytes]) -> re.Pattern[bytes]:
    # field = field-name ":" unstructured CRLF           ; RFC 5322 §2.2; obs-optional (§4.5.8) has WSP before the colon
    any_of = b"|".join(map(re.escape, sorted(names))) or rb"(?!)"
    return re.compile(rb"\n(?:%b)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+" % any_of, re.IGNORECASE)

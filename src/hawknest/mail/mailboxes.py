"""The address lists of To, Cc, Bcc and From. RFC 5322 §3.4, §4.4.

Letters hold anything in these fields, so reading is one pass over words and marks that never fails: groups are
opened up, comments are names of last resort, and what is no address is kept as text for the caller to judge.
"""

import re
from dataclasses import dataclass
from typing import Final

from hawknest.mail.address import Address, AddressError, parse_address
from hawknest.mail.header import unfold
from hawknest.mail.words import clean, decode_words

# quirk_specials_in_encoded_words: many senders leave commas and brackets inside them, so they are taken whole.
_TOKEN: Final = re.compile(
    r"""(?P<space>\s++)
    |(?P<word>=\?[^?\s]++\?[BbQq]\?[^?]*+\?=)
    |"(?P<quoted>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)
    |(?P<literal>\[[^\]]*+\]?)
    |(?P<atom>[^\s"(),:;<>\[\\]++)
    |(?P<comment>\()
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK: Final = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One entry of an address list."""

    #: The display name as people read it, or "".
    name: str
    #: None when the text is no full address: a bare user name, or nonsense.
    address: Address | None
    #: The address as it was written, without name and brackets.
    text: str


class _Entry:
    """The entry that is being read."""

    __slots__ = ("angle", "comment", "inside", "name", "text")

    def __init__(self) -> None:
        self.name: list[str] = []  # words before the angle bracket
        self.text: list[str] = []  # the same words as they would be an address
        self.angle: list[str] = []  # what stands in the angle brackets
        self.inside = False
        self.comment = ""

    def mailbox(self) -> Mailbox | None:
        if self.angle:
            name, text = " ".join(self.name), "".join(self.angle)
        else:
            name, text = "", "".join(self.text)
        # obs-angle-addr = [CFWS] "<" obs-route addr-spec ">"     ; RFC 5322 §4.4: the route is left out
        text = clean(text.rpartition(":")[2] if text.startswith("@") else text)
        if not text:
            return None
        try:
            address = parse_address(text)
        except AddressError:
            address = None
        return Mailbox(decode_words((name or self.comment).encode("utf-8", "replace")), address, text)


def mailboxes(value: bytes) -> list[Mailbox]:
    """The mailboxes in the value of an address field, in their order.

    address-list = (address *("," address)) / obs-addr-list        ; RFC 5322 §3.4
    address      = mailbox / group
    group        = display-name ":" [group-list] ";" [CFWS]

    Args:
        value: the value, folded or not.
    """
    found: list[Mailbox] = []
    entry = _Entry()
    text = _decoded(unfold(value))
    at = 0
    while token := _TOKEN.match(text, at):
        at = token.end()
        if token["comment"]:
            end = _comment_end(text, at)
            entry.comment = text[at : end - 1].strip()
            at = end
        elif token["mark"]:
            entry = _mark(token[0], entry, found)
        elif not token["space"]:
            _word(token, entry)
    _close(entry, found)
    return found


def _comment_end(text: str, start: int) -> int:
    """Where the comment ends whose bracket stands before `start`; comments nest. RFC 5322 §3.2.2."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    return len(text) + 1


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _word(token: re.Match[str], entry: _Entry) -> None:
    if entry.inside:
        entry.angle.append(token[0])
        return
    quoted = token["quoted"]
    entry.name.append(token[0] if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted))
    entry.text.append(token[0])


def _mark(mark: str, entry: _Entry, found: list[Mailbox]) -> _Entry:
    """What a mark does to the entry; the entry that goes on after it."""
    route = entry.inside and (not entry.angle or entry.angle[0].startswith("@"))
    match mark:
        case "<" if not entry.inside:
            entry.inside = True
        case ">":
            entry.inside = False
        case "," | ";" | "<" if not route:
            _close(entry, found)
            entry = _Entry()
            entry.inside = mark == "<"
        case ":" if not entry.inside:
            return _Entry()  # what stood before was the name of a group
        case _ if entry.inside:
            entry.angle.append(mark)
        case _:
            pass
    return entry


def _close(entry: _Entry, found: list[Mailbox]) -> None:
    if (mailbox := entry.mailbox()) is not None:
        found.append(mailbox)

"""The address lists of To, From and their like as they are written, octet by octet. RFC 5322 §3.4, §4.4.

`hawknest.mail.mailboxes` reads the same lists for people: names decoded, groups opened up, addresses judged. Here nothing is decoded and
nothing is left out, for a client that is shown a letter's envelope does that itself (RFC 9051 §7.5.2).
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hawknest.mail.header import unfold

#: What stands where an address lacks something, so that it has both halves.
NO_MAILBOX: Final = b"MISSING_MAILBOX"
NO_DOMAIN: Final = b"MISSING_DOMAIN"


class Entry(NamedTuple):
    """One entry of an address list; a group is one entry for its name, its mailboxes, and one with nothing."""

    #: The display name without its quotes; encoded words stay as they are.
    name: bytes | None
    #: The hosts of a source route, `@a,@b`, which is obsolete.
    route: bytes | None
    #: The local part without its quotes; the name of a group where it begins; None where it ends.
    mailbox: bytes | None
    #: None: this entry is no mailbox, but the begin or end of a group.
    domain: bytes | None


GROUP_END: Final = Entry(None, None, None, None)

# mailbox   = name-addr / addr-spec                      ; RFC 5322 §3.4; what nearly all are
# name-addr = [display-name] [CFWS] "<" addr-spec ">" [CFWS]
_WORDS = rb"[^\s,:;<>@()\"\[\]\\]++(?:[ \t]++[^\s,:;<>@()\"\[\]\\]++)*+"
_SIDE = rb"[^\s,:;<>@()\"\[\]\\]++"
_USUAL: Final = re.compile(
    rb"""\s*+(?:(?:"([^"\\]*+)"|(%b))?+\s*+<(%b)@(%b)>|(%b)@(%b))\s*+(?:,|\Z)"""
    % (_WORDS, _SIDE, _SIDE, _SIDE, _SIDE)
)
_SPACES: Final = re.compile(rb"\s++")
# quirk_specials_in_encoded_words: many senders leave commas and brackets inside them, so they are taken whole.
_TOKEN: Final = re.compile(
    rb"""(?P<space>\s++)
    |(?P<word>=\?[^?\s]++\?[BbQq]\?[^?]*+\?=)
    |"(?P<quoted>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)
    |(?P<atom>\[[^\]]*+\]?|[^\s"(),:;<>\[\\]++)
    |(?P<comment>\()
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK: Final = re.compile(rb"\\.|[()]", re.DOTALL)
_QUOTED_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)


def entries(value: bytes) -> list[Entry]:
    """Read an address list, in its order.

    address-list = (address *("," address)) / obs-addr-list        ; RFC 5322 §3.4
    address      = mailbox / group
    group        = display-name ":" [group-list] ";" [CFWS]

    Args:
        value: what follows the colon, folded or not.
    """
    value = unfold(value)
    found: list[Entry] = []
    at = 0
    while usual := _USUAL.match(value, at):
        quoted, words, mailbox, domain, bare, bare_domain = usual.groups()
        name = quoted or (_SPACES.sub(b" ", words) if words else None)
        found.append(Entry(name, None, mailbox or bare, domain or bare_domain))
        at = usual.end()
    if at < len(value):
        found.extend(_Reading(value, at).entries())
    return found


class _Reading:
    """The slow reading of a list, mark by mark."""

    __slots__ = ("angle", "comment", "in_group", "inside", "pieces", "value")

    def __init__(self, value: bytes, at: int) -> None:
        self.value = value[at:]
        self.in_group = False
        self._begin()

    def _begin(self) -> None:
        self.pieces: list[
            tuple[bytes, bytes]
        ] = []  # before the angle bracket: as it stands, and without quotes
        self.angle: list[tuple[bytes, bytes]] = []  # inside the brackets, likewise
        self.inside: bool | None = None  # None: no bracket has been seen
        self.comment: bytes | None = None

    def entries(self) -> Iterator[Entry]:
        """Give the entries one by one."""
        at = 0
        while token := _TOKEN.match(self.value, at):
            at = token.end()
            if token["comment"]:
                end = _comment_end(self.value, at)
                self.comment = _QUOTED_PAIR.sub(rb"\1", self.value[at : end - 1]).strip()
                at = end
            elif token["mark"]:
                yield from self._mark(token[0])
            else:
                self._word(token)
        yield from self._close()
        if self.in_group:
            yield GROUP_END

    def _word(self, token: re.Match[bytes]) -> None:
        into = self.angle if self.inside else self.pieces
        quoted = token["quoted"]
        if token["space"]:
            if into and into[-1][0] != b" ":
                into.append((b" ", b" "))
        elif quoted is None:
            into.append((token[0], token[0]))
        else:
            into.append((token[0], _QUOTED_PAIR.sub(rb"\1", quoted)))

    def _mark(self, mark: bytes) -> Iterator[Entry]:
        match mark:
            case b"<" if not self.inside:
                if self.inside is False:  # quirk_no_comma: `<a@b> <c@d>`
                    yield from self._close()
                self.inside = True
            case b">":
                self.inside = False
            case b"," if not (self.inside and self.angle and self.angle[0][0].startswith(b"@")):
                yield from self._close()
            case b":" if self.inside is None and not any(b"@" in raw for raw, _ in self.pieces):
                if self.in_group:
                    yield GROUP_END
                yield Entry(None, None, _text(self.pieces), None)
                self.in_group = True
                self._begin()
            case b";" if self.in_group or not self.inside:
                yield from self._close()
                if self.in_group:
                    yield GROUP_END
                self.in_group = False
            case _:
                (self.angle if self.inside else self.pieces).append((mark, mark))

    def _close(self) -> Iterator[Entry]:
        name = _text(self.pieces)
        if self.inside is not None:
            if self.angle or name:
                yield _address(self.angle, name or self.comment or None)
        elif name:
            yield from _bare(self.pieces, self.comment or None)
        self._begin()


def _text(pieces: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(text for _, text in pieces).strip()


def _address(pieces: list[tuple[bytes, bytes]], name: bytes | None) -> Entry:
    """Take apart what stands in angle brackets.

    obs-angle-addr = [CFWS] "<" obs-route addr-spec ">" [CFWS]     ; RFC 5322 §4.4
    """
    kept = [
        piece
        for index, piece in enumerate(pieces)
        if piece[0] != b" " or not (_joins(pieces, index - 1, -1) or _joins(pieces, index + 1, 0))
    ]
    route = None
    colon = next((index for index, (raw, _) in enumerate(kept) if raw == b":"), 0)
    if colon and kept[0][0].startswith(b"@"):
        route = b"".join(raw for raw, _ in kept[:colon])
        kept = kept[colon + 1 :]
    local: list[bytes] = []
    domain: bytes | None = None
    for index in range(len(kept) - 1, -1, -1):
        raw = kept[index][0]
        if not raw.startswith(b'"') and (cut := raw.rfind(b"@")) >= 0:
            domain = raw[cut + 1 :] + b"".join(after for after, _ in kept[index + 1 :])
            local = [*(before for _, before in kept[:index]), raw[:cut]]
            break
    else:
        local = [text for _, text in kept]
    return Entry(name, route, b"".join(local) or NO_MAILBOX, domain or NO_DOMAIN)


def _bare(pieces: list[tuple[bytes, bytes]], comment: bytes | None) -> list[Entry]:
    """Find the address among words without angle brackets; the words around it are its name.

    quirk_no_comma: of several addresses with nothing but spaces between, each is one.
    """
    runs: list[list[tuple[bytes, bytes]]] = [[]]
    for index, piece in enumerate(pieces):
        if piece[0] != b" ":
            runs[-1].append(piece)
        elif not (
            _joins(pieces, index - 1, -1, b"@") or _joins(pieces, index + 1, 0, b"@")
        ):  # `a @ b` is one
            runs.append([])
    addresses = [run for run in runs if any(b"@" in raw and not raw.startswith(b'"') for raw, _ in run)]
    if addresses:
        words = b" ".join(_text(run) for run in runs if run and run not in addresses)
        return [_address(run, comment or words or None) for run in addresses]
    text = _text(pieces)
    if b" " in text or (pieces[0][0].startswith(b'"')):
        return [Entry(text, None, NO_MAILBOX, NO_DOMAIN)]
    return [Entry(comment, None, text, NO_DOMAIN)]


def _joins(pieces: list[tuple[bytes, bytes]], index: int, edge: int, joints: bytes = b"@.") -> bool:
    """Whether the space beside a piece means nothing: at the ends of an address, and around its "@" and dots."""
    if not 0 <= index < len(pieces):
        return True
    return pieces[index][0][edge : edge + 1 or None] in joints


def _comment_end(value: bytes, start: int) -> int:
    """Where the comment ends whose bracket stands before `start`; comments nest. RFC 5322 §3.2.2."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(value, start):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    return len(value) + 1

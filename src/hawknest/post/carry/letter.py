"""A letter under way from one place to another, and what gives and takes such letters."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from hawknest.store.flags import MOST
from hawknest.store.letters import Flag

BLOCK: Final = 256 * 1024  # octets of a letter that are held at once

# flag-keyword = "$MDNSent" / … / atom                   ; RFC 9051 §9; none that could be taken for a system flag
_KEYWORD: Final = re.compile(r'[^\x00-\x20\x7f-\U0010ffff(){%*"\\\]]{1,100}')


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a letter besides its octets.

    `key` is the letter's name in its mailbox at the source, the same in each run; '' where it has none, and only its octets
    tell it from others.
    """

    mailbox: str  # at the source, `/` between levels
    key: str
    flags: Flag
    keywords: tuple[str, ...]
    at: float  # IMAP's internal date, seconds since the epoch


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter; its blocks can be read once, before the next letter is asked for."""

    label: Label
    blocks: AsyncIterator[bytes] = field(repr=False)


#: Whether a letter was carried already and need not be read; it is noted that the source still has it.
Known = Callable[[Label], Awaitable[bool]]


class Source(Protocol):
    """Where letters come from."""

    def letters(self, known: Known) -> AsyncIterator[Letter]:
        """Give the letters that are not known yet, one after another."""
        ...


class Sink(Protocol):
    """Where letters go."""

    async def known(self, label: Label) -> bool:
        """Tell whether a letter was carried in an earlier run."""
        ...

    async def take(self, letter: Letter) -> None:
        """Take a letter."""
        ...

    async def finish(self) -> None:
        """Make durable what was taken."""
        ...


async def carry(source: Source, sink: Sink, passed: Callable[[Label], None]) -> None:
    """Carry all letters of a source to a sink; `passed` is told of each that was taken."""
    async for letter in source.letters(sink.known):
        await sink.take(letter)
        passed(letter.label)
    await sink.finish()


async def flowing(blocks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Give blocks that are at hand as a letter gives its own."""
    for block in blocks:
        yield block


def keywords(found: Iterable[str]) -> tuple[str, ...]:
    """Those of some words that can be keywords of an email, none twice."""
    fit = {word.lower(): word for word in found if _KEYWORD.fullmatch(word)}
    return tuple(fit.values())[:MOST]

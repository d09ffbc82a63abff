"""Whether all has arrived: letters, octets and a hash of all of them, mailbox by mailbox, on both sides."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hawknest.post.carry.leaving import octets
from hawknest.post.carry.letter import Label, Letter, Source, carry
from hawknest.post.carry.lines import Digest
from hawknest.store import Store, carried
from hawknest.store.carried import Carriage, Met

PAGE: Final = 200  # letters that are listed at once
_MASK: Final = (1 << 128) - 1


@dataclass(slots=True)
class Tally:
    """Letters counted together; their order does not matter, how their lines end neither."""

    letters: int = 0
    octets: int = 0
    hash: int = 0  # the sum of the letters' hashes

    def add(self, octets: int, digest: bytes) -> None:
        """Count a letter in."""
        self.letters += 1
        self.octets += octets
        self.hash = (self.hash + int.from_bytes(digest, "big")) & _MASK

    def same(self, other: "Tally") -> bool:
        """Whether the same letters were counted."""
        return (self.letters, self.hash) == (other.letters, other.hash)


@dataclass(slots=True)
class Line:
    """One mailbox on both sides."""

    mailbox: str  # at the source
    place: str  # where its letters went
    source: Tally = field(default_factory=Tally)
    arrived: Tally = field(default_factory=Tally)
    gone: int = 0  # letters that were brought, and are gone again since
    unknown: int = 0  # letters of which the other side does not say where they are

    @property
    def equal(self) -> bool:
        """Whether what the source has is there, as far as that can be told."""
        return self.unknown > 0 or self.source.same(self.arrived)


async def arrived(store: Store, carriage: Carriage, place: Callable[[str], str]) -> list[Line]:
    """Compare what a run of an import met at the source with what the account has of it, octet by octet.

    `place` says where the letters of each mailbox went. A letter that its owner has deleted since is counted apart.
    """
    lines: dict[str, Line] = {}
    last: Met | None = None
    while page := await store.read(lambda c, last=last: carried.met(c, carriage, last, PAGE)):
        last = page[-1]
        for letter in page:
            line = lines.setdefault(letter.mailbox, Line(letter.mailbox, place(letter.mailbox)))
            if letter.blob_id is None:
                line.gone += 1
                continue
            line.source.add(letter.octets, letter.digest)
            blocks = await octets(store, letter.blob_id)
            if blocks is not None:
                digest = Digest()
                async for block in blocks:
                    digest.see(block)
                line.arrived.add(digest.octets, digest.value())
    return [lines[name] for name in sorted(lines)]


class _Counting:
    """A sink that keeps nothing."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}

    async def known(self, label: Label) -> bool:
        del label
        return False

    async def take(self, letter: Letter) -> None:
        digest = Digest()
        async for block in letter.blocks:
            digest.see(block)
        octets = digest.octets
        self.tallies.setdefault(letter.label.mailbox, Tally()).add(octets, digest.value())

    async def finish(self) -> None:
        pass


async def compared(source: Source, copy: Source) -> list[Line]:
    """Read two sources to their ends, and compare what they have."""
    both = _Counting(), _Counting()
    for one, counting in zip((source, copy), both, strict=True):
        await carry(one, counting, lambda _: None)
    names = sorted({*both[0].tallies, *both[1].tallies})
    return [
        Line(name, name, both[0].tallies.get(name, Tally()), both[1].tallies.get(name, Tally()))
        for name in names
    ]

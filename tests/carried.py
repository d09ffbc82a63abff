"""What the tests of import and export share: letters, sources and sinks in memory."""

import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hawknest.post.carry.letter import Known, Label, Letter, carry, flowing
from hawknest.store.letters import Flag

CORPORA = Path(os.environ.get("HAWKNEST_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))

NONE = Flag(0)


def label(mailbox="INBOX", key="1.1", flags=NONE, keywords=(), at=1732438800.0):
    return Label(mailbox, key, flags, keywords, at)


class Given:
    """A source of letters that are at hand."""

    def __init__(self, *letters: tuple[Label, bytes], cut: int = 1 << 20) -> None:
        self.all = letters
        self._cut = cut

    async def letters(self, known: Known) -> AsyncIterator[Letter]:
        for its, octets in self.all:
            if not await known(its):
                cut = self._cut
                yield Letter(its, flowing([octets[at : at + cut] for at in range(0, len(octets), cut)]))


class Taken:
    """A sink that keeps what comes."""

    def __init__(self) -> None:
        self.all: list[tuple[Label, bytes]] = []
        self.finished = False

    async def known(self, _: Label) -> bool:
        return False

    async def take(self, letter: Letter) -> None:
        self.all.append((letter.label, b"".join([block async for block in letter.blocks])))

    async def finish(self) -> None:
        self.finished = True

    def by_mailbox(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for its, octets in self.all:
            found.setdefault(its.mailbox, []).append(octets)
        return found


async def taken(source) -> Taken:
    """Read a source to its end."""
    sink = Taken()
    await carry(source, sink, lambda _: None)
    assert sink.finished
    return sink


def list_archive(tmp_path: Path) -> Path:
    """The archive of a mailing list, 3,237 letters, as an mbox."""
    packed = CORPORA / "dovecot-list-mbox" / "mailbox.gz"
    if not packed.exists():
        pytest.skip("the corpora are not here")
    path = tmp_path / "list.mbox"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path

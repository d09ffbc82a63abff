"""The letters of another IMAP server, as they come in. RFC 9051 §6.4.5.

Flags and dates are asked for in portions; then the octets of each letter that is not known yet, several ahead of the one that
is being read, so that the distance to the server does not count.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Final

from hawknest.post.carry.imaphost import Session
from hawknest.post.carry.imaptree import Box
from hawknest.post.carry.letter import Known, Label, Letter, keywords
from hawknest.store.letters import Flag
from hawknest.wire.imap.answers import Fetched

PORTION: Final = 500  # letters that are looked at together

FLAGS: Final = {
    "\\seen": Flag.SEEN,
    "\\answered": Flag.ANSWERED,
    "\\flagged": Flag.FLAGGED,
    "\\deleted": Flag.DELETED,
    "\\draft": Flag.DRAFT,
}


class ImapIn:
    """Gives the letters of mailboxes of a server; a source.

    The keys are `UIDVALIDITY.UID`. `missed` counts letters that went away before they were read, `closed` the mailboxes that
    could not be opened.
    """

    def __init__(self, session: Session, boxes: Sequence[Box]) -> None:
        self._session = session
        self._boxes = boxes
        self.missed = 0
        self.closed: list[str] = []

    async def letters(self, known: Known) -> AsyncGenerator[Letter]:
        """Give the letters that are not known; see `letter.Source`. Raises ImapError."""
        for box in self._boxes:
            validity = await self._session.examine(box.raw)
            if validity is None:
                self.closed.append(box.name)
                continue
            async for labels in self._labels(box.name, validity, known):
                self.missed += len(labels)
                async for uid, blocks in self._session.bodies(list(labels)):
                    self.missed -= 1
                    yield Letter(labels[uid], blocks)

    async def _labels(self, mailbox: str, validity: str, known: Known) -> AsyncGenerator[dict[int, Label]]:
        """Give the labels of unknown letters by their UIDs, portion by portion."""
        session = self._session
        first = 1
        while first <= session.exists:
            rows = await session.overview(first, min(first + PORTION - 1, session.exists))
            found = [(row.uid, _label(mailbox, validity, row)) for row in sorted(rows, key=_by_uid)]
            yield {uid: label for uid, label in found if not await known(label)}
            first += PORTION
            # What went away before it made the numbers behind it less.
            first -= sum(number < first for number in session.expunged)
            session.expunged.clear()


def _by_uid(row: Fetched) -> int:
    return row.uid


def _label(mailbox: str, validity: str, row: Fetched) -> Label:
    flags = Flag(0)
    for mark in row.flags:
        flags |= FLAGS.get(mark.lower(), Flag(0))
    words = keywords(mark for mark in row.flags if not mark.startswith("\\"))
    return Label(mailbox, f"{validity}.{row.uid}", flags, words, row.at or 0.0)


def marks(flags: Flag, words: Collection[str]) -> list[str]:
    """Write flags and keywords as IMAP has them."""
    return [mark.title() for mark, flag in FLAGS.items() if flag & flags] + list(words)

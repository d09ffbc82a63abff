"""Whole errands between an account and files: letters carried, then both sides compared."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from hawknest.post.carry import names
from hawknest.post.carry.archives import open_tree
from hawknest.post.carry.box import open_box
from hawknest.post.carry.filing import Filing
from hawknest.post.carry.leaving import leaving
from hawknest.post.carry.letter import Label, carry
from hawknest.post.carry.reading import OneMailbox, Reading
from hawknest.post.carry.report import Line, arrived, compared
from hawknest.post.carry.tree import Single
from hawknest.post.carry.writing import MaildirWriter, MboxWriter
from hawknest.store import Store, carried

#: Is told of each letter that was carried.
Passed = Callable[[Label], None]


class Format(StrEnum):
    """How an export writes letters."""

    MAILDIR = "maildir"
    MBOX = "mbox"


@dataclass(slots=True)
class Outcome:
    """What came of an errand."""

    carried: int = 0  # letters
    known_before: int = 0  # letters that an earlier run had carried
    passed_over: int = 0  # files in which there are no letters
    missed: int = 0  # letters that went away before they were read
    lost: int = 0  # letters whose file is gone from the nest
    closed: list[str] = field(default_factory=list)  # mailboxes that could not be opened
    refused: int = 0  # letters that the other server did not take
    words: str = ""  # what it said to the last of them
    mailboxes: list[Line] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether all that is at the source has arrived."""
        failed = self.missed or self.lost or self.refused or self.closed
        return not failed and all(line.equal for line in self.mailboxes)


async def from_files(
    store: Store,
    account_id: int,
    path: Path,
    passed: Passed,
    *,
    name: str = "",
    into: str = "",
    again: bool = False,
) -> Outcome:
    """Bring the letters in a directory, an archive or an mbox into an account.

    `name` is what later runs know the source by, else its `path`, which is to be whole; `into` is a folder for all of it, '' for none; `again` forgets what earlier runs brought.
    Raises TreeError, OSError, StoreError.
    """
    tree = open_tree(path)
    reading = (OneMailbox if isinstance(tree, Single) else Reading)(tree)
    name = f"from {name or path}"
    if again:
        await store.write(lambda c: carried.forget(c, account_id, name))
    run = await begun(store, account_id, name)
    filing = Filing(store, run, lambda name: names.placed(name, into), time.time())
    await filing.make(reading.folders())
    await carry(reading, filing, passed)
    lines = await arrived(store, run, filing.place_of)
    return Outcome(filing.brought, filing.known_before, reading.passed_over, reading.missed, mailboxes=lines)


async def begun(store: Store, account_id: int, name: str) -> carried.Carriage:
    """Begin a run between an account and a place."""
    return await store.write(lambda c: carried.begin(c, account_id, name))


async def to_files(
    store: Store,
    account_id: int,
    address: str,
    path: Path,
    passed: Passed,
    *,
    written_as: Format = Format.MAILDIR,
    only: Collection[str] = (),
) -> Outcome:
    """Write the letters of an account into a directory, or into an archive that is named by its ending.

    `address` names the directory inside an archive, `only` the mailboxes where not all are wanted.
    Raises MailboxError, OSError, StoreError.
    """
    source = await leaving(store, account_id, only)
    count = 0

    def counted(label: Label) -> None:
        nonlocal count
        count += 1
        passed(label)

    box = open_box(path, names.to_files(names.mailbox([address]))[0])
    writer = MboxWriter(box) if written_as is Format.MBOX else MaildirWriter(box)
    await carry(source, writer, counted)
    lost = source.lost
    lines = await compared(source, Reading(open_tree(path)))
    return Outcome(count, lost=lost, mailboxes=lines)

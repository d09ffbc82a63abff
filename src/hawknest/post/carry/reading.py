"""The letters of a tree: Maildirs, mboxes and single letters, wherever in it they lie.

cur/NAME, new/NAME of a Maildir     a letter in the folder that the directories name
a file that begins as an mbox       a mailbox of the file's name
NAME.eml                            a letter in the folder of its directory
anything else                       passed over, and counted
"""

import contextlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import BinaryIO, Final

from hawknest.post.carry import maildir, mbox, names
from hawknest.post.carry.letter import BLOCK, Known, Label, Letter, flowing, keywords
from hawknest.post.carry.lines import ToWire
from hawknest.post.carry.tree import Entry, Survey, Tree, TreeError, Words, spooled
from hawknest.store.letters import Flag
from hawknest.store.mailboxes import INBOX

#: What stands behind a mailbox's name: one of packers, then one of mail programs; `X.sbd` is a directory of Thunderbird's.
_ENDINGS: Final = ((".gz", ".bz2", ".xz"), (".mbox", ".mbx", ".sbd"))
_BEGINNING: Final = 4096  # octets of a file that are looked at


class Reading:
    """Reads the letters of a tree.

    `passed_over` counts the files in which there were no letters, `missed` those that went away before they were read.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._seen = tree.survey()
        self._roof = _roof(self._seen)
        self.passed_over = 0
        self.missed = 0

    def folders(self) -> list[str]:
        """List the folders of Maildirs, those without letters too."""
        return [names.from_folder(folder[len(self._roof) :]) for folder in sorted(self._seen.folders)]

    async def letters(self, known: Known) -> AsyncGenerator[Letter]:
        """Give the letters that are not known; see `letter.Source`. Raises TreeError, OSError."""
        for entry in self._tree.entries():
            folder, place = entry.words[:-2], entry.words[-2:-1]
            if folder in self._seen.folders and place in {("cur",), ("new",), ("tmp",)}:
                found = (
                    self._alone(entry, self._of_maildir(entry, folder), known) if place != ("tmp",) else None
                )
            elif entry.words[-1].lower().endswith(".eml"):
                label = Label(self._mailbox(entry.words[:-1]), entry.words[-1], Flag(0), (), entry.at)
                found = self._alone(entry, label, known)
            else:
                found = self._of_mbox(entry, known)
            if found is not None:
                async for letter in found:
                    yield letter

    async def _alone(self, entry: Entry, label: Label, known: Known) -> AsyncGenerator[Letter]:
        """Give the letter that a whole file is."""
        if await known(label):
            return
        try:
            file = entry.open()
        except FileNotFoundError:  # another program renamed it at this moment
            self.missed += 1
            return
        with file:
            yield Letter(label, flowing(_wire(_blocks(file))))

    def _of_maildir(self, entry: Entry, folder: Words) -> Label:
        name = entry.words[-1]
        listed = self._seen.lists.get(folder, {})
        flags, words = maildir.flags(name, listed) if entry.words[-2] == "cur" else (Flag(0), ())
        at = (
            maildir.born(name) if maildir.ours(name) or not entry.at else entry.at
        )  # zip has even seconds only
        return Label(
            names.from_folder(folder[len(self._roof) :]), maildir.unique(name), flags, keywords(words), at
        )

    async def _of_mbox(self, entry: Entry, known: Known) -> AsyncGenerator[Letter]:
        with entry.open() as file:
            beginning = file.read(_BEGINNING)
            if not mbox.is_mbox(beginning):
                self.passed_over += bool(beginning)
                return
            with _sought(file, beginning) as whole:
                mailbox = self._mailbox(entry.words)
                for head, blocks in mbox.Reader(whole).letters():
                    at = entry.at if head.at is None else head.at
                    label = Label(mailbox, "", head.flags, keywords(head.keywords), at)
                    if not await known(label):
                        yield Letter(label, flowing(_wire(blocks)))

    def _mailbox(self, words: Words) -> str:
        """The mailbox of a file that is an mbox, or of a directory of letters."""
        if len(self._seen.tops) == 1 and not self._seen.flat:
            words = words[1:]  # an archive usually has all it holds in one directory
        levels = [_bare(word) for word in words]
        if levels[-1:] == ["mbox"] and len(levels) > 1:  # quirk_apple_export: X.mbox/mbox
            levels.pop()
        return names.mailbox(levels)


class OneMailbox(Reading):
    """Reads one file, whose name says nothing: what is in it is the INBOX."""

    def _mailbox(self, words: Words) -> str:
        del words
        return INBOX


def _roof(seen: Survey) -> Words:
    """The directory that is the INBOX of all Maildir folders, or what their names begin with."""
    folders = sorted(seen.folders)
    if not folders:
        return ()
    first, last = folders[0], folders[-1]
    at = 0
    while at < min(len(first), len(last)) and first[at] == last[at]:
        at += 1
    return first[:at]


def _bare(word: str) -> str:
    for endings in _ENDINGS:
        ending = next((one for one in endings if word.lower().endswith(one) and len(word) > len(one)), "")
        word = word[: len(word) - len(ending)]
    return word


@contextlib.contextmanager
def _sought(file: BinaryIO, beginning: bytes) -> Generator[BinaryIO]:
    """Give a file whose beginning was read as one that can be sought in, from its beginning."""
    if _plain(file):
        file.seek(0)
        yield file
        return
    with spooled(file, beginning) as copy:
        yield copy


def _plain(file: BinaryIO) -> bool:
    try:
        return file.fileno() >= 0 and file.seekable()
    except (OSError, AttributeError):  # inside an archive
        return False


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    try:
        while block := file.read(BLOCK):
            yield block
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise TreeError(f"the archive is broken: {error}") from error


def _wire(blocks: Iterator[bytes]) -> Iterator[bytes]:
    wire = ToWire()
    for block in blocks:
        yield wire.write(block)

"""Letters written as Maildir or mbox into a box. RFC 4155.

A Maildir in a directory is brought up to date: what lies there from an earlier export stays, and gets its new flags.
"""

import itertools
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, cast

from hawknest.post.carry import maildir, names, notes
from hawknest.post.carry.box import Box, Numbers, copied
from hawknest.post.carry.bundle import Bundle, bundled
from hawknest.post.carry.letter import Label, Letter
from hawknest.post.carry.mbox import HEADER, LINE

_POSTMARK: Final = re.compile(rb"^(>*From )", re.MULTILINE)
_END: Final = re.compile(rb"\n(?=\r?\n)")


class MaildirWriter:
    """Writes letters as a Maildir with the folders of Maildir++; their keys are `UIDVALIDITY.UID`."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._mailbox: str | None = None
        self._place: tuple[str, ...] = ()
        self._there = Numbers()
        self._other: dict[
            int, str
        ] = {}  # files whose flags may have changed, with the names they should have
        self._words: dict[str, str] = {}  # keywords of the folder, with their letters
        self._make(())

    async def known(self, label: Label) -> bool:
        """Tell whether the letter lies here from earlier; its flags will be those of now."""
        self._enter(label.mailbox)
        number = maildir.number(label.key)
        if number not in self._there:
            return False
        self._other[number] = maildir.info(label.flags, label.keywords, self._letters(label))
        if len(self._other) >= 10_000:
            self._rename()
        return True

    async def take(self, letter: Letter) -> None:
        """Write a letter."""
        label = letter.label
        self._enter(label.mailbox)
        async with bundled(letter) as bundle:
            info = maildir.info(label.flags, label.keywords, self._letters(label))
            size = bundle.file_size
            name = maildir.name_of(label.key, label.at, size) + info
            self._box.put((*self._place, "cur", name), bundle.file_blocks(), size, label.at)

    async def finish(self) -> None:
        """Make the box whole."""
        self._leave()
        self._box.close()

    def _make(self, place: tuple[str, ...]) -> None:
        for folder in maildir.FOLDERS:
            self._box.folder((*place, folder))

    def _enter(self, mailbox: str) -> None:
        if mailbox == self._mailbox:
            return
        self._leave()
        self._mailbox = mailbox
        folder = names.to_folder(mailbox)
        self._place = (folder,) if folder else ()
        if folder:
            self._box.folder(self._place)
            self._make(self._place)
            self._box.put((*self._place, "maildirfolder"), (), 0, time.time())
        self._there = self._box.numbers((*self._place, "cur"), maildir.ours)
        self._words = {}

    def _letters(self, label: Label) -> dict[str, str]:
        for word in label.keywords:
            if word not in self._words and len(self._words) < 26:
                self._words[word] = chr(ord("a") + len(self._words))
        return self._words

    def _leave(self) -> None:
        self._rename()
        if self._words:
            listing = maildir.listing(self._words)
            self._box.put((*self._place, maildir.KEYWORDS), (listing,), len(listing), time.time())

    def _rename(self) -> None:
        if self._other:
            self._box.rename((*self._place, "cur"), self._new_name)
            self._other.clear()

    def _new_name(self, name: str) -> str:
        info = self._other.get(maildir.ours(name))
        wanted = name.partition(":")[0] + info if info is not None else name
        return "" if wanted == name else wanted


class MboxWriter:
    """Writes letters as mboxes (mboxrd), one for each mailbox: `A.mbox`, and `A/B.mbox` for what is below it."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._mailbox = ""
        self._file: BinaryIO | None = None
        self._last = 0.0

    async def known(self, label: Label) -> bool:
        """An mbox is written anew."""
        del label
        return False

    async def take(self, letter: Letter) -> None:
        """Write a letter."""
        label = letter.label
        if self._file is None or label.mailbox != self._mailbox:
            self._put()
            self._mailbox = label.mailbox
            self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (closed by _put)
        self._last = label.at
        async with bundled(letter) as bundle:
            for block in _mboxed(label, bundle):
                self._file.write(block)

    async def finish(self) -> None:
        """Make the box whole."""
        self._put()
        self._box.close()

    def _put(self) -> None:
        if self._file is None:
            return
        with self._file as file:
            *folders, name = names.to_files(self._mailbox)
            for depth in range(1, len(folders) + 1):
                self._box.folder(tuple(folders[:depth]))
            self._box.put((*folders, f"{name}.mbox"), copied(file), file.tell(), self._last)
        self._file = None


def _mboxed(label: Label, bundle: Bundle) -> Iterator[bytes]:
    """Give a letter as it stands in an mbox."""
    blocks = bundle.file_blocks()
    header, body = _split(blocks)
    own = notes.own(header.splitlines(keepends=True))
    empty = b"\r\n" if body.startswith(b"\r\n") else body[:1]
    length = bundle.file_size - len(header) - len(empty)
    yield notes.postmark(label.at)
    yield header if header.endswith(b"\n") or not header else header + b"\n"
    yield notes.written(label.flags, label.keywords, own, length)
    last = b"\n"
    whole = itertools.chain((body,), blocks)
    for block in whole if notes.counted(own) else _quoted(whole):
        yield block
        last = block[-1:] or last
    yield b"\n" if last == b"\n" else b"\n\n"


def _split(blocks: Iterator[bytes]) -> tuple[bytes, bytes]:
    """Read a header, and what was read too much: the body's beginning, from the empty line on."""
    beginning = b""
    for block in blocks:
        beginning += block
        if beginning.startswith((b"\n", b"\r\n")):
            return b"", beginning
        if (found := _END.search(beginning)) is not None:
            return beginning[: found.end()], beginning[found.end() :]
        if len(beginning) > HEADER // 2:  # no letter that a person wrote
            cut = beginning.rfind(b"\n") + 1
            return beginning[:cut], beginning[cut:]
    return beginning, b""


def _quoted(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Quote the lines that could be taken for postmarks."""
    rest = b""
    whole = True  # it begins with a line
    for block in blocks:
        text = rest + block
        end = len(text) if len(text) - text.rfind(b"\n") > LINE else text.rfind(b"\n") + 1
        text, rest = text[:end], text[end:]
        if text:
            head = b"" if whole else text[: text.find(b"\n") + 1 or len(text)]
            yield head + _POSTMARK.sub(rb">\1", text[len(head) :])
            whole = text.endswith(b"\n")
    yield _POSTMARK.sub(rb">\1", rest) if whole else rest

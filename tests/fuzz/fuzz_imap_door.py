"""Any octets at the IMAP door over a nest with letters, as somebody who was let in: nothing goes wrong inside, others are served on."""

import asyncio
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from fuzz import fuzz_imap
from nests import Session, deliver, nest

PIECES = fuzz_imap.PIECES
LETTER = (
    b"Subject: one\r\nFrom: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n"
)
MADE = 300  # inputs after which a fresh nest takes the place of what they have made of the old one


class _Nest:
    """A nest that stays open between inputs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.directory = Path(tempfile.mkdtemp(prefix="hawknest-fuzz-"))
        self.opened: Any = nest(self.directory)
        self.left = MADE
        self.rooms = self.loop.run_until_complete(self.opened.__aenter__())
        for _ in range(3):
            self.loop.run_until_complete(deliver(self.rooms, LETTER))

    def close(self) -> None:
        self.loop.run_until_complete(self.opened.__aexit__(None, None, None))
        self.loop.close()
        shutil.rmtree(self.directory)

    async def play(self, data: bytes) -> None:
        session = Session(self.rooms, "imap", "127.0.0.1")
        session.send(b'l LOGIN mia "sesame street 9"\r\ns SELECT INBOX\r\n')
        if data[1] & 1:
            session.send(b"e ENABLE QRESYNC UTF8=ACCEPT\r\n")
        step = data[0] * 4 + 1
        for start in range(3, len(data), step):
            session.send(data[start : start + step])
            await asyncio.sleep(0)
        said = await asyncio.wait_for(session.end(), 20)
        assert b"l OK" in said
        assert b"Something went wrong" not in said, said[-500:]
        other = Session(self.rooms, "imap", "127.0.0.1")
        other.send(b"x NOOP\r\nx LOGOUT\r\n")
        assert b"x OK Nothing is new" in await asyncio.wait_for(other.end(), 20)


@functools.cache
def _current() -> list[_Nest]:
    return [_Nest()]


def fuzz(data: bytes) -> None:
    """Say the octets to the door."""
    current = _current()
    if current[0].left == 0:
        current[0].close()
        current[0] = _Nest()
    here = current[0]
    here.left -= 1
    here.loop.run_until_complete(here.play(data + b"\0\0\0"))

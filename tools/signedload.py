"""The load tool with a letter and an address of one's own: python tools/signedload.py BENCH LETTER ADDRESS, and then smtpload.py's arguments.

In each copy of the letter its mark, sixteen octets, becomes another number; what it stands in is not signed. The load comes
from another loopback address than 127.0.0.1, from which programs of this machine send.
"""

import socket
import sys
from pathlib import Path

bench, letter, address = sys.argv[1:4]
sys.path.insert(0, bench)

import msggen  # noqa: E402 (it is in the folder that was named)
import smtpload  # noqa: E402


def template(*_: object, **__: object) -> tuple[bytes, bytes]:
    """The letter before and after the mark."""
    head, tail = Path(letter).read_bytes().split(b"MARKMARKMARKMARK")
    return head, tail


class From(socket.socket):
    """A socket whose connections come from the address."""

    def connect_ex(self, to: tuple[str, int], /) -> int:
        self.bind((address, 0))
        return super().connect_ex(to)


msggen.load_template = template
smtpload.socket.socket = From
sys.argv[1:] = sys.argv[4:]
smtpload.main()

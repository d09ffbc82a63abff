"""What carries rings of the bell to the other workers of this machine: datagrams, one for each ring and worker.

A ring is a hint, so a datagram that cannot be sent is not sent again: who misses one finds out when it next looks.
"""

import asyncio
import contextlib
import errno
import os
import socket
import struct
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Final

from hawknest.store.bell import Bell

MOST: Final = 200  # changes in one datagram
_CHANGE: Final = struct.Struct("=qq")


@contextlib.contextmanager
def joined(bell: Bell, own: Path, others: Sequence[Path]) -> Generator[None]:
    """Carry rings between a worker's bell and the others', each at its own socket, for as long as the block lasts."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    own.unlink(missing_ok=True)
    mask = os.umask(0o177)
    try:
        sock.bind(str(own))
    finally:
        os.umask(mask)
    loop = asyncio.get_running_loop()
    loop.add_reader(sock, _hear, sock, bell)
    bell.relay = lambda changed: _tell(sock, changed, others)
    try:
        yield
    finally:
        bell.relay = None
        loop.remove_reader(sock)
        sock.close()
        own.unlink(missing_ok=True)


def _tell(sock: socket.socket, changed: Mapping[int, int], others: Sequence[Path]) -> None:
    changes = list(changed.items())
    for start in range(0, len(changes), MOST):
        datagram = b"".join([_CHANGE.pack(*change) for change in changes[start : start + MOST]])
        for other in others:
            try:
                sock.sendto(datagram, str(other))
            except OSError as error:  # it is about to begin, or to end, or has too much to do
                if error.errno not in {errno.ENOENT, errno.ECONNREFUSED, errno.EAGAIN, errno.ENOBUFS}:
                    raise


def _hear(sock: socket.socket, bell: Bell) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            datagram = sock.recv(MOST * _CHANGE.size)
            if len(datagram) % _CHANGE.size == 0:
                bell.heard(dict(_CHANGE.iter_unpack(datagram)))

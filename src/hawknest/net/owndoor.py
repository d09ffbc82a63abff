"""Whether a name leads to this machine over HTTP, looked at before an authority does. RFC 8555 §8.3.

Failed proofs count with an authority, and too many of them close it for hours; a look of our own costs nothing. It can show
that somebody else answers. That nobody answers shows less: many home routers do not lead from inside to themselves.
"""

import asyncio
from enum import Enum, auto
from typing import Final

from hawknest.dns import IpAddress

PLACE: Final = "/.well-known/acme-challenge/"
PATIENCE: Final = 5.0  # seconds
LIMIT: Final = 8 * 1024  # octets of an answer


class Met(Enum):
    """Who answers."""

    US = auto()
    ANOTHER = auto()
    NOBODY = auto()


async def probe(name: str, address: IpAddress, port: int, token: str, answer: str) -> Met:
    """Ask for a token at an address, as the authority will, and see who gives the answer to it."""
    try:
        async with asyncio.timeout(PATIENCE):
            said = await _ask(name, address, port, token)
    except (OSError, TimeoutError):
        return Met.NOBODY
    head, _, body = said.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/") and body.strip() == answer.encode():
        return Met.US
    return Met.ANOTHER


async def _ask(name: str, address: IpAddress, port: int, token: str) -> bytes:
    reader, writer = await asyncio.open_connection(str(address), port)
    try:
        head = f"GET {PLACE}{token} HTTP/1.0\r\nHost: {name}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode("ascii"))
        said = bytearray()
        while len(said) < LIMIT and (block := await reader.read(LIMIT)):
            said += block
        return bytes(said)
    finally:
        writer.transport.abort()

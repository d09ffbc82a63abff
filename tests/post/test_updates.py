"""New versions: asked only where that is wanted, told only what is signed, and nobody learns who asked (PARITY 6)."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from hawknest import __version__
from hawknest.accounts import settings
from hawknest.log import Log
from hawknest.post import updates
from hawknest.post.updates import Source, UpdateError, Updates, Version, newer, verified
from hawknest.store import Connection
from nests import nest

SIGNER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
KEY = base64.b64encode(SIGNER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
NEXT = {
    "version": "99.1.0",
    "released": "2027-01-02",
    "page": "https://example.org",
    "changes": {"en": ["Faster."]},
}


def listed(*versions: dict[str, Any]) -> bytes:
    return json.dumps({"versions": versions}).encode()


def signed(octets: bytes) -> bytes:
    return base64.b64encode(SIGNER.sign(octets)) + b"\n"


class Pages:
    """A server of pages, and what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.asked: list[bytes] = []
        self.both = asyncio.Event()  # the list and its signature were asked for
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head)
        if len(self.asked) == 2:
            self.both.set()
        found = self.pages.get(head.split()[1].decode())
        if found is None:
            writer.write(b"HTTP/1.0 404 Not there\r\n\r\n")
        else:
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: x/y\r\n\r\n" + found)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def looking(tmp_path: Path, *, on: bool = True) -> AsyncIterator[tuple[Pages, Updates]]:
    pages = Pages()
    async with await asyncio.start_server(pages.answer, "127.0.0.1", 0) as server, nest(tmp_path) as rooms:
        pages.port = server.sockets[0].getsockname()[1]
        source = Source(f"http://127.0.0.1:{pages.port}/versions.json", KEY)

        def allow(connection: Connection) -> None:
            settings.set_values(connection, {"update_check": on})

        await rooms.store.write(allow)
        yield pages, Updates(rooms.store, Log(), "me", lambda: 5000.0, lambda: source)


async def test_there_is_a_new_version(tmp_path: Path) -> None:
    async with looking(tmp_path) as (pages, who):
        octets = listed(NEXT, {"version": "0.0.1"}, {"version": __version__})
        pages.pages = {"/versions.json": octets, "/versions.json.sig": signed(octets)}
        standing = await who.look()
        assert [one.version for one in standing.newer] == ["99.1.0"]
        assert standing.newer[0].changes == {"en": ["Faster."]}
        assert (standing.checked_at, standing.error) == (5000.0, "")
        for head in pages.asked:
            names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:] if line}
            assert names == {b"host", b"connection", b"accept"}
            assert __version__.encode() not in head
        assert await who.standing() == standing


async def test_there_is_none(tmp_path: Path) -> None:
    async with looking(tmp_path) as (pages, who):
        octets = listed({"version": __version__}, {"version": "0.0.1"})
        pages.pages = {"/versions.json": octets, "/versions.json.sig": signed(octets)}
        assert (await who.look()).newer == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"/versions.json": listed({"version": "666.0"})}, "not signed"),
        ({"/versions.json.sig": base64.b64encode(b"x" * 64)}, "not signed"),
        ({"/versions.json.sig": b"nonsense"}, "not signed"),
        ({"/versions.json.sig": None}, "404 Not there"),
        ({"/versions.json": None}, "404 Not there"),
        ({"/versions.json": b"x" * (updates.LIMIT + 1)}, "longer than"),
        ({"/versions.json": b"[]", "/versions.json.sig": signed(b"[]")}, "cannot be read"),
    ],
)
async def test_what_is_wrong_changes_nothing_that_is_known(
    tmp_path: Path, change: dict[str, bytes | None], said: str
) -> None:
    async with looking(tmp_path) as (pages, who):
        octets = listed(NEXT)
        good = {"/versions.json": octets, "/versions.json.sig": signed(octets)}
        pages.pages = dict(good)
        known = (await who.look()).newer
        pages.pages = {name: page for name, page in {**good, **change}.items() if page is not None}
        standing = await who.look()
        assert said in standing.error
        assert standing.newer == known


async def test_off_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates, "WAKE", 0.01)
    async with looking(tmp_path, on=False) as (pages, who):
        running = asyncio.create_task(who.run())
        await asyncio.sleep(0.1)
        running.cancel()
        assert pages.asked == []
        assert not (await who.standing()).enabled


async def test_on_it_is_asked_once_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates, "WAKE", 0.01)
    async with looking(tmp_path) as (pages, who):
        octets = listed(NEXT)
        pages.pages = {"/versions.json": octets, "/versions.json.sig": signed(octets)}
        who.clock = lambda: 200_000.0
        running = asyncio.create_task(who.run())
        await pages.both.wait()
        await asyncio.sleep(0.1)
        running.cancel()
        assert len(pages.asked) == 2  # the list and its signature


def test_the_key_must_be_one() -> None:
    with pytest.raises(UpdateError, match="base64"):
        verified(b"", b"", "no key")


NUMBERS = st.lists(st.integers(0, 99_999), min_size=1, max_size=4)


@given(NUMBERS, NUMBERS)
def test_versions_are_compared_by_their_numbers(one: list[int], other: list[int]) -> None:
    found = newer([Version(version=".".join(map(str, one)))], ".".join(map(str, other)))
    assert bool(found) == (one > other)


@pytest.mark.parametrize("text", ["", "x", "1.x", "1..2", "1.2rc1", "²", "9" * 400, "-1"])
def test_what_is_no_version_is_passed_over(text: str) -> None:
    assert newer([Version(version=text)], "0.1.0") == ()

"""Letters on their way to the disk: small ones in memory, large ones in files, nothing left behind."""

import hashlib
import os
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.store import StoreFull, StoreGone
from hawknest.store.blobs import BLOCK, Blobs, Content, Spool

INLINE = 1000


async def gathered(spool: Spool, *parts: bytes) -> Content:
    for part in parts:
        await spool.write(part)
    return await spool.finish()


def files(directory: Path) -> list[str]:
    return sorted(str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file())


async def whole(blobs: Blobs, place: str, offset: int = 0) -> bytes:
    return b"".join([block async for block in blobs.read(place, offset)])


async def test_a_small_letter_touches_no_file(tmp_path: Path) -> None:
    content = await gathered(Blobs(tmp_path).spool("a1", INLINE), b"x" * 400, b"y" * 600)
    assert (content.size, content.data, content.place) == (1000, b"x" * 400 + b"y" * 600, None)
    assert files(tmp_path) == []


@pytest.mark.parametrize("size", [INLINE + 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
async def test_a_large_letter_is_a_file_named_by_its_octets(tmp_path: Path, size: int) -> None:
    blobs = Blobs(tmp_path)
    data = os.urandom(size)
    content = await gathered(blobs.spool("a1", INLINE), *(data[i : i + 65536] for i in range(0, size, 65536)))
    digest = hashlib.sha256(data)
    assert (content.size, content.data) == (size, None)
    assert content.place == f"{digest.hexdigest()[:2]}/{digest.hexdigest()[2:]}.a1"
    assert files(tmp_path) == [f"blobs/{content.place}"]
    assert await whole(blobs, content.place) == data
    assert await whole(blobs, content.place, size - 5) == data[-5:]


async def test_two_letters_of_the_same_octets_share_no_file(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    one = await gathered(blobs.spool("a1", INLINE), b"z" * 5000)
    two = await gathered(blobs.spool("a2", INLINE), b"z" * 5000)
    assert one.place
    assert two.place
    blobs.remove(one.place)
    blobs.remove(one.place)  # twice is no mistake
    assert await whole(blobs, two.place) == b"z" * 5000
    with pytest.raises(StoreGone):
        await whole(blobs, one.place)


async def test_a_letter_given_up_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    spool = blobs.spool("a1", INLINE)
    await spool.write(b"x" * (2 * BLOCK))
    assert files(tmp_path) == ["spool/a1"]
    spool.discard()
    assert files(tmp_path) == []
    done = blobs.spool("a2", INLINE)
    content = await gathered(done, b"y" * 5000)
    done.discard()  # after it was finished: it stays
    assert files(tmp_path) == [f"blobs/{content.place}"]


async def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    order: list[str] = []
    rename, fsync = Path.rename, os.fsync
    with (
        mock.patch.object(Path, "rename", lambda a, b: (order.append("rename"), rename(a, b))[1]),
        mock.patch.object(os, "fsync", lambda handle: (order.append("fsync"), fsync(handle))[1]),
    ):
        await gathered(Blobs(tmp_path).spool("a1", INLINE), b"x" * 5000)
    assert order == [
        "fsync",
        "rename",
        "fsync",
        "fsync",
    ]  # the octets, then its folder, and the folder's folder


async def test_a_full_disk_is_told(tmp_path: Path) -> None:
    spool = Blobs(tmp_path).spool("a1", INLINE)
    with (
        mock.patch.object(Path, "open", side_effect=OSError(28, "No space left on device")),
        pytest.raises(StoreFull),
    ):
        await spool.write(b"x" * 5000)
    spool.discard()
    spool = Blobs(tmp_path).spool("a2", INLINE)
    await spool.write(b"x" * 5000)
    with (
        mock.patch.object(os, "fsync", side_effect=OSError(28, "No space left on device")),
        pytest.raises(StoreFull),
    ):
        await spool.finish()
    spool.discard()
    assert files(tmp_path) == []


def test_what_a_crash_left_is_swept(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    for name, at in (("old", 1000.0), ("older", 10.0), ("new", 5000.0)):
        (tmp_path / "spool" / name).write_bytes(b"x")
        os.utime(tmp_path / "spool" / name, (at, at))
    assert blobs.sweep(2000.0) == 2
    assert files(tmp_path) == ["spool/new"]


def test_the_directories_are_ours_alone(tmp_path: Path) -> None:
    Blobs(tmp_path)
    assert {p.name: oct(p.stat().st_mode & 0o777) for p in tmp_path.iterdir()} == {
        "blobs": "0o700",
        "spool": "0o700",
    }


@given(cuts=st.lists(st.binary(max_size=400), max_size=30))
def test_no_cut_of_the_octets_matters(tmp_path_factory: pytest.TempPathFactory, cuts: list[bytes]) -> None:
    import asyncio

    directory = tmp_path_factory.mktemp("cuts")
    blobs = Blobs(directory)

    async def run() -> None:
        content = await gathered(blobs.spool("a1", INLINE), *cuts)
        data = b"".join(cuts)
        assert content.size == len(data)
        assert (content.data is None) == (len(data) > INLINE)
        assert data == (await whole(blobs, content.place) if content.place else content.data)

    asyncio.run(run())

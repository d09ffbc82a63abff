"""The control channel, over real sockets."""

import asyncio
import contextlib
import socket
import stat

import pytest

from hawknest.net.control import ControlError, NotRunning, Refused, answering, ask, question


async def _echo(question):
    return {"said": question.get("word")}


async def _no(_question):
    raise Refused("not now")


async def _bug(_question):
    raise ZeroDivisionError("oops")


ANSWERS = {"echo": _echo, "no": _no, "bug": _bug}


def test_answers_and_refuses(tmp_path):
    path = tmp_path / "run" / "control.sock"

    async def talk():
        async with answering(path, ANSWERS):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert await question(path, "echo", word="雛") == {"said": "雛"}
            for word, reason in (("no", "not now"), ("bug", "oops"), ("what", "known are: bug, echo, no")):
                with pytest.raises(ControlError, match=reason):
                    await question(path, word)

    asyncio.run(talk())
    assert not path.exists()
    with pytest.raises(NotRunning):
        ask(path, "echo")


def test_a_dead_server_leaves_no_obstacle_and_a_living_one_is_not_pushed_out(tmp_path):
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(NotRunning):
        ask(path, "echo")

    async def talk():
        async with answering(path, ANSWERS):
            with pytest.raises(ControlError, match="already"):
                async with answering(path, ANSWERS):
                    pass
            assert await question(path, "echo") == {"said": None}

    asyncio.run(talk())


def test_deep_directories(tmp_path):
    path = tmp_path / ("x" * 100) / ("y" * 100) / "control.sock"

    async def talk():
        async with answering(path, ANSWERS):
            assert await question(path, "echo", word=1) == {"said": 1}

    asyncio.run(talk())


@pytest.mark.parametrize(
    "garbage", [b"\n", b"x\n", b"[1]\n", b'{"ask": []}\n', b"\xff\xfe\n", b"{" * 2000 + b"\n"]
)
def test_garbage_gets_an_answer(tmp_path, garbage):
    path = tmp_path / "control.sock"

    async def talk():
        async with answering(path, ANSWERS):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(garbage)
            assert b"error" in await reader.readline()
            writer.close()

    asyncio.run(talk())


def test_too_long_a_line_ends_the_talk(tmp_path):
    path = tmp_path / "control.sock"

    async def talk():
        async with answering(path, ANSWERS):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"x" * 2_500_000)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            assert await question(path, "echo", word=2) == {"said": 2}

    asyncio.run(talk())

"""The control channel of a running server: questions and answers over a Unix socket that only its owner can open.

One line of JSON asks, one answers: `{"ask": "status"}` and `{"ok": …}` or `{"error": "why not"}`. A server with several
workers has a parent that owns the channel and asks each worker over a socket of its own by the same means.
"""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec

QUESTION: Final = 1024 * 1024  # octets of a line; a letter never passes here
ANSWER: Final = 16 * 1024 * 1024
PATH: Final = 100  # octets of a path that every system takes for a socket

#: What answers one word: it is given the question's further fields, and what it returns is the answer.
Answer = Callable[[Mapping[str, Any]], Awaitable[Any]]

_ENCODE: Final = msgspec.json.Encoder(enc_hook=str).encode


class ControlError(Exception):
    """The server cannot be asked, or said no; the text says why in plain words."""


class NotRunning(ControlError):
    """No server listens on the channel."""


class NoAnswer(ControlError):
    """A server listens on the channel and says nothing."""


class Refused(Exception):
    """What an answering function raises to say no; the text goes to who asked."""


@contextlib.asynccontextmanager
async def answering(path: Path, answers: Mapping[str, Answer]) -> AsyncGenerator[None]:
    """Answer on the channel for as long as the block lasts; the functions are chosen by the word asked.

    Raises ControlError where another server answers there already, or where the socket cannot be made.
    """
    sock, mark = await asyncio.to_thread(_bind, path)
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await _talk(reader, writer, answers)
        finally:
            talks.discard(task)

    server = await asyncio.start_unix_server(talk, sock=sock, limit=QUESTION)
    try:
        yield
    finally:
        server.close()
        if talks:
            await asyncio.wait(talks, timeout=1.0)
        for task in talks:
            task.cancel()
        await asyncio.to_thread(_remove, path, mark)


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Mapping[str, Answer]
) -> None:
    """Answer the questions of one client."""
    try:
        while line := await reader.readline():
            writer.write(_ENCODE(await _answer(line, answers)) + b"\n")
            await writer.drain()
    except (OSError, ValueError):  # gone, or a line beyond all limits
        pass
    finally:
        writer.close()


async def _answer(line: bytes, answers: Mapping[str, Answer]) -> dict[str, Any]:
    try:
        question = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        return {"error": "the question is not a line of JSON"}
    answer = answers.get(str(question.get("ask")))
    if answer is None:
        return {"error": f"unknown question; known are: {', '.join(sorted(answers))}"}
    try:
        return {"ok": await answer(question)}
    except Refused as refused:
        return {"error": str(refused)}
    except Exception as error:  # noqa: BLE001 (a fault in one answer must not end the channel)
        return {"error": f"the server failed at this: {type(error).__name__}: {error}"}


def ask(path: Path, word: str, /, timeout: float = 10.0, **details: Any) -> Any:
    """Ask the server and give its answer; `timeout` is in seconds.

    Raises NotRunning, or ControlError with the server's reason.
    """
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as sock:
        sock.settimeout(timeout)
        try:
            with _short(path) as name:
                sock.connect(name)
            sock.sendall(_ENCODE({"ask": word, **details}) + b"\n")
            with sock.makefile("rb") as file:
                line = file.readline(ANSWER)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NotRunning("the server is not running") from None
        except TimeoutError:
            raise NoAnswer(f"the server gave no answer within {timeout:g} seconds") from None
        except PermissionError:
            raise ControlError(f"only the owner of {path} and root may ask this server") from None
        except OSError as error:
            raise ControlError(f"the server cannot be asked: {error.strerror or error}") from error
    return _read(line)


async def question(path: Path, word: str, /, timeout: float = 10.0, **details: Any) -> Any:  # noqa: ASYNC109 (as `ask`)
    """Ask as `ask` does, from within a running loop: a parent its workers."""
    return await asyncio.to_thread(ask, path, word, timeout, **details)


def _read(line: bytes) -> Any:
    if not line.endswith(b"\n"):
        raise ControlError("the server ended before it answered")
    try:
        answer: Any = msgspec.json.decode(line)
    except msgspec.DecodeError:
        raise ControlError("the server's answer cannot be read") from None
    if not isinstance(answer, dict) or "ok" not in answer:
        said = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
        raise ControlError(str(said.get("error", "the server's answer cannot be read")))
    return cast("dict[str, Any]", answer)["ok"]


def _bind(path: Path) -> tuple[socket.socket, int]:
    """Make the socket, in place of one that a dead server left; also give its inode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            _clear(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        with _short(path) as name:
            sock.bind(name)
        sock.listen()  # at once: whoever sees the socket may ask, and is answered when the server is ready
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        return sock, path.stat().st_ino
    except OSError as error:
        raise ControlError(f"cannot make the control socket {path}: {error.strerror or error}") from error


def _remove(path: Path, mark: int) -> None:
    """Remove our socket, and never that of a server that was started meanwhile."""
    with contextlib.suppress(OSError):
        if path.stat().st_ino == mark:
            path.unlink()


def _clear(path: Path) -> None:
    """Remove a socket that nobody listens on. Raises ControlError where somebody does."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as sock:
        sock.settimeout(2.0)
        try:
            with _short(path) as name:
                sock.connect(name)
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise ControlError(f"a server is running here already: it answers on {path}")


@contextlib.contextmanager
def _short(path: Path) -> Generator[str]:
    """A name for a socket's path that the system takes, however deep it lies."""
    if len(os.fsencode(path)) <= PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)

"""A scripted SMTP or LMTP server on loopback: what a test wants the other side to be.

    async with smtpsink.serve(Script(recipients={"b@example.org": "550 5.1.1 no such user"})) as sink:
        ... deliver to sink.address, sink.port ...
        assert sink.letters[0].data == b"..."

A `Script` says what it offers and answers. Each answer is the text of a reply (without CRLF; several lines with newlines
between), or `Drop()` to close the connection without a word, or `Slow(seconds, answer)`. An answer may also be a list:
its members are given in turn, the last one for ever. The stages that can be answered are `connect`, `EHLO`, `HELO`,
`LHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `BDAT`, `RSET`, `NOOP`, `QUIT`, and `end` for what follows the letter.

What came is kept byte-exact in `Sink.letters`, every line of the dialogue in `Sink.lines`. It takes bytes strictly: only
CRLF.CRLF ends a letter. Run as a program (`python tests/smtpsink.py [PORT]`) it is a fast sink that counts.
"""

import asyncio
import base64
import contextlib
import hashlib
import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from hawknest.wire import sasl

EXTENSIONS = (
    "PIPELINING", "SIZE 0", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "DSN", "ENHANCEDSTATUSCODES",
)  # fmt: skip


@dataclass(frozen=True)
class Drop:
    """Close the connection instead of answering."""


@dataclass(frozen=True)
class Slow:
    """Answer after so many seconds."""

    seconds: float
    answer: "str | Drop"


Answer = str | Drop | Slow


@dataclass
class Script:
    """What the sink is; every field may be changed while it runs."""

    extensions: Sequence[str] = EXTENSIONS
    answers: Mapping[str, Answer | list[Answer]] = field(default_factory=dict)
    #: By address as it is written between the brackets of RCPT TO; after the letter too, for LMTP.
    recipients: Mapping[str, Answer | list[Answer]] = field(default_factory=dict)
    ends: Mapping[str, Answer] = field(default_factory=dict)  # LMTP: the answer after the letter, by address
    tls: ssl.SSLContext | None = None  # STARTTLS is offered
    implicit: bool = False  # TLS from the first octet
    broken_tls: bool = False  # says 220 to STARTTLS and then speaks no TLS
    login: tuple[str, str] | None = None  # AUTH is offered, after TLS if there is TLS; MAIL needs it
    mechanisms: str = "PLAIN LOGIN"
    impostor: bool = False  # says yes to SCRAM without the proof that it knows the password too
    lmtp: bool = False
    keep: bool = True  # keep the octets of letters; else only their size and hash


@dataclass
class Letter:
    """A letter that was accepted, or at least came whole."""

    connection: int
    helo: str
    tls: bool
    login: str
    sender: str
    parameters: str  # of MAIL, as they were written
    recipients: list[tuple[str, str]] = field(default_factory=list)  # accepted: address and parameters
    data: bytes = b""  # without the stuffed dots
    size: int = 0
    sha256: str = ""
    bdat: bool = False
    reply: str = ""


class Sink:
    """The running sink."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.letters: list[Letter] = []
        self.lines: list[tuple[int, str]] = []  # number of the connection, line of the client
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.address = "127.0.0.1"
        self.port = 0
        self._turns: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def commands(self, verb: str) -> list[str]:
        """The lines that began with a verb."""
        return [line for _, line in self.lines if line.upper().startswith(verb)]

    def answer(self, answer: "Answer | list[Answer]") -> Answer:
        """The answer whose turn it is."""
        if not isinstance(answer, list):
            return answer
        turn = self._turns.get(id(answer), 0)
        self._turns[id(answer)] = turn + 1
        return answer[min(turn, len(answer) - 1)]

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        conversation = _Conversation(self, self.connections, reader, writer)
        try:
            await conversation.run()
        except (_Dropped, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass  # a task that asyncio's server made must not end in an error
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.transport.abort() if conversation.dropped else writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
                await writer.wait_closed()

    async def end(self) -> None:
        """Drop every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Dropped(Exception):
    pass


class _Conversation:
    def __init__(self, sink: Sink, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.sink = sink
        self.number = number
        self.reader = reader
        self.writer = writer
        self.helo = ""
        self.login = ""
        self.tls = sink.script.implicit
        self.dropped = False
        self.letter: Letter | None = None
        self.parts: list[bytes] = []
        self.hash = hashlib.sha256()

    async def run(self) -> None:
        script = self.sink.script
        await self.say("connect", "220 sink.example ESMTP")
        while line := await self.reader.readline():
            text = line.decode("utf-8", "surrogateescape").removesuffix("\r\n")
            self.sink.lines.append((self.number, text))
            verb, _, rest = text.partition(" ")
            verb = verb.upper()
            match verb:
                case "EHLO" | "LHLO":
                    self.helo, self.letter = rest, None
                    await self.say(verb, self._hello())
                case "HELO":
                    self.helo, self.letter = rest, None
                    await self.say(verb, "250 sink.example")
                case "STARTTLS" if script.tls and not self.tls:
                    await self._starttls(script.tls)
                case "AUTH" if script.login:
                    await self._auth(rest)
                case "MAIL":
                    await self._mail(rest)
                case "RCPT" if self.letter is not None:
                    await self._rcpt(rest)
                case "DATA" if self.letter is not None:
                    await self._data()
                case "BDAT" if self.letter is not None:
                    await self._bdat(rest)
                case "RSET" | "NOOP":
                    self.letter = None if verb == "RSET" else self.letter
                    await self.say(verb, "250 2.0.0 ok")
                case "QUIT":
                    await self.say(verb, "221 2.0.0 bye")
                    return
                case _:
                    await self.write("503 5.5.1 not now")

    async def write(self, text: str) -> None:
        lines = text.split("\n")
        out = [f"{lines[0][:3]}-{line[4:] if not i else line}" for i, line in enumerate(lines[:-1])]
        last = lines[-1] if len(lines) == 1 else f"{lines[0][:3]} {lines[-1]}"
        self.writer.write("\r\n".join([*out, last, ""]).encode())
        await self.writer.drain()

    async def give(self, answer: "Answer | list[Answer]") -> str:
        """Give an answer and say what it was."""
        answer = self.sink.answer(answer)
        if isinstance(answer, Slow):
            await asyncio.sleep(answer.seconds)
            answer = answer.answer
        if isinstance(answer, Drop):
            self.dropped = True
            raise _Dropped
        await self.write(answer)
        return answer

    async def say(self, stage: str, usual: str) -> str:
        return await self.give(self.sink.script.answers.get(stage, usual))

    def _hello(self) -> str:
        script = self.sink.script
        offers = list(script.extensions)
        if script.tls and not self.tls:
            offers.append("STARTTLS")
        if script.login and (self.tls or script.tls is None):
            offers.append(f"AUTH {script.mechanisms}")
        return "\n".join(["250 sink.example", *offers])

    async def _starttls(self, context: ssl.SSLContext) -> None:
        said = await self.say("STARTTLS", "220 2.0.0 go ahead")
        if not said.startswith("220"):
            return
        if self.sink.script.broken_tls:
            self.writer.write(b"this is no TLS at all\r\n")
            await self.writer.drain()
            raise _Dropped
        await self.writer.start_tls(context)
        self.tls, self.helo = True, ""

    async def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        assert self.sink.script.login is not None
        user, password = self.sink.script.login
        if mechanism not in self.sink.script.mechanisms.split():
            await self.write("504 5.5.4 not offered")
            return
        exchange = sasl.MECHANISMS[mechanism].begin(base64.b64decode(initial) if initial else None, b"")
        right = False
        try:
            request = next(exchange)
            while True:
                match request:
                    case sasl.Challenge(data):
                        given = base64.b64decode(await self._ask(f"334 {base64.b64encode(data).decode()}"))
                    case sasl.Verify(name, word):
                        given = (name, word) == (user, password)
                    case sasl.ScramLookup(name, kind):
                        salt = sasl.scram.fresh_salt()
                        known = sasl.derive(password, kind, salt) if name == user else sasl.scram.decoy(kind)
                        given = sasl.ScramUser(salt, (known,))
                    case sasl.CramLookup(name):
                        given = password.encode() if name == user else None
                request = exchange.send(given)
        except StopIteration as done:
            right = True
            if done.value.final and not self.sink.script.impostor:
                await self._ask(f"334 {base64.b64encode(done.value.final).decode()}")
        except sasl.Refused:
            pass
        self.login = user if right else ""
        await self.say("AUTH", "235 2.7.0 welcome" if right else "535 5.7.8 wrong name or password")

    async def _ask(self, challenge: str) -> str:
        await self.write(challenge)
        return (await self.reader.readline()).decode().strip()

    async def _mail(self, rest: str) -> None:
        if self.sink.script.login and not self.login:
            await self.write("530 5.7.0 authentication required")
            return
        said = await self.say("MAIL", "250 2.1.0 ok")
        if said.startswith("2"):
            path, _, parameters = rest.removeprefix("FROM:").partition("> ")
            sender = path.strip("<>")
            self.letter = Letter(self.number, self.helo, self.tls, self.login, sender, parameters)
            self.parts, self.hash = [], hashlib.sha256()

    async def _rcpt(self, rest: str) -> None:
        assert self.letter is not None
        path, _, parameters = rest.removeprefix("TO:").partition("> ")
        address = path.strip("<>")
        own = self.sink.script.recipients.get(address)
        said = await (self.say("RCPT", "250 2.1.5 ok") if own is None else self.give(own))
        if said.startswith("2"):
            self.letter.recipients.append((address, parameters))

    async def _data(self) -> None:
        assert self.letter is not None
        if not self.letter.recipients:
            await self.write("554 5.5.1 no valid recipients")
            return
        said = await self.say("DATA", "354 go ahead")
        if not said.startswith("3"):
            return
        kept = b"\r\n"
        first = True
        while True:
            block = kept + await self.reader.read(65536)
            if len(block) == len(kept):
                raise _Dropped
            if (end := block.find(b"\r\n.\r\n")) >= 0:
                self._take(self._unstuffed(block[: end + 2], first=first))
                self._put_back(block[end + 5 :])
                break
            cut = max(len(block) - 4, 0)
            while cut and block[cut - 1 : cut] in {b"\r", b"\n", b"."}:
                cut -= 1
            self._take(self._unstuffed(block[:cut], first=first))
            first = first and not cut
            kept = block[cut:]
        await self._finish()

    def _unstuffed(self, block: bytes, *, first: bool) -> bytes:
        plain = block.replace(b"\r\n.", b"\r\n")
        return plain[2:] if first and plain else plain

    def _put_back(self, rest: bytes) -> None:
        if rest:
            self.reader._buffer[:0] = rest

    async def _bdat(self, rest: str) -> None:
        assert self.letter is not None
        size, _, last = rest.partition(" ")
        self.letter.bdat = True
        left = int(size)
        while left:
            block = await self.reader.read(min(left, 65536))
            if not block:
                raise _Dropped
            self._take(block)
            left -= len(block)
        if last.upper() == "LAST":
            await self._finish()
        else:
            await self.say("BDAT", "250 2.0.0 more")

    def _take(self, data: bytes) -> None:
        assert self.letter is not None
        self.letter.size += len(data)
        if self.sink.script.keep:
            self.parts.append(data)
        else:
            self.hash.update(data)

    async def _finish(self) -> None:
        letter, self.letter = self.letter, None
        assert letter is not None
        letter.data = b"".join(self.parts)
        letter.sha256 = self.hash.hexdigest()
        self.sink.letters.append(letter)
        if self.sink.script.lmtp:
            for address, _ in letter.recipients:
                await self.give(self.sink.script.ends.get(address, f"250 2.0.0 {address} has it"))
            return
        letter.reply = await self.say("end", f"250 2.0.0 queued as {len(self.sink.letters)}")


@contextlib.asynccontextmanager
async def serve(
    script: Script | None = None, address: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Sink]:
    """Run a sink; by default on a free port of 127.0.0.1 (127.0.0.2 and so on are loopback too)."""
    sink = Sink(script or Script())
    context = sink.script.tls if sink.script.implicit else None
    server = await asyncio.start_server(sink.accept, address, port, ssl=context, limit=1 << 20)
    sink.address = address
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        await sink.end()
        await server.wait_closed()


class Counter(asyncio.Protocol):
    """The fast sink of measurements: says yes to everything, counts letters, keeps nothing."""

    count = 0

    def connection_made(self, transport):
        self.transport, self.buffer, self.data = transport, b"", False
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data):
        self.buffer += data
        out = []
        while True:
            if self.data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    break
                self.buffer, self.data = self.buffer[end + 5 :], False
                Counter.count += 1
                out.append(b"250 2.0.0 queued\r\n")
                continue
            line, crlf, rest = self.buffer.partition(b"\r\n")
            if not crlf:
                break
            self.buffer = rest
            verb = line[:4].upper()
            if verb == b"EHLO":
                lines = [b"250-" + offer.encode() for offer in ("sink.example", *EXTENSIONS)]
                out.append(b"\r\n".join([*lines, b"250 HELP", b""]))
            elif verb == b"DATA":
                self.data = True
                out.append(b"354 go ahead\r\n")
            else:
                out.append(b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 ok\r\n")
        if out:
            self.transport.write(b"".join(out))


async def _count(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Counter, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    told = 0
    while True:  # each change of the count is told within 50 ms
        await asyncio.sleep(0.05)
        if Counter.count != told:
            told = Counter.count
            print(told, flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_count(int(sys.argv[1]) if len(sys.argv) > 1 else 0))

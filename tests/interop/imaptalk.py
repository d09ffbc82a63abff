"""A client of IMAP for comparing servers: answers as plain values (lists, octets, None for NIL), however they were written.

A quoted string, a literal and an atom with the same octets are the same value.
"""

import re
import socket
import ssl
from collections.abc import Iterable, Iterator
from typing import Any

Value = Any  # None, bytes, or a list of values
_LITERAL = re.compile(rb"~?\{(\d+)\}\r\n\Z")
#: An atom may be the name of a section, with a list and spaces inside.
_TOKEN = re.compile(rb'([()])|"((?:[^"\\]|\\.)*)"|(\\?[^\s()"\[\]]+(?:\[[^\]]*\](?:<\d+>)?)?)')


class Talk:
    """One connection, logged in; commands can be sent ahead of their answers."""

    def __init__(self, port: int, context: ssl.SSLContext, user: str, password: str) -> None:
        self.to, self.context, self.login = port, context, f'LOGIN "{user}" "{password}"'
        self.mailbox = ""
        self.open()

    def open(self) -> None:
        """Connect, or connect again after the server has closed; what was selected is selected again."""
        raw = socket.create_connection(("localhost", self.to), timeout=60)
        self.sock = self.context.wrap_socket(raw, server_hostname="localhost")
        self.file = self.sock.makefile("rb", buffering=1 << 18)
        self.greeting = self.file.readline()
        self.count = 0
        self.ask(self.login)
        if self.mailbox:
            self.select(self.mailbox)

    def select(self, mailbox: str) -> list[list[bytes]]:
        """Select a mailbox, and give the untagged answers."""
        self.mailbox = mailbox
        return self.ask(f"SELECT {mailbox}")

    def send(self, command: str | bytes) -> bytes:
        """Send a command, and give its tag."""
        self.count += 1
        tag = b"t%d" % self.count
        octets = command.encode() if isinstance(command, str) else command
        self.sock.sendall(tag + b" " + octets + b"\r\n")
        return tag

    def append(self, mailbox: str, letters: Iterable[tuple[bytes, bytes]]) -> None:
        """Append letters by one command (RFC 3502), each with its flags and date."""
        offered = self.ask("CAPABILITY")[0][0].split()
        unasked = 1 << 62 if b"LITERAL+" in offered else 4096 if b"LITERAL-" in offered else -1  # RFC 7888
        self.count += 1
        said = bytearray(b"t%d APPEND %b" % (self.count, mailbox.encode()))
        for words, octets in letters:
            waits = len(octets) > unasked
            said += b" %b {%d%b}\r\n" % (words, len(octets), b"" if waits else b"+")
            if waits:
                self.sock.sendall(said)
                said.clear()
                answer = self.file.readline()
                assert answer.startswith(b"+"), answer
            said += octets
        self.sock.sendall(said + b"\r\n")
        status, _ = self.collect(b"t%d" % self.count)
        assert status.startswith(b"OK"), status

    def answers(self, tag: bytes) -> Iterator[list[bytes]]:
        """Every untagged answer until the tagged one (which comes last), each cut into text and literals in turn."""
        while True:
            parts = self._line()
            if parts[0].startswith(tag + b" "):
                yield parts
                return
            yield parts

    def _line(self) -> list[bytes]:
        parts = []
        while True:
            line = self.file.readline()
            if not line.endswith(b"\n"):
                raise ConnectionError("the server has closed the connection")
            found = _LITERAL.search(line)
            if found is None:
                return [*parts, line[:-2]]
            parts += [line[: found.start()], self.file.read(int(found[1]))]

    def collect(self, tag: bytes) -> tuple[bytes, list[list[bytes]]]:
        """Wait for a command's end: how it went (`OK …`), and what came before."""
        *untagged, last = self.answers(tag)
        return last[0].partition(b" ")[2], untagged

    def ask(self, command: str | bytes) -> list[list[bytes]]:
        """Send a command that must succeed, and give the untagged answers."""
        status, untagged = self.collect(self.send(command))
        assert status.startswith(b"OK"), (command, status)
        return untagged

    def fetch(self, command: str) -> dict[int, dict[str, Value]]:
        """Send a UID FETCH, and give the items of each letter by its UID."""
        return fetched(self.ask(command))

    def fetch_each(self, commands: dict[int, str], window: int = 40) -> dict[int, dict[str, Value]]:
        """Send many FETCHes of one letter each, some ahead, and give the items, and how each went as `status`.

        A server may work at several at a time (Dovecot does): what belongs together is known by its UID.
        """
        found: dict[int, dict[str, Value]] = {}
        waiting: dict[bytes, int] = {}
        todo = iter(commands.items())
        untagged: list[list[bytes]] = []
        while True:
            while len(waiting) < window and (one := next(todo, None)):
                waiting[self.send(one[1])] = one[0]
            if not waiting:
                break
            parts = self._line()
            if parts[0].startswith(b"* "):
                untagged.append(parts)
                continue
            tag, _, status = parts[0].partition(b" ")
            found[waiting.pop(tag)] = {"status": status[:3]}
        for uid, row in fetched(untagged).items():
            found[uid].update(row)
        return found

    def numbers(self, command: str | bytes) -> Value:
        """Send a SEARCH, SORT or THREAD, and give its answer, or the refusal as octets; CLOSED where there is none."""
        try:
            status, untagged = self.collect(self.send(command))
        except (ConnectionError, ssl.SSLError):
            self.close()
            self.open()
            return b"CLOSED"
        if not status.startswith(b"OK"):
            return status
        for parts in untagged:
            if parts[0].startswith((b"* SEARCH", b"* SORT", b"* THREAD")):
                return values(parts)[2:]
        return []

    def close(self) -> None:
        self.file.close()
        self.sock.close()


def fetched(untagged: Iterable[list[bytes]]) -> dict[int, dict[str, Value]]:
    """The items of all FETCH answers, by UID; a server may tell of one letter in several."""
    found: dict[int, dict[str, Value]] = {}
    for parts in untagged:
        if b" FETCH " in parts[0][:24]:
            items = values(parts)[3]
            row = {name.decode().upper(): value for name, value in zip(items[::2], items[1::2], strict=True)}
            found.setdefault(int(row.pop("UID")), {}).update(row)
    return found


def values(parts: list[bytes]) -> list[Value]:
    """An answer as nested lists."""
    stack: list[list[Value]] = [[]]
    for number, part in enumerate(parts):
        if number % 2:
            stack[-1].append(part)
            continue
        for bracket, quoted, atom in _TOKEN.findall(part):
            if bracket == b"(":
                stack.append([])
            elif bracket:
                done = stack.pop()
                stack[-1].append(done)
            elif atom:
                stack[-1].append(None if atom.upper() == b"NIL" else atom)
            else:
                stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted) if b"\\" in quoted else quoted)
    assert len(stack) == 1, parts
    return stack[0]

"""Dovecot's IMAP server as a process of ours that is logged in at once: no port, no password, nothing that stays."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

IMAP = Path("/usr/lib/dovecot/imap")
USER = "nobody"

#: What a response is put together from: numbers and atoms as text, strings as octets, NIL, lists.
Value = str | bytes | None | list["Value"]
_TOKEN = re.compile(
    rb'[ ]*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|~?\{(\d+)\}\r\n|((?:BODY|BINARY)\[[^\]]*\]|[^ ()"{~]+))',
    re.DOTALL,
)


def parse(data: bytes) -> list[Value]:
    """The values of a response."""
    stack: list[list[Value]] = [[]]
    at = 0
    while at < len(data):
        found = _TOKEN.match(data, at)
        assert found, data[at : at + 80]
        at = found.end()
        if found[1]:
            stack.append([])
        elif found[2]:
            done = stack.pop()
            stack[-1].append(done)
        elif found[3] is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found[3]))
        elif found[4]:
            stack[-1].append(data[at : at + int(found[4])])
            at += int(found[4])
        else:
            stack[-1].append(None if found[5] == b"NIL" else found[5].decode("latin-1"))
    return stack[0]


class Dovecot:
    """One session with an empty INBOX."""

    def __init__(self) -> None:
        if not IMAP.exists():
            pytest.skip("Dovecot is not here: apt install dovecot-imapd")
        self.directory = Path(tempfile.mkdtemp(prefix="hawknest-imap-"))
        self.count = 0

    def __enter__(self) -> Self:
        owner = ""
        if os.geteuid() == 0:  # which Dovecot refuses to read mail as
            owner = f"mail_uid = {USER}\nmail_gid = nogroup\n"
            shutil.chown(self.directory, USER, "nogroup")
        config = self.directory / "dovecot.conf"
        config.write_text(
            f"base_dir = {self.directory}/run\nstate_dir = {self.directory}/state\nlog_path = /dev/stderr\n"
            f"mail_location = mdbox:~/mdbox\nmail_fsync = never\nssl = no\n{owner}"
        )
        config.chmod(0o644)
        self.process = subprocess.Popen(
            [IMAP, "-c", str(config)],
            env={"USER": USER, "HOME": str(self.directory)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=1 << 20,
        )
        assert self.response().startswith(b"* PREAUTH")
        self.command(b"SELECT INBOX")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.directory, ignore_errors=True)

    def response(self) -> bytes:
        """One response, with the literals in it."""
        assert self.process.stdout
        got = b""
        while line := self.process.stdout.readline():
            got += line
            literal = re.search(rb"\{(\d+)\}\r\n\Z", line)
            if literal is None:
                return got[:-2]
            got += self.process.stdout.read(int(literal[1]))
        raise AssertionError("Dovecot hung up")

    def send(self, commands: bytes) -> None:
        """Send commands, while the answers are read."""

        def write() -> None:
            assert self.process.stdin
            with contextlib.suppress(BrokenPipeError):  # the reader says what happened
                self.process.stdin.write(commands)
                self.process.stdin.flush()

        threading.Thread(target=write, daemon=True).start()

    def command(self, *words: bytes) -> list[bytes]:
        """Send commands at once; all responses but their OKs. Dovecot may answer the next before it says OK to the last."""
        tags = [b"t%d" % (self.count + at) for at in range(len(words))]
        self.count += len(words)
        self.send(b"".join(tag + b" " + word + b"\r\n" for tag, word in zip(tags, words, strict=True)))
        got: list[bytes] = []
        for tag in tags:
            while not (response := self.response()).startswith(tag + b" "):
                got.append(response)
            assert response.startswith(tag + b" OK"), response
        return got

    def append(self, letters: Sequence[bytes]) -> None:
        """Put letters into the INBOX."""
        self.command(*(b"APPEND INBOX {%d+}\r\n" % len(letter) + letter for letter in letters))

    def fetch(self, items: Sequence[str]) -> list[dict[str, Value]]:
        """Fetch what is asked of the first letter, the second, …"""
        found: list[dict[str, Value]] = [{} for _ in items]
        for response in self.command(
            *(f"FETCH {at} ({asked})".encode() for at, asked in enumerate(items, 1))
        ):
            if number := re.match(rb"\* (\d+) FETCH ", response):
                values = parse(response)[3]
                assert isinstance(values, list)
                found[int(number[1]) - 1].update(zip(map(str, values[::2]), values[1::2], strict=True))
        return found

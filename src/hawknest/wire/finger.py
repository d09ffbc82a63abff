"""Finger as a language: one line is asked, some text is answered. RFC 1288 §2.

{Q1} = [{W}|{W}{S}{U}]{C}          {Q2} = [{W}{S}][{U}]{H}{C}          ; {H} asks us to ask another host
"""

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from hawknest.wire.lines import Inbox, Parse
from hawknest.wire.witness import Witness

LINE_LIMIT: Final = 512  # octets of a question; no more are read

_MORE: Final = re.compile(r"^/W(?: +|$)", re.IGNORECASE)  # {W}: "tell me more", which changes nothing here


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked: a name, perhaps with a host behind an @; empty: who is there?"""

    text: str


@dataclass(frozen=True, slots=True)
class TooLong:
    """The question was too long to be one."""


Event = Query | TooLong


class Server:
    """One question."""

    def __init__(self) -> None:
        self._inbox = Inbox()
        self._out = bytearray()
        self._dialogue = self._talk()

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        self._inbox.feed(data)

    def eof(self) -> None:
        """Learn that the peer sends no more."""
        self._inbox.closed = True

    def drop(self) -> int:
        """Forget what was received and not yet parsed."""
        return self._inbox.drop()

    def outbox(self) -> bytes:
        """Give what is to be sent."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_event(self) -> Event | None:
        """Give the question, or None while more octets are needed."""
        return next(self._dialogue, None)

    def observe(self, witness: Witness | None) -> None:
        """Have somebody told of what is said from now on."""
        self._inbox.witness = witness

    def say(self, text: str) -> None:
        """Answer: line ends become CRLF, and what could drive a terminal is left out (RFC 1288 §3.3)."""
        for line in text.splitlines():
            clean = "".join(c for c in line if c == "\t" or c.isprintable())
            octets = clean.encode("utf-8", "replace") + b"\r\n"
            self._out += octets
            if self._inbox.witness is not None:
                self._inbox.witness.said(octets)

    def turn_away(self) -> None:
        """Say that there are too many connections."""
        self.say("Too many connections at once; please come back later.")

    def fault(self, incident: str) -> None:
        """Say that something went wrong here, which the log tells of under the same name."""
        self.say(f"Something went wrong here ({incident}); please try again later.")

    def _talk(self) -> Generator[Event | None]:
        try:
            question = yield from self._question()
        except EOFError:
            return
        if question is None:
            yield TooLong()
        else:
            yield Query(_MORE.sub("", question.decode("utf-8", "replace").strip()))

    def _question(self) -> Parse[bytes | None]:
        """Read the one line; None: it is too long. A bare LF ends it too, for those who type. Raises EOFError."""
        buffer = self._inbox.buffer
        while (end := buffer.find(b"\n", 0, LINE_LIMIT + 2)) < 0:
            if len(buffer) >= LINE_LIMIT + 2:
                return None
            if self._inbox.closed:
                raise EOFError
            yield
        question = bytes(buffer[:end])
        if self._inbox.witness is not None:
            self._inbox.witness.heard(question.rstrip(b"\r"))
        return question

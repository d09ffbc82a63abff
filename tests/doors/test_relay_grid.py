"""Who may send what, asked of the real door over a real store: every right, origin, sender, recipient and switch.

What must be answered is worked out by `Row`, a second opinion that shares no line with the server: it is written from the
description of the system that Hawknest descends from, and from one sentence: whoever has proved nothing reaches nobody elsewhere.
After each letter the queue holds exactly the recipients elsewhere that the second opinion lets through.
"""

import asyncio
import itertools
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

import hawknest.doors.smtp.transact as door
from hawknest.accounts import aliases, apps, devices, popbefore, settings
from hawknest.accounts.directory import Account, look_up
from hawknest.accounts.passwords import derived_of, secrets_of
from hawknest.app.nest import Nest
from hawknest.mail.address import parse_address
from hawknest.net.link import Tls
from hawknest.store import Connection, Statement
from nests import PASSWORD, SALT, Session, nest

PLAIN, EXEMPT, POPPED = "192.0.2.9", "192.0.2.77", "192.0.2.55"
APP, PRINTER = "four lost garden gnomes", "a printer of few words"

SENDERS = {
    "own": "mia@example.org",
    "own, with detail": "Mia+shop@example.org",
    "own, in the alias domain": "mia@example.net",
    "own alias": "team@example.org",
    "other user": "tom@example.org",
    "nobody here": "scanner@example.org",
    "foreign": "x@foreign.example",
    "null": "",
}
#: What each recipient is: local (one of ours), nobody (ours, unknown), elsewhere, or none (no address at all: 553).
RECIPIENTS = {
    "<mia@example.org>": "local",
    "<Tom@EXAMPLE.net>": "local",
    "<postmaster>": "local",
    "<@foreign.example:mia@example.org>": "local",
    # N20
    "<user@foreign.example>": "elsewhere",
    "<UPPER@FOREIGN.EXAMPLE>": "elsewhere",
    "<@example.org:route@foreign.example>": "elsewhere",
    "<@example.org,@mx.example.org:routes@foreign.example>": "elsewhere",
    "bare@foreign.example": "elsewhere",
    "<literal@[203.0.113.5]>": "elsewhere",
    "<own@[192.0.2.1]>": "elsewhere",  # no literal is ours here: it must not slip through as if one were
    "<sub@sub.example.org>": "elsewhere",
    "<user%foreign.example@example.org>": "nobody",
    "<foreign.example!user@example.org>": "nobody",
    '<"user@foreign.example"@example.org>': "nobody",
    '<"user%foreign.example"@example.org>': "nobody",
    "<user@foreign.example@example.org>": "none",
    "<user@foreign.example@[192.0.2.1]>": "none",
    '<"user%foreign.example">': "none",
    "<user@foreign.example.>": "none",
    "<user%foreign.example>": "none",
    "<>": "none",
}


@dataclass(frozen=True)
class Row:
    """One question, and the second opinion on it."""

    login: str  # none, account, app password, device (any sender), listed device (mia's address and @partner.example)
    peer: str
    service: str
    tls: bool
    internet: bool  # "Allow Relay" of old
    policy: bool  # off: the profile of old
    pop: bool

    @property
    def right(self) -> str:
        """By what right somebody sends: the login counts, else the address that the letter comes from."""
        if self.login != "none":
            return self.login
        if self.peer == EXEMPT:
            return "exempt"
        return "pop" if self.pop and self.peer == POPPED else "none"

    def at_mail(self, sender: str) -> int:
        """What MAIL must hear."""
        if self.right == "none":
            return 530 if self.service.startswith("submission") else 250
        if not sender or self.right in {"exempt", "pop"}:
            return 250
        return 250 if self.may_use(sender) else 553

    def at_rcpt(self, sender: str, kind: str) -> int:
        """What RCPT must hear."""
        if kind == "none":
            return 553
        if kind == "local":
            return 250
        if kind == "nobody" or self.right == "none" or not self.internet:
            return 550
        return 250 if not sender or self.may_use(sender) else 553

    def may_use(self, sender: str) -> bool:
        """Whether a sender is one that this right may use."""
        own = sender.lower().startswith(("mia@", "mia+", "team@"))
        ours = sender.lower().endswith(("@example.org", "@example.net"))
        if self.right == "listed device":
            return sender == "mia@example.org"
        if not self.policy:
            return True
        return own if self.right in {"account", "app password", "pop"} else ours


def furnish(connection: Connection) -> None:
    aliases.change(connection, "team@example.org", ["mia@example.org"])
    apps.add(connection, "mia@example.org", "phone", ["smtp"], derived=derived_of(APP, SALT), now=time.time())
    devices.add(connection, "printer", secrets_of(PRINTER), [])
    devices.add(connection, "camera", secrets_of(PRINTER), ["mia@example.org", "@partner.example"])
    mia = look_up(connection, parse_address("mia@example.org"))
    assert isinstance(mia, Account)
    popbefore.note(connection, POPPED, mia.account_id, time.time(), time.time() + 900)


CREDENTIALS = {
    "account": ("mia", PASSWORD),
    "app password": ("mia@example.org", APP),
    "device": ("printer", PRINTER),
    "listed device": ("camera", PRINTER),
}


def connected(rooms: Nest, row: Row) -> Session:
    session = Session(rooms, row.service, row.peer)
    if row.tls:
        session.link.tls = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", b"")
    return session


async def ask(session: Session, *lines: str) -> list[bytes]:
    """Say lines, and give the replies to them, a multiline one as its last line."""
    session.send("".join(f"{line}\r\n" for line in lines).encode())
    return [line for line in (await session.settle()).split(b"\r\n") if line and line[3:4] == b" "]


async def play(rooms: Nest, row: Row, expected: dict[str, list[str]]) -> None:
    """Lead a session through all senders and recipients; `expected` learns what must wait to leave, by letter."""
    session = connected(rooms, row)
    await session.settle()
    await ask(session, "LHLO pc" if row.service == "lmtp" else "EHLO pc")
    if row.login != "none":
        name, password = CREDENTIALS[row.login]
        plain = b64encode(f"\0{name}\0{password}".encode()).decode()
        assert (await ask(session, f"AUTH PLAIN {plain}"))[0][:3] == b"235", row
    for sender in SENDERS.values():
        session.link.engine._errors = 0  # here nobody grows tired of nonsense
        (said,) = await ask(session, f"MAIL FROM:<{sender}>")
        assert int(said[:3]) == row.at_mail(sender), (row, sender, said)
        if said[:3] != b"250":
            continue
        answers = await ask(session, *(f"RCPT TO:{recipient}" for recipient in RECIPIENTS))
        leaving: list[str] = []
        for (recipient, kind), answer in zip(RECIPIENTS.items(), answers, strict=True):
            wanted = row.at_rcpt(sender, kind)
            assert int(answer[:3]) == wanted, (row, sender, recipient, answer)
            refused = b"5.7.1" if kind == "elsewhere" and wanted != 250 else b""
            assert refused in answer, (row, sender, recipient, answer)
            if kind == "elsewhere" and wanted == 250:
                leaving.append(recipient.rpartition(":")[2].strip("<>").lower())
        assert (await ask(session, "DATA"))[0][:3] == b"354"
        session.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
        letter = (await session.settle()).split(b"Accepted as ")[1].split()[0].decode()
        expected[letter] = sorted(leaving)
    await session.end()


def rows() -> Iterator[Row]:
    """Every combination that can be: LMTP knows no login, and a password is not taken in the clear from elsewhere."""
    switches = itertools.product((True, False), repeat=3)
    for login, peer, service, tls, (internet, policy, pop) in itertools.product(
        ("none", *CREDENTIALS),
        (PLAIN, EXEMPT, POPPED),
        ("smtp", "submission", "submissions", "lmtp"),
        (True, False),
        switches,
    ):
        if login == "none" or (tls and service != "lmtp"):
            yield Row(login, peer, service, tls, internet, policy, pop)


_QUEUE = Statement(
    "SELECT o.letter_id, r.address FROM outgoing o JOIN outgoing_recipient r ON r.outgoing_id = o.id"
)


async def queued(rooms: Nest) -> dict[str, list[str]]:
    """What waits to leave, by letter."""
    found: dict[str, list[str]] = defaultdict(list)
    for letter, address in await rooms.store.read(lambda connection: connection.all(_QUEUE)):
        found[letter].append(address.lower())
    return {letter: sorted(addresses) for letter, addresses in found.items()}


async def switch(rooms: Nest, **policies: bool) -> None:
    for name, on in policies.items():
        await rooms.store.write(partial(settings.set_policy, name=name, text="on" if on else "off"))
    rooms.directory.refresh()


async def test_the_whole_grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REFUSALS", 10_000)
    asked: dict[tuple[bool, bool, bool], list[Row]] = defaultdict(list)
    for row in rows():
        asked[row.internet, row.policy, row.pop].append(row)
    expected: dict[str, list[str]] = {}
    async with nest(tmp_path, exemptions=[EXEMPT], change=furnish) as rooms:
        for (internet, policy, pop), those in asked.items():
            await switch(rooms, send_to_internet=internet, sender_policy=policy, pop_before_smtp=pop)
            await asyncio.gather(*(play(rooms, row, expected) for row in those))
            leaving = {letter: addresses for letter, addresses in expected.items() if addresses}
            assert await queued(rooms) == leaving
    assert len(expected) > 1500

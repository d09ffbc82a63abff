"""Telling webhooks what happened: one POST an event, signed, tried again for a day and a half, and then given up.

A call has the body as JSON, `Hawknest-Event`, `Hawknest-Delivery` (the same at every try, so that a receiver can know what it
has seen) and `Hawknest-Signature: t=TIME,v1=HEX`, where HEX is the HMAC-SHA256 (RFC 2104) of `TIME.BODY` under the
webhook's secret, and TIME seconds since the epoch: an old call that somebody sends again shows its age.

Of several workers, the one with the lease tells. Nothing polls but once in a while, for what other workers wrote down.
"""

import asyncio
import contextlib
import hmac
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from hawknest import __version__
from hawknest.accounts.directory import login_address
from hawknest.accounts.login import Client
from hawknest.dns import IpAddress
from hawknest.log import Log
from hawknest.net import webcall
from hawknest.net.tls import client_context
from hawknest.net.webcall import CallError
from hawknest.post import webhooks
from hawknest.post.destination_address import is_public
from hawknest.post.webhooks import Call
from hawknest.store import Connection, Store, StoreError, leases

#: Seconds from one try to the next; after the last there is none.
TRIES: Final = (10, 60, 300, 1800, 7200, 21600, 43200, 43200)
PATIENCE: Final = 10.0  # seconds for a call
DEAD: Final = 60.0  # seconds that who does not answer is left alone
LOOK: Final = 30.0  # the longest sleep, in seconds
GATHER: Final = (
    5.0  # seconds in which failed sign-ins are gathered to one piece of news for each name and peer
)
FAILURES: Final = 1000  # different ones that are gathered at the most
TOGETHER: Final = 8  # calls at once
HELD: Final = 90.0  # seconds that the lease lasts
TROUBLE: Final = 10.0  # seconds until the next try where the store has trouble
_LEASE: Final = "hooks"


@dataclass(slots=True)
class Hooks:
    """Who tells, in one worker."""

    store: Store
    log: Log
    owner: str
    clock: Callable[[], float]
    _failures: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _flush_at: float = math.inf

    def poke(self) -> None:
        """Look now: something was written down."""
        self._wake.set()

    def sign_in_failed(self, client: Client, name: str) -> None:
        """Take note that somebody did not get in."""
        self.log.count("sign_in_failed")
        if len(self._failures) < FAILURES:
            self._failures[client.service, client.peer, name[:256]] += 1
            if self._flush_at == math.inf:
                self._flush_at = self.clock() + GATHER
                self._wake.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            self._wake.clear()
            try:
                due = await self._look()
            except StoreError as error:
                self.log.system.error("webhooks not told", error=str(error))
                due = self.clock() + TROUBLE
            span = min(due, self._flush_at) - self.clock()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(max(span, 0.05), LOOK)):
                    await self._wake.wait()

    async def _look(self) -> float:
        """Write gathered failures down and tell what is due. Returns when to look again. Raises StoreError."""
        now = self.clock()
        if now >= self._flush_at:
            self._flush_at = math.inf
            gathered, self._failures = self._failures, Counter()
            await self.store.write(partial(_failures_told, failures=gathered, now=now))
        due = await self.store.read(webhooks.next_due)
        if due is None or due > now:
            return math.inf if due is None else due
        take = partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        if not await self.store.write(take):
            return now + LOOK
        calls = await self.store.read(partial(webhooks.due, now=now, count=TOGETHER))
        await asyncio.gather(*map(self._tell, calls))
        return now

    async def _tell(self, call: Call) -> None:
        """Make one call, and note how it went. Raises StoreError."""
        now = self.clock()
        done, answer, silent = await self._call(call, now)
        wait = TRIES[call.attempts] if call.attempts < len(TRIES) else None
        next_at = None if done or wait is None else now + wait
        note = partial(
            webhooks.answered,
            call_id=call.id,
            answer=answer,
            done_at=now if next_at is None else None,
            next_at=next_at,
        )
        await self.store.write(note)
        if silent and wait is not None:
            until = now + min(wait, DEAD)
            await self.store.write(partial(webhooks.postpone, webhook_id=call.webhook.id, until=until))
        say = self.log.system.info if done else self.log.system.warning
        say(
            "webhook told" if done else "webhook not told",
            webhook=call.webhook.id,
            call=call.id,
            answer=answer,
        )

    async def _call(self, call: Call, now: float) -> tuple[bool, str, bool]:
        """Make one call. Returns whether it was taken, the answer, and whether there was none."""
        body = call.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Hawknest/{__version__}",
            "Hawknest-Event": call.event,
            "Hawknest-Delivery": str(call.id),
            "Hawknest-Signature": signature(call.secret, body, int(now)),
        }
        try:
            answer = await webcall.post(
                call.webhook.url,
                body,
                headers,
                context=client_context(verify=True),
                may=_anywhere if call.webhook.private else is_public,
                seconds=PATIENCE,
            )
        except CallError as error:
            return False, str(error), True
        return 200 <= answer.status < 300, f"{answer.status} {answer.reason}".strip(), False


def signature(secret: str, body: bytes, at: int) -> str:
    """Sign a body; `at` is in seconds since the epoch (RFC 2104)."""
    mark = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return f"t={at},v1={mark}"


def _anywhere(address: IpAddress) -> bool:
    """Whether an address of this machine's network can be meant: not where clouds tell their machines secrets."""
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def _failures_told(connection: Connection, failures: Counter[tuple[str, str, str]], now: float) -> int:
    """Write failed sign-ins down. A name that is nobody's may be a password in the wrong place, and is not told."""
    news: list[tuple[str, dict[str, object]]] = []
    for (service, peer, name), count in failures.items():
        meant = login_address(connection, name)
        told: dict[str, object] = {
            "service": service,
            "peer": peer,
            "account": str(meant) if meant else "",
            "count": count,
        }
        news.append(("sign_in_failed", told))
    return webhooks.tell(connection, news, now)

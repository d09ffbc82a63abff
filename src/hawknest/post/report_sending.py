"""Tells domains that ask for it, once a day, who sent in their name and how TLS to them went. RFC 9990 §3.5, RFC 8460 §5.

When a day (UTC) has ended, one worker goes through what was counted on it, some hours into the next day; which hours is different from
server to server, so that not all of them write at midnight. Where a domain wants reports is asked then, not when the letters came.
A report is queued in the transaction that notes it, so it leaves once. What the DNS did not tell is asked again an hour later.
"""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from hawknest.accounts import settings
from hawknest.dns import IpAddress, Resolver, Unknown
from hawknest.log import Log
from hawknest.mail import trace
from hawknest.net import webcall
from hawknest.net.tls import client_context
from hawknest.net.webcall import CallError
from hawknest.post import report_letters, report_targets
from hawknest.post.destination_address import is_public
from hawknest.post.local import Acceptance, Stale, Terms, accept, own
from hawknest.post.report_letters import About
from hawknest.post.report_targets import Mailbox, Page, Target
from hawknest.post.route import Router
from hawknest.post.traceid import trace_id
from hawknest.store import (
    Connection,
    Statement,
    Store,
    StoreError,
    dmarc_rows,
    leases,
    report_sent,
    tls_results,
)
from hawknest.store.report_sent import NOBODY, SentRow
from hawknest.wire.smtp.reply import Reply

WAKE: Final = 1800.0  # seconds between two thoughts of it
HELD: Final = 1800.0  # seconds that the lease lasts
SPREAD: Final = 4 * 3600  # seconds after midnight (UTC) within which a server begins
BACK: Final = 2  # days back that reports are still sent of
KEPT_TLS: Final = 35  # days that counts of TLS are kept
DOMAINS: Final = 2000  # that are reported to on a day
POLICIES: Final = 3  # of one domain on a day that have a report of their own
TRIES: Final = 3  # times that a letter is routed again because the directory changed meanwhile
PATIENCE: Final = 30.0  # seconds for a call
_LEASE: Final = "reports sent"
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_HOME: Final = Statement(
    "SELECT name FROM domain WHERE alias_of IS NULL AND name NOT LIKE '[%' ORDER BY id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report that is made, and has not left."""

    about: About
    packed: bytes
    count: int  # letters or sessions that it tells of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSending:
    """Who sends reports, in one worker."""

    store: Store
    router: Router
    resolver: Resolver
    log: Log
    owner: str
    hostname: str
    terms: Callable[[], Terms]
    clock: Callable[[], float]
    on_queued: Callable[[], None]
    may_call: Callable[[IpAddress], bool] = is_public
    own_ip: str = ""  # address that our letters leave from, where it is known

    async def run(self) -> None:
        """Think of it twice an hour, for as long as the worker lives."""
        while True:
            await asyncio.sleep(WAKE)
            with contextlib.suppress(StoreError):  # next time, then
                await self.send()

    async def send(self) -> int:
        """Send the reports that are due. Returns how many. Raises StoreError."""
        now = self.clock()
        today = dmarc_rows.day_of(now - _delay(self.hostname))
        if not await self.store.write(
            partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        ):
            return 0
        policies = await self.store.read(settings.policies)
        home = await self.store.read(_home)
        sent = 0
        if home and policies.dmarc_reports:
            sent += await self._dmarc(home, today)
        if home and policies.tls_reports:
            sent += await self._tls(home, today)
        await self.store.write(partial(_forget, today=today))
        return sent

    async def _dmarc(self, home: str, today: int) -> int:
        """Send the DMARC reports of the last days. Raises StoreError."""
        sent = 0
        for day in await self.store.read(dmarc_rows.days):
            if today - BACK <= day < today:
                for domain in (await self.store.read(partial(dmarc_rows.domains_of, day=day)))[:DOMAINS]:
                    sent += await self._dmarc_to(home, day, domain)
        return sent

    async def _dmarc_to(self, home: str, day: int, domain: str) -> int:
        try:
            targets, refused = await report_targets.of_dmarc(domain, self.resolver)
        except Unknown as error:
            self.log.system.info("report waits", domain=domain, error=str(error))
            return 0
        rows = await self.store.read(partial(dmarc_rows.of_day, day=day, domain=domain))
        dropped = await self.store.read(partial(dmarc_rows.dropped_on, day=day))
        sheets: list[Sheet] = []
        if targets and _NAME.fullmatch(domain):
            for policy in _policies(rows):
                about = About("dmarc", domain, home, _report_id(home, domain, day, policy), day)
                mine = [(row, count) for row, count in rows if row.policy == policy]
                sheets.append(Sheet(about, *report_letters.dmarc_body(about, policy, mine, dropped)))
        sent = 0
        for sheet in sheets:
            for target in targets:
                sent += await self._letter_to(sheet, target)
        await self.store.write(
            partial(_dmarc_done, day=day, domain=domain, refused=refused, now=self.clock())
        )
        return sent

    async def _tls(self, home: str, today: int) -> int:
        """Send the TLS reports of the last days. Raises StoreError."""
        sent = 0
        for day in await self.store.read(tls_results.days):
            if not today - BACK <= day < today:
                continue
            results = await self.store.read(partial(tls_results.of_day, day=day))
            for domain in list(dict.fromkeys(result.domain for result in results))[:DOMAINS]:
                mine = [result for result in results if result.domain == domain]
                about = About("tls", domain, home, _report_id(home, domain, day), day)
                sent += await self._tls_to(about, mine, today)
        return sent

    async def _tls_to(self, about: About, results: Sequence[tls_results.TlsResult], today: int) -> int:
        if not _NAME.fullmatch(about.domain) or await self._was(about, NOBODY):
            return 0
        try:
            targets = await report_targets.of_tls(about.domain, self.resolver)
        except Unknown as error:
            self.log.system.info("report waits", domain=about.domain, error=str(error))
            return 0
        sheet = Sheet(about, *report_letters.tls_body(about, results, self.own_ip))
        if not targets:
            row = SentRow(
                "tls", about.day, about.domain, NOBODY, "", self.clock(), sheet.count, "not wanted", ""
            )
            await self.store.write(partial(report_sent.note_sent, row=row))
        sent = 0
        for target in targets:
            if not await self._was(about, str(target)):
                sent += await self._to(sheet, target, today)
        return sent

    async def _was(self, about: About, target: str) -> bool:
        asked = partial(report_sent.was_sent, kind="tls", day=about.day, domain=about.domain, target=target)
        return await self.store.read(asked)

    async def _to(self, sheet: Sheet, target: Target, today: int) -> int:
        match target:
            case Mailbox():
                return await self._letter_to(sheet, target)
            case Page():
                return await self._page_to(sheet, target, last=sheet.about.day < today - 1)

    async def _page_to(self, sheet: Sheet, page: Page, *, last: bool) -> int:
        """Hand a report in at a URL (RFC 8460 §5.4); what fails is tried again until the `last` day. Raises StoreError."""
        outcome = "sent"
        try:
            answer = await webcall.post(
                page.url,
                sheet.packed,
                {"Content-Type": "application/tlsrpt+gzip"},
                context=client_context(verify=True),
                may=self.may_call,
                seconds=PATIENCE,
            )
            if not 200 <= answer.status < 300:
                outcome = f"{answer.status} {answer.reason}".strip()
        except (CallError, ValueError) as error:
            outcome = str(error)
        row = _row(sheet, page, outcome, self.clock())
        if outcome == "sent" or last:
            await self.store.write(partial(report_sent.note_sent, row=row))
        self._say(row)
        return int(outcome == "sent")

    async def _letter_to(self, sheet: Sheet, to: Mailbox) -> int:
        """Queue a report, unless it is too large for its reader. Raises StoreError."""
        now = self.clock()
        envelope, octets = report_letters.letter(sheet.about, sheet.packed, to.address, self.hostname, now)
        if to.limit and len(octets) > to.limit:
            outcome = f"not sent: it has {len(octets)} octets, and no more than {to.limit} are wanted"
            await self.store.write(partial(report_sent.note_sent, row=_row(sheet, to, outcome, now)))
            return 0
        for _ in range(TRIES):
            plan = await self.router.plan(envelope, b"")
            if isinstance(plan, Reply):
                outcome = f"not sent: {plan}"
                await self.store.write(partial(report_sent.note_sent, row=_row(sheet, to, outcome, now)))
                return 0
            start = trace.return_path(envelope.reverse_path) if plan.accounts else b""  # RFC 5321 §4.4
            delivery = own(start + octets, envelope, "report", now, "")
            named = replace(delivery.letter, id=trace_id(now), detail={"report": sheet.about.kind})
            delivery = replace(delivery, letter=named, skip=len(start))
            row = _row(sheet, to, "sent", now, named.id)
            acceptance = Acceptance(plan, delivery, self.terms())
            try:
                await self.store.write(partial(_leave, acceptance=acceptance, row=row))
            except Stale:
                self.router.refresh()
                continue
            self.on_queued()
            self._say(row)
            return 1
        return 0

    def _say(self, row: SentRow) -> None:
        self.log.system.info(
            "report", kind=row.kind, to=row.target, of=row.domain, outcome=row.outcome, letter=row.letter
        )


def _leave(connection: Connection, acceptance: Acceptance, row: SentRow) -> None:
    """Queue a report and note it, in one transaction; one that was noted before is not queued again."""
    if report_sent.note_sent(connection, row):
        accept(connection, [acceptance])


def _row(sheet: Sheet, target: Target, outcome: str, now: float, letter_id: str = "") -> SentRow:
    about = sheet.about
    return SentRow(
        about.kind,
        about.day,
        about.domain,
        str(target),
        about.report_id,
        now,
        sheet.count,
        outcome[:500],
        letter_id,
    )


def _policies(rows: Sequence[tuple[dmarc_rows.DmarcRow, int]]) -> list[str]:
    """The policies that the rows of a domain were judged by, the most frequent first: a report is of one of them."""
    counts: dict[str, int] = {}
    for row, count in rows:
        counts[row.policy] = counts.get(row.policy, 0) + count
    return sorted(counts, key=lambda policy: -counts[policy])[:POLICIES]


def _dmarc_done(connection: Connection, day: int, domain: str, refused: Sequence[str], now: float) -> None:
    """Forget what a domain was told, or does not want to be told."""
    for why in refused:
        target = why.partition(" ")[0]
        report_sent.note_sent(
            connection, SentRow("dmarc", day, domain, target, "", now, 0, f"not sent: {why}"[:500], "")
        )
    dmarc_rows.done(connection, day, domain)


def _forget(connection: Connection, today: int) -> None:
    dmarc_rows.forget(connection, today - BACK - 1)
    tls_results.forget(connection, today - KEPT_TLS)
    report_sent.forget_unwanted(connection, today - 2 * BACK)


def _home(connection: Connection) -> str:
    row = connection.one(_HOME)
    return row[0] if row else ""


def _delay(hostname: str) -> float:
    """How many seconds after midnight this server begins: always the same for it, and different from others'."""
    return int.from_bytes(hashlib.sha256(hostname.encode()).digest()[:4], "big") % SPREAD


def _report_id(home: str, domain: str, day: int, policy: str = "") -> str:
    """Name a report, by letters and digits: the same one if it should be made again."""
    return hashlib.sha256("\0".join([home, domain, str(day), policy]).encode()).hexdigest()[:24]

"""Looks for reports in the letters that came by an address for them, behind the 250. RFC 9990 §3.5, RFC 8460 §3.

One worker looks once a minute at the emails filed since, reads what they bring, writes down in the letter's journey what came of it,
and moves the letter to Trash, where it was for `dmarc-reports@` or `tls-reports@` and the owner did not say to keep it. Letters to
postmaster are looked at too, for many domains have it in their records; they stay where they are. What cannot be read stays for people to see.
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from hawknest.accounts import settings
from hawknest.dns import Resolver
from hawknest.log import Log
from hawknest.post import report_keeping, report_unpacking
from hawknest.post.report_keeping import Bringer, Known, NotTaken
from hawknest.post.report_unpacking import LETTER, Unpacked
from hawknest.store import Connection, Statement, Store, StoreError, journey, leases, letters, places, reports
from hawknest.store import report_views as views
from hawknest.store.blobs import Content
from hawknest.store.errors import Conflict, StoreFull, StoreGone
from hawknest.store.journey import Step
from hawknest.store.reports import LOOK_BACK, STRIDE, Candidate
from hawknest.trust import iprev

PAUSE: Final = 60.0  # seconds between two looks
TROUBLE: Final = 300.0  # seconds until the next look when the store has trouble
HELD: Final = 300.0  # seconds that the lease lasts
REMEMBERED: Final = 1000  # emails that are known to bring nothing
NAMES: Final = 20  # addresses whose names are looked up at a time
RECENT: Final = 35 * 86400.0  # seconds: names are wanted of addresses in reports that are no older
DAY: Final = 86400.0
_LEASE: Final = "reports read"
_DOMAINS: Final = Statement("SELECT name FROM domain")


@dataclass(slots=True)
class ReportReading:
    """Who reads reports, in one worker."""

    store: Store
    log: Log
    resolver: Resolver
    owner: str
    hostname: str
    clock: Callable[[], float]
    _nothing: set[int] = field(default_factory=set[int])
    _forgot: float = 0.0
    _nameless: bool = True  # there may be addresses whose names were not looked up

    async def run(self) -> None:
        """Look once a minute, for as long as the worker lives."""
        while True:
            await asyncio.sleep(PAUSE)
            try:
                while await self.look():
                    pass
            except StoreError as error:
                self.log.system.error("reports not read", error=str(error))
                await asyncio.sleep(TROUBLE)

    async def look(self) -> bool:
        """Look at letters that have come. Returns whether there is more to look at. Raises StoreError."""
        now = self.clock()
        take = partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        if not await self.store.write(take):
            return False
        after, reached, top, found = await self.store.read(self._due)
        same: dict[str, list[Candidate]] = {}
        for one in found:
            same.setdefault(one.letter_id, []).append(one)
        for emails in same.values():
            await self._letter(emails, now)
        if reached != after:
            await self.store.write(partial(reports.set_looked, email_id=reached))
        await self._name_sources(now)
        await self._forget(now)
        return reached < top

    def _due(self, connection: Connection) -> tuple[int, int, int, list[Candidate]]:
        """What was looked at, what will be after this look, the newest email, and what may bring reports."""
        after, top = reports.looked(connection), reports.newest(connection)
        found, reached = reports.candidates(
            connection, max(after - LOOK_BACK, 0), max(min(after + STRIDE, top), after)
        )
        return after, reached, top, [one for one in found if one.email_id not in self._nothing]

    async def _letter(self, same: list[Candidate], now: float) -> None:
        """Read the reports of one letter, which may lie in several inboxes. Raises StoreError."""
        first = same[0]
        unpacked, by = Unpacked(), Bringer(first.letter_id, "", "", now)
        try:
            letter = await self._octets(first)
            by = report_keeping.bringer(letter, first.letter_id, self.hostname, now)
            unpacked = await asyncio.to_thread(report_unpacking.unpack, letter)
        except StoreGone:
            raise
        except Exception as error:  # noqa: BLE001 (a bug must cost this letter its reading, not the worker its life)
            self.log.system.error("report not read", letter=first.letter_id, error=repr(error))
        if not unpacked.reports and not unpacked.refused and (first.sender or _to_postmaster(first)):
            self._pass_over(same)
            return
        self._nameless = True
        try:
            told = await self.store.write(partial(_keep, same=same, unpacked=unpacked, by=by))
        except (StoreGone, StoreFull, Conflict):
            raise
        except StoreError as error:  # it would stand in the way of all others
            self.log.system.error("report not kept", letter=first.letter_id, error=str(error))
            self._pass_over(same)
            return
        self.log.system.info("reports read", letter=first.letter_id, **told)

    def _pass_over(self, same: list[Candidate]) -> None:
        if len(self._nothing) > REMEMBERED:
            self._nothing.clear()
        self._nothing.update(one.email_id for one in same)

    async def _octets(self, one: Candidate) -> bytes:
        """The letter, or as much of it as a report may have. Raises FileGone, StoreError."""
        content: Content | None = await self.store.read(partial(letters.read, blob_id=one.blob_id))
        if content is None:
            return b""
        if content.place is None:
            return content.data or b""
        found = bytearray()
        async with contextlib.aclosing(self.store.blobs.read(content.place)) as blocks:
            async for block in blocks:
                found += block
                if len(found) > LETTER:
                    break
        return bytes(found)

    async def _name_sources(self, now: float) -> None:
        """Look up the names of addresses that reports tell of, some at a time. Raises StoreError."""
        if not self._nameless:
            return
        nameless = await self.store.read(partial(views.nameless, since=now - RECENT, count=NAMES))
        names = await asyncio.gather(*(confirmed_name(ip, self.resolver) for ip in nameless))

        def note(connection: Connection) -> None:
            for ip, name in zip(nameless, names, strict=True):
                views.name_source(connection, ip, name, now)

        self._nameless = bool(nameless)
        if nameless:
            await self.store.write(note)

    async def _forget(self, now: float) -> None:
        """Forget old reports, once a day. Raises StoreError."""
        if now - self._forgot < DAY:
            return
        self._forgot = now

        def forget(connection: Connection) -> int:
            return reports.forget(connection, now - settings.policies(connection).report_days * DAY)

        await self.store.write(forget)


async def confirmed_name(ip: str, resolver: Resolver) -> str:
    """Find the name of an address, where the name leads back to it; '': it has none."""
    found = await iprev.check(ipaddress.ip_address(ip), resolver)
    return found.name if found.result is iprev.Result.PASS else ""


def _to_postmaster(one: Candidate) -> bool:
    return one.address.startswith("postmaster@")


def _keep(
    connection: Connection, same: list[Candidate], unpacked: Unpacked, by: Bringer
) -> dict[str, object]:
    """Keep what a letter brought, and put it away. Returns what is to be told."""
    ours = [name for (name,) in connection.all(_DOMAINS)]
    read: list[str] = []
    refused, known = list(unpacked.refused), 0
    for report in unpacked.reports:
        try:
            read.append(report_keeping.keep(connection, report, by, ours))
        except NotTaken as error:
            refused.append(str(error))
            known += isinstance(error, Known)
    bounce = not same[0].sender and not unpacked.reports and not unpacked.refused
    detail: dict[str, object] = {"read": read, "not_read": refused} if not bounce else {"bounce": True}
    told = {name: value for name, value in detail.items() if value}
    journey.add(connection, by.letter_id, [Step(by.at, "report", same[0].address, told)])
    settled = bounce or (len(read) + known > 0 and len(refused) == known)
    wanted = settings.policies(connection).keep_report_letters
    if settled and not wanted and not _to_postmaster(same[0]):
        for one in same:
            _to_trash(connection, one)
    return told


def _to_trash(connection: Connection, one: Candidate) -> None:
    place, trash = reports.inbox_place(connection, one.email_id), reports.trash_of(connection, one.account_id)
    if place is not None and trash is not None:
        places.move(connection, one.account_id, place[0], [(place[1], place[1])], trash)

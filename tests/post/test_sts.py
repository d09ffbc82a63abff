"""MTA-STS policies of others: found, fetched by HTTPS, kept, refreshed; and what happens when none of it works. RFC 8461."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme
from destination_names import Names
from outbox import Clock

from hawknest import dns
from hawknest.log import Log
from hawknest.net.tls import client_context
from hawknest.post import sts
from hawknest.post.destination_address import is_public
from hawknest.post.sts import NotFetched, Policies
from hawknest.store import Store, sts_policies
from hawknest.store.sts_policies import StsPolicy
from hawknest.store.tls_results import TlsResult
from hawknest.trust import mtasts
from hawknest.trust.mtasts import Mode, Policy
from stores import Nest

DOMAIN = "d.example"
DAY = 86400.0
AGE = 7 * DAY
TEXT = b"version: STSv1\r\nmode: enforce\r\nmx: mx.d.example\r\nmax_age: 604800\r\n"


@dataclass
class World:
    """Policies, and all that they stand on."""

    store: Store
    zone: dict[str, Any]
    clock: Clock
    pages: dict[str, bytes | NotFetched] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    counted: list[TlsResult] = field(default_factory=list)
    owner: str = "one"

    def policies(self, owner: str = "one") -> Policies:
        return Policies(
            self.store, Names(self.zone), Log(), owner, self.clock, self.fetch, self.counted.append
        )

    async def fetch(self, domain: str) -> Policy:
        self.fetched.append(domain)
        await asyncio.sleep(0)
        found = self.pages[domain]
        if isinstance(found, NotFetched):
            raise found
        return mtasts.parse(found)

    async def kept(self) -> StsPolicy | None:
        return await self.store.read(lambda connection: sts_policies.get(connection, DOMAIN))


@asynccontextmanager
async def world(nest: Nest) -> AsyncGenerator[World]:
    async with nest.open() as store:
        w = World(store, {f"_mta-sts.{DOMAIN} TXT": "v=STSv1;id=one;"}, Clock())
        w.pages[DOMAIN] = TEXT
        yield w


async def test_found_and_kept(nest: Nest) -> None:
    async with world(nest) as w:
        policies = w.policies()
        assert policies.at_hand(DOMAIN) is None
        first, second = await asyncio.gather(policies.of(DOMAIN), policies.of(DOMAIN))
        assert first == second == mtasts.parse(TEXT)
        assert w.fetched == [DOMAIN]
        known = policies.at_hand(DOMAIN)
        assert known is not None
        assert known.policy == first
        # Another worker, or the next start, need not fetch it; nor once the time to look again has come.
        assert await w.policies().of(DOMAIN) == first
        w.clock.now += sts.LOOK
        assert policies.at_hand(DOMAIN) is None
        assert await policies.of(DOMAIN) == first
        assert w.fetched == [DOMAIN]


async def test_another_id_is_another_policy(nest: Nest) -> None:
    async with world(nest) as w:
        policies = w.policies()
        await policies.of(DOMAIN)
        w.zone[f"_mta-sts.{DOMAIN} TXT"] = "v=STSv1;id=two;"
        w.pages[DOMAIN] = TEXT.replace(b"enforce", b"testing")
        w.clock.now += sts.LOOK
        found = await policies.of(DOMAIN)
        assert found is not None
        assert found.mode is Mode.TESTING
        kept = await w.kept()
        assert kept is not None
        assert kept.mark == "two"


GONE = [
    pytest.param({"_mta-sts.d.example TXT": dns.NoSuchName}, id="the record is gone"),
    pytest.param({"_mta-sts.d.example TXT": dns.ServerFailed}, id="the DNS fails"),
    pytest.param({"_mta-sts.d.example TXT": "v=STSv1;id=two"}, id="the page is gone"),
]


@pytest.mark.parametrize("change", GONE)
async def test_it_holds_on_as_long_as_it_said(nest: Nest, change: dict[str, Any]) -> None:
    """RFC 8461 §5.1: who takes the record or the page away takes nothing from the policy."""
    async with world(nest) as w:
        policies = w.policies()
        policy = await policies.of(DOMAIN)
        w.zone.update(change)
        w.pages[DOMAIN] = NotFetched(sts.FETCH_ERROR, "404")
        for owner in (policies, w.policies("other")):
            w.clock.now += AGE / 2 - sts.LOOK
            assert await owner.of(DOMAIN) == policy
        w.clock.now += 2 * sts.LOOK + 1
        assert await policies.of(DOMAIN) is None


async def test_none_is_remembered_and_not_written_down(nest: Nest) -> None:
    async with world(nest) as w:
        policies = w.policies()
        assert await policies.of("plain.example") is None
        assert policies.at_hand("plain.example") is not None
        assert not await w.store.read(sts_policies.listing)


async def test_what_cannot_be_fetched_is_counted_and_the_letter_goes(nest: Nest) -> None:
    """RFC 8461 §3.3: as if there were no policy, and not tried again for some minutes."""
    async with world(nest) as w:
        policies = w.policies()
        w.pages[DOMAIN] = NotFetched(sts.UNTRUSTED, "TLS: expired")
        assert await policies.of(DOMAIN) is None
        assert await policies.of(DOMAIN) is None
        assert w.fetched == [DOMAIN]
        assert w.counted == [TlsResult(DOMAIN, "sts", "", sts.UNTRUSTED)]
        w.clock.now += sts.LOOK
        w.pages[DOMAIN] = TEXT
        assert await policies.of(DOMAIN) == mtasts.parse(TEXT)


async def test_none_as_a_mode(nest: Nest) -> None:
    """RFC 8461 §8.3: so a domain takes its policy back."""
    async with world(nest) as w:
        w.pages[DOMAIN] = b"version: STSv1\nmode: none\nmax_age: 86400\n"
        assert await w.policies().of(DOMAIN) is None
        assert await w.kept() is not None


async def test_fetched_again_long_before_it_runs_out(nest: Nest) -> None:
    async with world(nest) as w:
        policies = w.policies()
        await policies.of(DOMAIN)
        await policies.refresh()
        assert w.fetched == [DOMAIN]
        w.clock.now += DAY
        await asyncio.gather(policies.refresh(), w.policies("other").refresh())  # one of them alone
        assert w.fetched == [DOMAIN] * 2
        kept = await w.kept()
        assert kept is not None
        assert (kept.fetched_at, kept.until) == (w.clock.now, w.clock.now + AGE)


async def test_a_refresh_that_fails_changes_nothing(nest: Nest) -> None:
    async with world(nest) as w:
        policies = w.policies()
        policy = await policies.of(DOMAIN)
        before = await w.kept()
        assert before is not None
        w.pages[DOMAIN] = NotFetched(sts.FETCH_ERROR, "no answer within 30 seconds")
        w.clock.now += DAY
        await policies.refresh()
        kept = await w.kept()
        assert kept is not None
        assert (kept.text, kept.until, kept.trouble) == (
            before.text,
            before.until,
            "no answer within 30 seconds",
        )
        assert w.clock.now < kept.look_at <= w.clock.now + sts.RETRY
        assert await policies.of(DOMAIN) == policy
        w.pages[DOMAIN] = TEXT
        w.clock.now = kept.look_at
        await policies.refresh()
        kept = await w.kept()
        assert kept is not None
        assert (kept.trouble, kept.until) == ("", w.clock.now + AGE)


async def test_what_nobody_uses_runs_out(nest: Nest) -> None:
    async with world(nest) as w:
        policies = w.policies()
        w.pages[DOMAIN] = TEXT.replace(b"604800", b"31557600")
        await policies.of(DOMAIN)
        w.clock.now += sts.OF_USE + 1
        await policies.refresh()
        assert w.fetched == [DOMAIN]
        await policies.of(DOMAIN)  # used again: so it is kept fresh again
        await policies.refresh()
        assert w.fetched == [DOMAIN] * 2
        w.clock.now += 31557601
        w.zone.clear()
        await w.store.write(lambda connection: sts_policies.forget(connection, w.clock.now))
        assert await w.kept() is None


# The page


@dataclass
class Page:
    """What the host of the policy answers."""

    status: str = "200 OK"
    headers: str = "Content-Type: text/plain\r\n"
    body: bytes = TEXT
    name: str = f"mta-sts.{DOMAIN}"
    days: int = 30
    length: int | None = None
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def served(page: Page) -> AsyncGenerator[tuple[int, ssl.SSLContext]]:
    """Serve a page by HTTPS; gives the port, and a context that trusts its authority."""
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=page.days)
    ca.issue_cert(page.name, not_after=until).configure_cert(context)
    trusting = client_context(verify=True)
    ca.configure_trust(trusting)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        page.requests.append(await reader.readuntil(b"\r\n\r\n"))
        length = len(page.body) if page.length is None else page.length
        head = f"HTTP/1.1 {page.status}\r\n{page.headers}Content-Length: {length}\r\n\r\n"
        writer.write(head.encode() + page.body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], trusting


async def fetched(page: Page, *, anywhere: bool = True) -> Policy:
    async with served(page) as (port, context):
        names = Names({f"mta-sts.{DOMAIN} A": "127.0.0.1"})
        may = (lambda _: True) if anywhere else is_public
        return await sts.fetch(DOMAIN, resolver=names, context=context, may=may, port=port)


@pytest.mark.parametrize(
    "headers", ["Content-Type: text/plain; charset=utf-8\r\n", "content-type:TEXT/PLAIN\r\n", ""]
)
async def test_a_page(headers: str) -> None:
    page = Page(headers=headers)
    assert await fetched(page) == mtasts.parse(TEXT)
    assert page.requests[0].startswith(b"GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: mta-sts.d.example")


PAGES = [
    pytest.param(
        Page(status="301 Moved", headers="Location: https://mta-sts.d.example/x\r\n"),
        sts.FETCH_ERROR,
        id="redirect",
    ),
    pytest.param(Page(status="404 Not Found"), sts.FETCH_ERROR, id="none"),
    pytest.param(Page(headers="Content-Type: text/html\r\n"), sts.FETCH_ERROR, id="html"),
    pytest.param(Page(length=len(TEXT) + 1), sts.FETCH_ERROR, id="broken off"),
    pytest.param(Page(body=TEXT + b"x: " + b"y" * 65536), sts.FETCH_ERROR, id="too long"),
    pytest.param(Page(body=b"<html>"), sts.INVALID, id="no policy"),
    pytest.param(Page(name=DOMAIN), sts.UNTRUSTED, id="another name"),
    pytest.param(Page(days=-1), sts.UNTRUSTED, id="expired"),
]


@pytest.mark.parametrize(("page", "result"), PAGES)
async def test_pages_that_are_none(page: Page, result: str) -> None:
    with pytest.raises(NotFetched) as error:
        await fetched(page)
    assert error.value.result == result


async def test_only_on_the_internet() -> None:
    page = Page()
    with pytest.raises(NotFetched, match="not on the Internet"):
        await fetched(page, anywhere=False)
    assert not page.requests


async def test_a_name_that_leads_nowhere() -> None:
    context = client_context(verify=True)
    for zone in ({}, {f"mta-sts.{DOMAIN} A": dns.Silent}):
        with pytest.raises(NotFetched, match="leads nowhere"):
            await sts.fetch(DOMAIN, resolver=Names(zone), context=context, may=is_public)

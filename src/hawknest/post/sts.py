"""The MTA-STS policies of those whom letters are sent to: found, fetched, kept and fetched again in time. RFC 8461 §3, §5.1.

The TXT record only says whether to fetch; the policy comes by HTTPS and its certificate makes it true. Once there is one, it
holds for the time that it says, whatever happens to the record or the page (RFC 8461 §5.1): so nobody who tampers with either can take the
protection away, unless it is before the first letter. A policy that is in use is fetched again once a day by one worker, long
before it runs out.

Most domains have none. That is remembered for some minutes, so that a letter to them costs nothing more.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hawknest import dns
from hawknest.dns import AAAA, TXT, A, IpAddress, Resolver, Unknown
from hawknest.log import Log
from hawknest.net import webcall
from hawknest.net.webcall import CallError
from hawknest.store import Store, StoreError, leases, sts_policies
from hawknest.store.sts_policies import StsPolicy
from hawknest.store.tls_results import TlsResult
from hawknest.trust import mtasts
from hawknest.trust.mtasts import Mode, Policy, PolicyError

LOOK: Final = 300.0  # seconds that what was found is not looked for again, RFC 8461 §3.3
REMEMBERED: Final = 20_000  # domains
PATIENCE: Final = 30.0  # seconds for a policy; RFC 8461 §3.3 speaks of a minute
REFRESH: Final = 86400.0  # seconds
RETRY: Final = 3600.0  # seconds
OF_USE: Final = 30 * 86400.0  # seconds since the last letter, after which a policy is left to run out
WAKE: Final = 300.0  # seconds between two looks at what is due
TOGETHER: Final = 4  # policies that are fetched at once
HELD: Final = 900.0  # seconds that the lease lasts
ROUND: Final = 40  # policies that are fetched in a look: no more than the lease lasts for
_LEASE: Final = "sts"

FETCH_ERROR: Final = "sts-policy-fetch-error"  # RFC 8460 §4.3.2.2
INVALID: Final = "sts-policy-invalid"
UNTRUSTED: Final = "sts-webpki-invalid"


class NotFetched(Exception):
    """A policy that could not be had; `result` is a result type of RFC 8460 §4.3."""

    def __init__(self, result: str, words: str) -> None:
        super().__init__(words)
        self.result = result


#: Fetches the policy of a domain. Raises NotFetched.
Fetch = Callable[[str], Awaitable[Policy]]


async def fetch(
    domain: str,
    *,
    resolver: Resolver,
    context: ssl.SSLContext,
    may: Callable[[IpAddress], bool],
    port: int = 443,
) -> Policy:
    """Fetch the policy of a domain (RFC 8461 §3.3): no redirect is followed, and the certificate must be right.

    Args:
        domain: in its one spelling.
        resolver: whom to ask for the host's addresses.
        context: verifies certificates.
        may: whether an address may be called.
        port: of HTTPS.

    Raises:
        NotFetched: it could not be had, or is none.
    """
    where = f"mta-sts.{domain}" + (f":{port}" if port != 443 else "")
    try:
        octets = await webcall.get(
            f"https://{where}/.well-known/mta-sts.txt",
            context=context,
            may=may,
            seconds=PATIENCE,
            limit=mtasts.LIMIT,
            lookup=partial(_addresses, resolver=resolver),
            media="text/plain",
        )
        return mtasts.parse(octets)
    except CallError as error:
        certificate = isinstance(error.__cause__, ssl.SSLCertVerificationError)
        raise NotFetched(UNTRUSTED if certificate else FETCH_ERROR, str(error)) from error
    except PolicyError as error:
        raise NotFetched(INVALID, f"it is no policy: {error}") from error


async def _addresses(host: str, resolver: Resolver) -> Sequence[IpAddress]:
    """Look a host up. Raises OSError."""
    try:
        found = await asyncio.gather(dns.records(resolver, host, A), dns.records(resolver, host, AAAA))
    except Unknown as error:
        raise OSError(str(error)) from error
    return [*found[0], *found[1]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a domain: the policy that holds now, if it asks for anything."""

    policy: Policy | None
    until: float  # seconds since the epoch: look again then


@dataclass(slots=True)
class Policies:
    """Who knows the policies, in one worker."""

    store: Store
    resolver: Resolver
    log: Log
    owner: str
    clock: Callable[[], float]
    fetch: Fetch
    note: Callable[[TlsResult], None]
    _known: dict[str, Standing] = field(default_factory=dict[str, Standing])
    _under_way: dict[str, asyncio.Task[Standing]] = field(default_factory=dict[str, "asyncio.Task[Standing]"])

    def at_hand(self, domain: str) -> Standing | None:
        """Give what is known without looking; None: nothing is."""
        known = self._known.get(domain)
        return known if known is not None and known.until > self.clock() else None

    async def of(self, domain: str) -> Policy | None:
        """Give the policy that holds for letters to a domain; None: it asks for nothing."""
        known = self.at_hand(domain)
        if known is None:
            task = self._under_way.get(domain)
            if task is None:
                task = asyncio.create_task(self._look(domain), name=f"mta-sts {domain}")
                self._under_way[domain] = task
                task.add_done_callback(lambda _: self._under_way.pop(domain, None))
            known = await asyncio.shield(task)
        return known.policy

    async def _look(self, domain: str) -> Standing:
        """Look a domain up, and remember what was found."""
        now = self.clock()
        kept: StsPolicy | None = None
        with contextlib.suppress(StoreError):
            kept = await self.store.read(partial(sts_policies.get, domain=domain))
        if kept is not None and kept.until <= now:
            kept = None
        policy, until = await self._found(domain, kept, now)
        if policy is not None and kept is not None and kept.used_at <= now - REFRESH:
            with contextlib.suppress(StoreError):
                await self.store.write(partial(sts_policies.used, domain=domain, now=now))
        standing = Standing(
            policy if policy and policy.mode is not Mode.NONE else None, min(now + LOOK, until)
        )
        self._known.pop(domain, None)
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[domain] = standing
        return standing

    async def _found(self, domain: str, kept: StsPolicy | None, now: float) -> tuple[Policy | None, float]:
        """The policy of a domain, and until when it holds."""
        old = (None, now + LOOK) if kept is None else (_read(kept.text), kept.until)
        try:
            mark = mtasts.mark(await dns.records(self.resolver, f"_mta-sts.{domain}", TXT))
        except Unknown:
            return old
        if mark is None or (kept is not None and kept.mark == mark):
            return old
        try:
            fresh = await self.fetch(domain)
        except NotFetched as error:
            self._not_fetched(domain, error)
            return old
        await self._keep(domain, mark, fresh, now)
        return fresh, now + fresh.max_age

    def _not_fetched(self, domain: str, error: NotFetched) -> None:
        self.note(TlsResult(domain, "sts", "", error.result))
        self.log.delivery.warning("MTA-STS policy not fetched", domain=domain, error=str(error))

    async def _keep(self, domain: str, mark: str, policy: Policy, now: float) -> None:
        row = StsPolicy(
            domain,
            mark,
            policy.text,
            fetched_at=now,
            until=now + policy.max_age,
            look_at=now + min(REFRESH, policy.max_age / 2),
            used_at=now,
        )
        with contextlib.suppress(StoreError):  # it is fetched again, then
            await self.store.write(partial(sts_policies.put, policy=row))

    async def run(self) -> None:
        """Fetch again what is due, until cancelled."""
        while True:
            with contextlib.suppress(StoreError):  # next time, then
                await self.refresh()
            await asyncio.sleep(WAKE)

    async def refresh(self) -> None:
        """Fetch again what is due, if no other worker does. Raises StoreError."""
        now = self.clock()
        due = await self.store.read(partial(sts_policies.due, now=now, used_since=now - OF_USE, count=ROUND))
        take = partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        if due and await self.store.write(take):
            for start in range(0, len(due), TOGETHER):
                await asyncio.gather(*map(self._refreshed, due[start : start + TOGETHER]))
            await self.store.write(partial(sts_policies.forget, now=self.clock()))

    async def _refreshed(self, kept: StsPolicy) -> None:
        """Fetch one policy again; where that fails the old one holds on. Raises StoreError."""
        now = self.clock()
        mark = kept.mark
        with contextlib.suppress(Unknown):
            mark = mtasts.mark(await dns.records(self.resolver, f"_mta-sts.{kept.domain}", TXT)) or mark
        try:
            fresh = await self.fetch(kept.domain)
        except NotFetched as error:
            self._not_fetched(kept.domain, error)
            again = now + max(LOOK, min(RETRY, (kept.until - now) / 2))
            note = partial(sts_policies.not_fetched, domain=kept.domain, trouble=str(error), look_at=again)
            await self.store.write(note)
            return
        row = replace(
            kept,
            mark=mark,
            text=fresh.text,
            fetched_at=now,
            until=now + fresh.max_age,
            look_at=now + min(REFRESH, fresh.max_age / 2),
        )
        await self.store.write(partial(sts_policies.put, policy=row))
        self._known.pop(kept.domain, None)


def _read(text: str) -> Policy | None:
    """Read a policy that was kept; one that an older version took and this one does not is none."""
    try:
        return mtasts.parse(text.encode())
    except PolicyError:
        return None

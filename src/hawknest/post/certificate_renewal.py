"""Who asks an authority: which certificates are to be had, when they are renewed, and what became of it. RFC 8555, RFC 9773.

A certificate is renewed when its authority would like that, else when two thirds of its life are over. It keeps its key, so that a
TLSA record that was entered once stays true; a new key is made known first and used two days later.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from hawknest.accounts import authority, domains
from hawknest.accounts.authority import Wish
from hawknest.accounts.directory import Directory
from hawknest.accounts.vault import Vault, VaultError
from hawknest.log import Log
from hawknest.net import tls
from hawknest.net.acme import AcmeError, Authority, Window, new_key, read_key
from hawknest.net.aside import aside
from hawknest.net.tls import TlsError
from hawknest.post import certificate_names
from hawknest.post.certificate_order import Ordering, Wanted, Ways
from hawknest.post.certificate_rules import UNASKED, is_ending, is_old, pause, purpose, scheduled
from hawknest.post.certificate_words import remedy, wrong
from hawknest.post.notices import Note, Notices
from hawknest.store import Connection, Store, certificates, leases
from hawknest.store.certificates import Kept

NAMES: Final = 3600.0  # seconds from one look at the names in the DNS to the next
HELD: Final = 600.0  # seconds that the lease lasts
AGAIN: Final = 6 * 3600.0  # seconds until an authority that did not answer is asked about renewal again
MISSING: Final = 86400.0  # seconds until a certificate is asked for that has the names that failed, too
_LEASE: Final = "certificates"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What has to be known of the house."""

    hostname: str
    covered: tuple[str, ...]  # the names of the owner's own certificate
    authority: Callable[[str], Authority]  # by its address
    ways: Ways


@dataclass(slots=True, kw_only=True)
class Renewal:
    """Who asks, in one worker."""

    store: Store
    log: Log
    owner: str
    vault: Vault
    directory: Directory
    ordering: Ordering
    notices: Notices
    house: Callable[[], House]
    place: Path  # where certificates are for a moment, encrypted (`net.tls.shown`)
    clock: Callable[[], float]
    random: Callable[[], float]  # from 0 to 1
    #: Certificates, by subject and authority, whose key cannot be opened.
    unreadable: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _names_at: float = -math.inf
    _directory: int = -1

    def look_at_names(self) -> None:
        """Ask the DNS about the names in the next round."""
        self._names_at = -math.inf

    async def round(self) -> float:
        """Ask for what is due, where nobody else does. Returns when to look again. Raises StoreError."""
        wish = await self.store.read(authority.wish)
        if not wish.ca:
            return math.inf
        await self.directory.look()
        now, mine = self.clock(), await self._mine(wish)
        names_due = self._names_at + NAMES <= now or self._directory != self.directory.version
        if names_due or any(self._due(one) for one in mine):
            take = partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
            if not await self.store.write(take):
                return math.inf
            if names_due:
                self._names_at, self._directory = now, self.directory.version
                mine = await self._find_names(wish, mine)
            for one in mine:
                await self._see_to(wish, one)
            await self._clear(wish)
            mine = await self._mine(wish)
        return min(
            (min(one.renew_at, one.look_at or math.inf) for one in mine if one.wanted), default=math.inf
        )

    async def _mine(self, wish: Wish) -> list[Kept]:
        return [one for one in await self.store.read(certificates.listing) if one.ca == wish.ca]

    def _due(self, one: Kept) -> bool:
        return bool(one.wanted) and (
            self._wants_new(one) or (bool(one.names) and one.look_at <= self.clock())
        )

    def _wants_new(self, one: Kept) -> bool:
        broken = (one.subject, one.ca) in self.unreadable and not one.failures
        return bool(one.wanted) and (one.renew_at <= self.clock() or broken)

    async def _see_to(self, wish: Wish, one: Kept) -> None:
        if self._wants_new(one):
            await self._renew(wish, one)
        elif self._due(one):
            await self._ask_when(wish, one)
        if one.names and one.wanted and one.problem and is_ending(one, self.clock()):
            await self._warn(one)

    async def _find_names(self, wish: Wish, mine: Sequence[Kept]) -> list[Kept]:
        """Find out which names are to be had, and write that down. Raises StoreError."""
        house, rows = self.house(), await self.store.read(domains.listing)
        found = await certificate_names.wanted(
            house.hostname,
            [domain.name for domain in rows],
            self.ordering.resolver,
            before={one.subject: one.wanted for one in mine},
            covered=house.covered,
        )
        known = {one.subject: one for one in mine}
        kept: list[Kept] = []
        for subject in dict.fromkeys((*found, *known)):
            old = known.get(subject) or Kept(subject=subject, ca=wish.ca)
            new = replace(old, wanted=found.get(subject, ()))
            if old.names and not old.failures and not set(new.wanted) <= set(old.names):
                new = replace(new, renew_at=0.0)
            if new != old:
                await self.store.write(partial(certificates.put, kept=new))
            kept.append(new)
        return kept

    async def _renew(self, wish: Wish, old: Kept) -> None:
        """Ask for a certificate, and keep what came of it. Raises StoreError."""
        names, failed = old.wanted, None
        while True:
            try:
                new = await self._obtain(wish, old, names)
                break
            except AcmeError as error:
                rest = tuple(name for name in names if name not in error.names)
                news = is_old(old, self.clock()) or not set(rest) <= set(old.names)
                if not (0 < len(rest) < len(names) and news) or error.kind == "rateLimited":
                    await self._failed(old, error)
                    return
                names, failed = (
                    rest,
                    failed or error,
                )  # trouble with one name keeps none of the others waiting
        if failed is not None:
            new = replace(_told(new, failed, 1), renew_at=min(new.renew_at, self.clock() + MISSING))
        await self.store.write(partial(_replace, old=old, new=new))
        self.log.system.info(
            "certificate given", names=list(new.names), authority=wish.ca, until=_day(new.ends_at)
        )

    async def _obtain(self, wish: Wish, old: Kept, names: tuple[str, ...]) -> Kept:
        """Have a certificate made. Raises AcmeError, StoreError."""
        house = self.house()
        key, is_next = await self._key(old)
        dns = await self.ordering.registrar.can(names)
        wanted = Wanted(
            authority=house.authority(wish.ca),
            contact=wish.contact,
            names=names,
            key=key,
            follows=old.chain.encode(),
            ways=house.ways,
            kinds=house.ways.order(wish.challenge, old.failures, dns=dns),
        )
        chain = await self.ordering.obtain(wanted)
        try:
            shown = await asyncio.to_thread(tls.shown, chain, key, self.place)
        except TlsError as error:
            raise AcmeError("bad-chain", str(error)) from None
        if not set(names) <= set(shown.names):
            raise AcmeError("bad-chain", " ".join(shown.names))
        new = replace(
            replace(old, next_key="", next_pin="", next_from=0.0) if is_next else old,
            names=shown.names,
            chain=chain.decode("ascii"),
            key=self.vault.seal(key, purpose(old.subject)),
            pin=shown.pin,
            begins_at=shown.begins_at,
            ends_at=shown.ends_at,
            failures=0,
            problem="",
            about="",
            detail="",
        )
        made = scheduled(new, await self._window(wanted.authority, new), self.clock(), self.random())
        return replace(made, renew_at=min(made.renew_at, made.next_from)) if made.next_key else made

    async def _key(self, old: Kept) -> tuple[bytes, bool]:
        """Choose the key of the next certificate. Returns with it whether it is the one that was made known beforehand."""
        ready = bool(old.next_key) and old.next_from <= self.clock()
        rows = await self.store.read(certificates.listing)
        others = [
            row.key for row in rows if row.subject == old.subject
        ]  # another authority's keeps TLSA true, too
        for sealed in filter(None, [old.next_key if ready else "", old.key, *others]):
            try:
                key = self.vault.open(sealed, purpose(old.subject))
                read_key(key)
            except (VaultError, ValueError) as error:
                self.log.system.error("a key cannot be read", subject=old.subject, error=str(error))
                continue
            return key, ready and sealed == old.next_key
        return new_key(), False

    async def _window(self, whose: Authority, one: Kept) -> Window | None:
        """Ask when the authority would like to renew; None: it does not say, or not now."""
        from hawknest.net.acme_talk import Talk  # noqa: PLC0415 (30 MB that only who asks an authority needs)

        def ask() -> Window | None:
            talk = Talk(whose, new_key())
            try:
                return talk.window(one.chain.encode(), self.clock())
            finally:
                talk.close()

        try:
            return await aside(ask)
        except AcmeError as error:
            self.log.system.warning("renewal not asked about", subject=one.subject, error=str(error))
            return None

    async def _ask_when(self, wish: Wish, one: Kept) -> None:
        """Ask again when the authority would like to renew. Raises StoreError."""
        window = await self._window(self.house().authority(wish.ca), one)
        if window is None:
            fresh = replace(one, look_at=self.clock() + AGAIN)
        else:
            fresh = scheduled(one, window, self.clock(), self.random())
        await self.store.write(partial(_replace, old=one, new=fresh))

    async def _failed(self, old: Kept, error: AcmeError) -> None:
        """Keep why there is no certificate, and when it is tried again. Raises StoreError."""
        now, wish = self.clock(), await self.store.read(authority.wish)
        wait = max(pause(error.kind, old.failures, self.random(), now - wish.agreed_at), error.wait)
        failures = max(old.failures, 1) if error.kind in UNASKED else old.failures + 1
        new = replace(_told(old, error, failures), renew_at=now + wait)
        await self.store.write(partial(_replace, old=old, new=new))
        self.log.system.warning(
            "certificate not given",
            subject=old.subject,
            name=new.about,
            problem=error.kind,
            words=wrong(error.kind, new.about, authority.called(old.ca))[0],
            detail=error.detail,
            seconds=round(wait),
        )

    async def _clear(self, wish: Wish) -> None:
        """Forget what is over and not wanted any more. Raises StoreError."""
        for one in await self.store.read(certificates.listing):
            if one.ends_at < self.clock() and (one.ca != wish.ca or not one.wanted):
                await self.store.write(partial(certificates.drop, subject=one.subject, ca=one.ca))

    async def _warn(self, one: Kept) -> None:
        """Tell the owners of a certificate that is about to end and could not be renewed."""
        ca = authority.called(one.ca)
        what, do = wrong(one.problem, one.about, ca), remedy(one.problem, one.about, ca)
        end, names, said = _day(one.ends_at), ", ".join(one.names), one.detail or "-"
        english = (
            f"It could not be renewed so far. {what[0]}\n\n{do[0]}.\n\nNames: {names}\nThe authority says: {said}\n\n"
            "The same is told by: hawknest certificate show"
        )
        japanese = (
            f"まだ更新できていません。{what[1]}\n\n{do[1]}。\n\n名前: {names}\n認証局の応答: {said}\n\n"
            "状態は hawknest certificate show で確認できます。"
        )
        subject = (
            f"The certificate for {one.subject} ends on {end}",
            f"{one.subject} の証明書は {end} に切れます",
        )
        await self.notices.owners(f"certificate {one.subject}", Note(subject, (english, japanese)))


def _told(one: Kept, error: AcmeError, failures: int) -> Kept:
    about = error.names[0] if error.names else ""
    return replace(one, failures=failures, problem=error.kind, about=about, detail=error.detail)


def _replace(connection: Connection, old: Kept, new: Kept) -> None:
    """Keep what has become of a certificate, unless it is not wanted any more; a next key that came meanwhile stays."""
    for row in certificates.listing(connection):
        if (row.subject, row.ca) == (old.subject, old.ca):
            if row.next_pin != old.next_pin:
                new = replace(new, next_key=row.next_key, next_pin=row.next_pin, next_from=row.next_from)
            certificates.put(connection, new)


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))

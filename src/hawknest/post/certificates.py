"""Certificates that come by themselves: what every worker shows, and that it hears of new ones. RFC 8555.

All there is to know lies in the database, keys sealed, so that every worker and every machine of the nest shows the same
certificates; one of them, by lease, does the asking (`post.certificate_renewal`). A change rings (`store.bell`), and whoever hears it
reads again; a ring may be lost, so there is a look every half minute, too.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from hawknest.accounts import authority
from hawknest.accounts.authority import Wish
from hawknest.accounts.vault import Vault, VaultError
from hawknest.log import Log
from hawknest.net import tls
from hawknest.net.acme import TLS, Proof, proof_certificate
from hawknest.net.aside import aside
from hawknest.net.tls import Certificate, Shown, TlsError
from hawknest.post.certificate_renewal import Renewal
from hawknest.post.certificate_rules import best, purpose
from hawknest.post.certificate_standing import CertificateStanding, standing
from hawknest.store import Connection, Store, StoreError, certificates
from hawknest.store.certificates import NUMBER, Challenge, Kept

LOOK: Final = 30.0  # the longest sleep, in seconds


@dataclass(slots=True, kw_only=True)
class Certificates:
    """Who sees to certificates, in one worker."""

    store: Store
    log: Log
    vault: Vault
    certificate: Certificate
    renewal: Renewal
    place: Path  # where certificates are for a moment, encrypted (`net.tls.shown`)
    clock: Callable[[], float]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _version: int = -1
    _made: dict[tuple[str, str], Shown] = field(
        default_factory=dict[tuple[str, str], Shown]
    )  # by chain and key
    _proofs: dict[Challenge, Shown] = field(default_factory=dict[Challenge, Shown])

    def poke(self) -> None:
        """Look now."""
        self.renewal.look_at_names()
        self._wake.set()

    async def answer(self, token: str) -> str | None:
        """Tell what proves us to who asks for a token over HTTP (RFC 8555 §8.3). Raises StoreError."""
        return await self.store.read(partial(certificates.answer, token=token, now=self.clock()))

    async def standing(self) -> CertificateStanding:
        """Tell how it stands. Raises StoreError."""
        own, files = self.certificate.own, self.certificate.from_files
        hostname = self.renewal.house().hostname
        return await self.store.read(
            partial(standing, hostname=hostname, own=own, now=self.clock(), files=files)
        )

    async def terms(self, url: str) -> str:
        """Ask an authority where its terms are. Raises AcmeError."""
        from hawknest.net.acme_talk import terms  # noqa: PLC0415 (30 MB that only who asks an authority needs)

        return await aside(partial(terms, self.renewal.house().authority(url)))

    async def load(self) -> None:
        """Show what the database has, where that has changed. Raises StoreError."""
        now = self.clock()

        def question(connection: Connection) -> tuple[int, list[Kept], list[Challenge], Wish]:
            return (
                certificates.version(connection),
                certificates.listing(connection),
                certificates.challenges(connection, now),
                authority.wish(connection),
            )

        if await self.store.read(certificates.version) == self._version:
            return
        self._version, kept, challenges, wish = await self.store.read(question)
        shown = await asyncio.to_thread(self._opened, best(kept, wish.ca, now))
        self.certificate.give(shown)
        proving = [one for one in challenges if one.kind == TLS]
        self._proofs = await asyncio.to_thread(self._proving, proving)
        self.certificate.prove({proof.name: one.context for proof, one in self._proofs.items()})

    def _opened(self, wanted: Sequence[Kept]) -> list[Shown]:
        """Open what is to be shown; what was shown already is not made again."""
        made: dict[tuple[str, str], Shown] = {}
        self.renewal.unreadable.clear()
        for one in wanted:
            name = (one.chain, one.key)
            try:
                made[name] = self._made.get(name) or self._open(one)
            except (VaultError, TlsError) as error:
                self.renewal.unreadable.add((one.subject, one.ca))
                self.log.system.error("a certificate cannot be shown", subject=one.subject, error=str(error))
        self._made = made
        return list(made.values())

    def _open(self, one: Kept) -> Shown:
        key = self.vault.open(one.key, purpose(one.subject))
        return tls.shown(one.chain.encode(), key, self.place)

    def _proving(self, wanted: Sequence[Challenge]) -> dict[Challenge, Shown]:
        made: dict[Challenge, Shown] = {}
        for one in wanted:
            if (there := self._proofs.get(one)) is None:
                pair = proof_certificate(Proof(one.kind, one.name, one.token, one.answer))
                there = tls.shown(*pair, self.place, tls.PROOF.decode())
            made[one] = there
        return made

    async def run(self) -> None:
        """See to certificates until cancelled."""
        self.store.bell.watch(NUMBER, lambda _number, _modseq: self.poke())
        while True:
            self._wake.clear()
            due = math.inf
            try:
                await self.load()
                due = await self.renewal.round()
            except StoreError as error:
                self.log.system.error("certificates not seen to", error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(max(due - self.clock(), 0.2), LOOK)):
                    await self._wake.wait()

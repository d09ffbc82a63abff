"""One certificate ordered: proofs shown where the authority looks, and taken away again. RFC 8555 §7.4, §8; RFC 8737.

What proves a name lies in the database for as long as the authority may look, so that whichever worker it meets can answer.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from hawknest.accounts.vault import Vault, VaultError
from hawknest.dns import Resolver, Unknown
from hawknest.log import Log
from hawknest.net.acme import DNS, HTTP, KINDS, KNOWN, TLS, AcmeError, Authority, Proof, new_key, request
from hawknest.net.aside import aside
from hawknest.net.owndoor import Met, probe
from hawknest.post.certificate_dns import Registrar
from hawknest.post.certificate_names import addresses, is_public
from hawknest.store import Store, certificates
from hawknest.store.certificates import Account, Challenge

if TYPE_CHECKING:
    from hawknest.net.acme_talk import Order, Talk

LIFETIME: Final = 900.0  # seconds for which a proof may be looked at
SETTLE: Final = 1.0  # seconds until every worker shows a proof that is not looked up when it is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How names can be proved here now."""

    http: bool  # a listener for http is open
    tls: bool  # one for https
    port: int  # that the authority comes to by HTTP

    def order(self, wish: str, turn: int, *, dns: bool) -> tuple[str, ...]:
        """The ways to try, by what the owner wants; where that is left open each failure lets another one go first.

        `dns` tells whether the names lie in zones that we may change.
        """
        can = {HTTP: self.http, TLS: self.tls, DNS: dns}
        if wish in KINDS:
            return (wish,)
        ways = [kind for kind in KINDS if can[kind]]
        turn = turn % len(ways) if ways else 0
        return (*ways[turn:], *ways[:turn])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is ordered."""

    authority: Authority
    contact: str
    names: tuple[str, ...]
    key: bytes = field(repr=False)  # PEM
    follows: bytes  # the chain that it comes after, in PEM; b'' for none
    ways: Ways
    kinds: tuple[str, ...]  # the ways to try, the first that the authority takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """Who orders, in one worker."""

    store: Store
    log: Log
    vault: Vault
    resolver: Resolver
    registrar: Registrar
    clock: Callable[[], float]
    reload: Callable[[], Awaitable[None]]  # have this worker show what is in the database

    async def obtain(self, wanted: Wanted) -> bytes:
        """Order a certificate. Returns its chain, in PEM. Raises AcmeError, StoreError."""
        await self._look_first(wanted)
        talk = await self._talk(wanted)
        try:
            order = await aside(
                partial(talk.order, wanted.names, request(wanted.key, wanted.names), wanted.follows)
            )
            proofs = [_proof(order, name, wanted.kinds) for name in order.names]
            async with self._exposed(proofs):
                for proof in proofs:
                    await aside(partial(talk.look, order, proof))
                return await aside(partial(talk.collect, order))
        except AcmeError as error:
            if error.kind == "accountDoesNotExist":  # the next try makes a new one
                await self.store.write(partial(certificates.drop_account, ca=wanted.authority.url))
            raise
        finally:
            talk.close()

    async def _look_first(self, wanted: Wanted) -> None:
        """See that the authority would find us, where that can be seen from here. Raises AcmeError."""
        inner = tuple(name for name in wanted.names if not is_public(name))
        if inner and wanted.authority.url in KNOWN.values():
            raise AcmeError("not-public", "", inner)
        if wanted.kinds[:1] == (DNS,):
            return
        if not wanted.kinds:
            raise AcmeError("no-way", "", wanted.names)
        token = secrets.token_urlsafe(32)
        trial = Proof(HTTP, wanted.names[0], token, f"{token}.{secrets.token_urlsafe(32)}")
        async with self._exposed([trial] if wanted.kinds[0] == HTTP else []):
            for name in wanted.names:
                try:
                    there = await addresses(self.resolver, name)
                except Unknown as error:
                    raise AcmeError("dns", str(error), (name,)) from None
                if not there:
                    raise AcmeError("no-address", "", (name,))
                if wanted.kinds[0] == HTTP:
                    met = [await probe(name, one, wanted.ways.port, token, trial.answer) for one in there]
                    if Met.ANOTHER in met:
                        raise AcmeError("other-server", "", (name,))

    async def _talk(self, wanted: Wanted) -> "Talk":
        """Begin to talk, with our account, or with a new one. Raises AcmeError, StoreError."""
        from hawknest.net.acme_talk import Talk  # noqa: PLC0415 (30 MB that only who asks an authority needs)

        ca = wanted.authority.url
        account = await self.store.read(partial(certificates.account, ca=ca))
        if account is not None:
            try:
                key = self.vault.open(account.key, _purpose(ca))
                return await aside(partial(Talk, wanted.authority, key, account.url))
            except VaultError as error:
                self.log.system.warning("a new account with the authority is made", why=str(error))
        key = new_key()
        talk = await aside(partial(Talk, wanted.authority, key))
        try:
            url = await aside(partial(talk.register, wanted.contact))
        except AcmeError:
            talk.close()
            raise
        made = Account(ca, url, self.vault.seal(key, _purpose(ca)), wanted.contact, self.clock())
        await self.store.write(partial(certificates.put_account, made=made))
        self.log.system.info("account with the authority", authority=ca)
        return talk

    @contextlib.asynccontextmanager
    async def _exposed(self, proofs: Sequence[Proof]) -> AsyncGenerator[None]:
        """Let the authority see proofs for as long as the block lasts. Raises AcmeError, StoreError."""
        try:
            for proof in proofs:
                await self._show(proof)
            if any(proof.kind == TLS for proof in proofs):
                await self.reload()
                await asyncio.sleep(SETTLE)
            yield
        finally:
            for proof in proofs:
                await self._hide(proof)

    async def _show(self, proof: Proof) -> None:
        if proof.kind == DNS:
            await self.registrar.put(proof.name, proof.text)
            return
        ends = self.clock() + LIFETIME
        shown = Challenge(proof.token, proof.kind, proof.name, proof.answer, ends)
        await self.store.write(partial(certificates.put_challenge, challenge=shown))

    async def _hide(self, proof: Proof) -> None:
        if proof.kind == DNS:
            with contextlib.suppress(AcmeError):  # an old proof proves nothing to anybody
                await self.registrar.take(proof.name, proof.text)
            return
        drop = partial(certificates.drop_challenge, token=proof.token, now=self.clock())
        await self.store.write(drop)


def _proof(order: "Order", name: str, kinds: Sequence[str]) -> Proof:
    """Choose the way to prove a name. Raises AcmeError."""
    for kind in kinds:
        if (proof := order.proof(name, kind)) is not None:
            return proof
    raise AcmeError("no-way", "", (name,))


def _purpose(ca: str) -> str:
    return f"acme {ca}"

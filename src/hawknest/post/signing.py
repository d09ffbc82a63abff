"""Signing what leaves: the domain in From vouches for the letter, with its RSA key and its Ed25519 key at once. RFC 6376, RFC 8463.

It is done when a letter is about to leave, not when it comes: keys change while letters wait, and a letter to our own people needs no
signature. Whoever a letter goes to, and however many hosts are tried, it is signed once.

A signature is our own word on the author, so it is asked who brought the letter: nobody gets one for an address that is not the
sender's to write as, also where the owner lets people send as anybody (`accounts.permit.may_sign_as`). What strangers bring and an
alias sends on is not ours to vouch for, least of all with a From of ours. What we write ourselves (reports, automatic replies) is.

What strangers bring and we send on is sealed (ARC): with what we had found out about it, which the next server may believe.

A key that was never found in the DNS signs nothing: the receiver could not check it, and some take that for worse than no
signature. A key that was there once goes on signing when it is not: the DNS may only be in trouble.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Final

from hawknest.accounts import devices, dkim_keys, domains, settings
from hawknest.accounts.directory import Account, look_up, owns
from hawknest.accounts.dkim_keys import Sealed, State
from hawknest.accounts.errors import AccountError
from hawknest.accounts.permit import UNPROVED, Mode, Whose, may_sign_as
from hawknest.accounts.vault import Vault, VaultError
from hawknest.log import Log
from hawknest.mail.address import Address, AddressError, parse_address
from hawknest.mail.header import Header, split
from hawknest.mail.mailboxes import mailboxes
from hawknest.post.parcel import HEADER, Parcel
from hawknest.post.passedon import passed_on
from hawknest.post.rewriting import Rewriting
from hawknest.store import Connection, Store, journey
from hawknest.store.journey import Letter
from hawknest.store.outgoing import Waiting
from hawknest.trust.arc_seal import Sealing
from hawknest.trust.author import author
from hawknest.trust.dkim_sign import Signer, Signing

KEPT: Final = 500  # letters whose signatures are remembered
FRESH: Final = 300.0  # seconds for which they are
KEYS: Final = 500  # opened keys that are remembered


class Why(StrEnum):
    """Why a letter is not signed."""

    NO_AUTHOR = "no author"  # From is not there, twice there, cannot be read, or names several domains
    ELSEWHERE = "elsewhere"  # the author's domain is not ours
    NOT_ALLOWED = "not allowed"  # who brought the letter may not write as its author
    NO_KEY = "no key"
    NOT_PUBLISHED = "not published"  # the DNS has none of the keys yet
    LOCKED = "locked"  # the key cannot be opened with this machine's vault.key
    HEADER = "header"  # it is too long


@dataclass(frozen=True, slots=True)
class Dress:
    """What a letter wears as it leaves: octets in front, in the place of the first ones of its content."""

    prefix: bytes = field(repr=False)
    skip: int
    told: Mapping[str, str]  # for the journey

    def on(self, parcel: Parcel) -> Parcel:
        """Put it on."""
        return replace(parcel, prefix=self.prefix, skip=self.skip)


@dataclass(frozen=True, slots=True)
class _Vouched:
    """Who may sign a letter: keys, or why there are none."""

    keys: Sequence[Sealed]
    why: Why | None = None


@dataclass(slots=True)
class Signatures:
    """Signs letters, each once.

    `rewriting` puts our own address into From of what is sent on, where the owner wants that.
    """

    store: Store
    vault: Vault
    log: Log
    clock: Callable[[], float]
    rewriting: Rewriting | None = None
    host: str = (
        ""  # our name, under which it was written what we had found out about letters that are sent on
    )
    _made: dict[tuple[int, str], tuple[float, asyncio.Task[Dress]]] = field(
        default_factory=dict[tuple[int, str], tuple[float, asyncio.Task[Dress]]]
    )
    _opened: dict[Sealed, Signer] = field(default_factory=dict[Sealed, Signer])

    async def dress(self, parcel: Parcel, waiting: Waiting) -> Dress:
        """Sign a letter, unless that was done a moment ago. Raises StoreError."""
        which, now = (waiting.outgoing_id, waiting.letter_id), self.clock()
        made = self._made.get(which)
        if made is None or made[0] < now - FRESH or (made[1].done() and made[1].exception()):
            made = self._made[which] = now, asyncio.create_task(self._dress(parcel, waiting.letter_id))
            if len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
        return await asyncio.shield(made[1])

    async def _dress(self, parcel: Parcel, letter_id: str) -> Dress:
        async with aclosing(parcel.blocks()) as blocks:
            head = b""
            async for block in blocks:
                head += block
                end, body = split(head)
                if end < body or len(head) > HEADER:
                    break
            end, body = split(head)
            if end > HEADER:
                return Dress(parcel.prefix, parcel.skip, {"unsigned": Why.HEADER})
            header, changed = head[:end], None
            if self.rewriting is not None:
                changed = await self.rewriting.header(parcel, header)
            vouched = await self.store.read(
                partial(
                    _vouched, letter_id=letter_id, authors=_authors(changed or header), ours=bool(changed)
                )
            )
            signers, why = self._signers(vouched)
            found = passed_on(header, self.host)
            sealer = await self._sealer(found.via.domain) if found else None
            signing = Signing(changed or header) if why is None else None
            sealing = Sealing(changed or header) if sealer else None
            makers = [one for one in (signing, sealing) if one is not None]
            for one in makers:
                one.update(head[body:])
            if makers:
                async for block in blocks:
                    for one in makers:
                        one.update(block)
        told = {"rewritten": _authors(changed)[0].domain} if changed else {}
        fields, now = b"", self.clock()
        if signing is not None:
            fields = signing.signed(signers, now)
            told |= {"signed": f"{signers[0].domain} {' '.join(s.selector for s in signers)}"}
        elif why is not None:
            told |= {"unsigned": why.value}
        if sealing is not None and sealer is not None and found is not None:
            seal = sealing.sealed(sealer, found.chain, found.results, now)
            fields = seal + fields
            told |= {"sealed": sealer.domain} if seal else {}
        if changed is None:
            return Dress(fields + parcel.prefix, parcel.skip, told)
        return Dress(fields + changed, parcel.skip + end - len(parcel.prefix), told)

    async def _sealer(self, domain: str) -> Signer | None:
        """Open the key that seals what addresses of a domain send on: the RSA one, which all can check. Raises StoreError."""
        keys = await self.store.read(partial(dkim_keys.signing, domain=domain))
        signers, _ = self._signers(_Vouched(keys[:1]))
        return signers[0] if signers else None

    def _signers(self, vouched: _Vouched) -> tuple[list[Signer], Why | None]:
        """Open the keys."""
        if vouched.why is not None:
            return [], vouched.why
        try:
            return [self._signer(sealed) for sealed in vouched.keys], None
        except VaultError as error:
            self.log.system.error("letter not signed", error=str(error))
            return [], Why.LOCKED

    def _signer(self, sealed: Sealed) -> Signer:
        """Open a key, once. Raises VaultError."""
        signer = self._opened.get(sealed)
        if signer is None:
            if len(self._opened) >= KEYS:
                self._opened.clear()
            signer = self._opened[sealed] = dkim_keys.opened(self.vault, sealed)
        return signer


def _authors(header: bytes) -> list[Address]:
    """The addresses in From; none where programs may differ on who the author is."""
    every = Header(header).every("From")
    if len(every) != 1 or author(header).fault is not None:
        return []
    return [one.address for one in mailboxes(every[0].raw) if one.address is not None]


def _vouched(connection: Connection, letter_id: str, authors: Sequence[Address], *, ours: bool) -> _Vouched:
    """Find the keys that sign a letter by these authors; `ours`: they were put there by ourselves."""
    if not authors:
        return _Vouched((), Why.NO_AUTHOR)
    domain = authors[0].domain
    keys = dkim_keys.signing(connection, domain)
    if not keys:
        why = _why_not(connection, domain)
        if why is Why.ELSEWHERE:
            return _Vouched((), why)
    else:
        why = None
    if not ours and not _may_sign(connection, letter_id, authors):
        why = Why.NOT_ALLOWED
    return _Vouched(keys, why)


def _why_not(connection: Connection, domain: str) -> Why:
    """Say why nothing signs for a domain."""
    try:
        domains.get(connection, domain)
    except AccountError:
        return Why.ELSEWHERE
    waits = any(key.state is State.NEW for key in dkim_keys.published(connection, domain))
    return Why.NOT_PUBLISHED if waits else Why.NO_KEY


def _may_sign(connection: Connection, letter_id: str, authors: Sequence[Address]) -> bool:
    """Tell whether who brought a letter may write as all of its authors, who are in a domain of ours."""
    letter = journey.get(connection, letter_id)
    if letter is None:  # it has waited for longer than journeys are kept
        return False
    if not letter.peer:  # we wrote it ourselves
        return True
    policies = settings.policies(connection)
    mode, account_id, senders = _brought_by(connection, letter, policies.plus_separator)

    def may(author: Address) -> bool:
        own = bool(account_id) and owns(connection, account_id, author, policies.plus_separator)
        if (
            mode is Mode.POP
        ):  # who that was is not kept; the policy has seen to it that the sender was its own
            own = policies.sender_policy and letter.sender == author.key
        return may_sign_as(mode, author, Whose.OWN if own else Whose.OURS, senders)

    return all(may(author) for author in authors)


def _brought_by(connection: Connection, letter: Letter, separator: str) -> tuple[Mode, int, tuple[str, ...]]:
    """By what right a letter came, as its journey has it: with the account, and the senders of a device."""
    login, right = str(letter.detail.get("login", "")), letter.detail.get("right")
    if "@" in login:
        try:
            entry = look_up(connection, parse_address(login), separator)
        except AddressError:
            return Mode.STRANGER, 0, ()
        return Mode.ACCOUNT, entry.account_id if isinstance(entry, Account) else 0, ()
    if login:
        try:
            return Mode.DEVICE, 0, devices.get(connection, login).senders
        except AccountError:
            return Mode.STRANGER, 0, ()
    for mode, words in UNPROVED.items():
        if right == words:
            return mode, 0, ()
    return Mode.STRANGER, 0, ()

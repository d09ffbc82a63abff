"""The directory: what an address leads to, as the server looks it up for every recipient.

Answers are remembered for one version of the directory. The version is looked at again when that was last done more than
a second ago, and whoever acts on an answer in a transaction compares versions there: so an answer may be a little old, but
nothing is ever done on an old one.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from hawknest.accounts import domains
from hawknest.accounts.aliases import folded
from hawknest.accounts.changes import directory_version
from hawknest.accounts.exempt import Range, is_exempt, listing, ranges
from hawknest.accounts.settings import Policies, policies
from hawknest.mail.address import Address, AddressError, canonical_domain, parse_address
from hawknest.store import Connection, Statement, Store
from hawknest.trust.strictness import Strictness

REMEMBERED: Final = 20_000  # answers
STEPS: Final = 100  # addresses that are looked at on the way from an alias to its users
FRESH: Final = 1.0  # seconds until the version is looked at again
#: Names that every domain has for reports by other servers, until its owner makes something else of them.
REPORTS: Final = frozenset({"dmarc-reports", "tls-reports"})


@dataclass(frozen=True, slots=True)
class Responder:
    """What an account answers automatically (RFC 3834)."""

    name: str  # of who is away
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account of ours."""

    account_id: int
    address: Address
    active: bool
    quota: int  # octets; 0: no limit
    message_limit: int  # octets; 0: the server's limit
    forward: tuple[Address, ...]
    keep_copy: bool
    responder: Responder | None


@dataclass(frozen=True, slots=True)
class Group:
    """An alias of ours, and where it leads."""

    address: Address
    targets: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class CatchAll:
    """Nobody by that name; the domain has somebody who takes such letters."""

    target: Address


@dataclass(frozen=True, slots=True)
class NoSuchUser:
    """Nobody by that name in a domain of ours."""


@dataclass(frozen=True, slots=True)
class NotLocal:
    """The domain is not ours."""


Entry = Account | Group | CatchAll | NoSuchUser | NotLocal

_DOMAIN: Final = Statement(
    """SELECT coalesce(d.alias_of, d.id), coalesce(a.name, d.name), coalesce(a.catch_all, d.catch_all)
       FROM domain d LEFT JOIN domain a ON a.id = d.alias_of WHERE d.name = :name"""
)
_PRIMARY: Final = Statement("SELECT name FROM domain WHERE alias_of IS NULL ORDER BY id LIMIT 1")
_ACCOUNT: Final = Statement(
    """SELECT id, active, quota, message_limit, forward, keep_copy, responder_on, real_name, responder_subject,
         responder_text FROM account WHERE domain_id = :domain AND local = :local"""
)
_ALIAS: Final = Statement(
    """SELECT t.target FROM alias a LEFT JOIN alias_target t ON t.alias_id = a.id
       WHERE a.domain_id = :domain AND a.local = :local ORDER BY t.target"""
)
_LOGIN: Final = Statement(
    """SELECT a.local, d.name FROM account a JOIN domain d ON d.id = a.domain_id WHERE a.local = :local LIMIT 2"""
)


def look_up(connection: Connection, address: Address, separator: str = "+") -> Entry:
    """Look an address up: the account of that name, else the alias, else without its detail, else the catch-all.

    `separator` stands before the detail of `user+detail@domain` (RFC 5233 §1); '' where there is no such thing.
    """
    if not address.domain:  # the bare postmaster: RFC 5321 §4.5.1
        primary = connection.one(_PRIMARY)
        if primary is None:
            return NoSuchUser()
        address = Address(address.local, primary[0])
    row = connection.one(_DOMAIN, name=address.domain)
    if row is None:
        return NotLocal()
    domain_id, name, catch_all = row
    here = Address(address.local, name)
    without, detail = here.split_plus(separator) if separator else (here, None)
    for candidate in (here, without) if detail is not None else (here,):
        if (entry := _named(connection, domain_id, candidate)) is not None:
            return entry
    return CatchAll(parse_address(catch_all)) if catch_all else NoSuchUser()


def _named(connection: Connection, domain_id: int, address: Address) -> Account | Group | None:
    local = folded(address)
    if row := connection.one(_ACCOUNT, domain=domain_id, local=local):
        account_id, active, quota, message_limit, forward, keep_copy, on, real_name, subject, text = row
        return Account(
            account_id,
            Address(local, address.domain),
            bool(active),
            quota,
            message_limit,
            tuple(parse_address(target) for target in forward.split("\n")) if forward else (),
            bool(keep_copy),
            Responder(real_name, subject, text) if on else None,
        )
    if targets := connection.all(_ALIAS, domain=domain_id, local=local):
        led = tuple(parse_address(t) for (t,) in targets if t)
        return Group(Address(local, address.domain), led or _of_the_house(connection, local, address.domain))
    if local in REPORTS:
        return Group(Address(local, address.domain), (Address("postmaster", address.domain),))
    return None


def _of_the_house(connection: Connection, local: str, domain: str) -> tuple[Address, ...]:
    """Where postmaster and abuse of a domain lead while nobody lives in it: to those of the first domain (RFC 5321 §4.5.1)."""
    (primary,) = connection.one(_PRIMARY) or (domain,)
    return () if primary == domain else (Address(local, primary),)


def owns(connection: Connection, account_id: int, address: Address, separator: str = "+") -> bool:
    """Tell whether an account may write as an address: its own in any spelling, or an alias that leads to it."""
    seen: set[str] = set()
    waiting = [address]
    while waiting and len(seen) < STEPS:
        current = waiting.pop()
        if current.key in seen:
            continue
        seen.add(current.key)
        match look_up(connection, current, separator):
            case Account(account_id=found) if found == account_id:
                return True
            case Group(targets=targets):
                waiting += targets
            case _:
                pass
    return False


def login_address(connection: Connection, name: str) -> Address | None:
    """Find whom a login name means: a full address, or a local part that only one domain has.

    Returns None where it means nobody, or more than one.
    """
    if "@" in name:
        local, _, domain = name.rpartition("@")
        try:
            row = connection.one(_DOMAIN, name=canonical_domain(domain))
        except AddressError:
            return None
        return Address(folded(Address(local, "x")), row[1]) if row else None
    rows = connection.all(_LOGIN, local=folded(Address(name, "x")))
    return Address(*rows[0]) if len(rows) == 1 else None


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner decided, as one version of the directory has it."""

    policies: Policies = field(default_factory=Policies)
    exemptions: tuple[tuple[Range, float | None], ...] = ()
    strictness: Mapping[str, Strictness] = field(default_factory=dict[str, Strictness])  # of each domain

    def exempt(self, peer: str, now: float, gateways: Collection[str] = ()) -> bool:
        """Tell whether a peer need not log in; `now` is in seconds since the epoch.

        A router among `gateways` is exempt only where it is listed by itself.
        """
        return bool(self.exemptions) and is_exempt(peer, self.exemptions, now, alone=peer in gateways)


class Directory:
    """The server's remembered view: of addresses, and of the rules that go with them."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._entries: dict[Address, Entry] = {}
        self._looked = float("-inf")
        self.rules = Rules()
        self.version: int = 0

    def cached(self, address: Address) -> Entry | None:
        """Give a remembered answer that may still be acted on."""
        if self._clock() - self._looked > FRESH:
            return None
        return self._entries.get(address)

    async def look(self) -> Rules:
        """Learn of changes, unless that was done a moment ago, and give the rules. Raises StoreError."""
        if self._clock() - self._looked > FRESH:
            self._learn(await self._store.read(self._ask_version))
        return self.rules

    async def find(self, address: Address) -> Entry:
        """Look an address up. Raises StoreError."""
        if (entry := self.cached(address)) is not None:
            return entry

        def ask(connection: Connection) -> tuple[int, Rules | None, Entry]:
            version, rules = self._ask_version(connection)
            separator = (rules or self.rules).policies.plus_separator
            known = self._entries.get(address) if rules is None else None
            return version, rules, known or look_up(connection, address, separator)

        version, rules, entry = await self._store.read(ask)
        self._learn((version, rules))
        if len(self._entries) >= REMEMBERED:
            self._entries.clear()
        self._entries[address] = entry
        return entry

    async def owns(self, account_id: int, address: Address) -> bool:
        """Tell whether an account may write as an address. Raises StoreError."""
        separator = self.rules.policies.plus_separator
        return await self._store.read(lambda connection: owns(connection, account_id, address, separator))

    def refresh(self) -> None:
        """Look again before the next answer: the directory has changed."""
        self._looked = float("-inf")

    def _ask_version(self, connection: Connection) -> tuple[int, Rules | None]:
        """Ask for the version, and the rules where it is a new one."""
        version = directory_version(connection)
        if version == self.version:
            return version, None
        strictness = {domain.name: domain.strictness for domain in domains.listing(connection)}
        return version, Rules(policies(connection), tuple(ranges(listing(connection))), strictness)

    def _learn(self, answer: tuple[int, Rules | None]) -> None:
        version, rules = answer
        if rules is not None and version != self.version:
            self._entries.clear()
            self.version, self.rules = version, rules
        self._looked = self._clock()

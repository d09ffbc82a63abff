"""Where a letter goes: addresses become mailboxes to file into and copies to send on.

One recipient is expanded when it is named (RCPT), so that the peer hears at once what cannot be; when the letter is there
the recipients' routes are merged into one `Plan`, in which nobody gets a letter twice. Expansion follows aliases, forwards
and catch-alls, remembers where it has been, and so ends. An account whose forward leads in a circle keeps the letter
itself: a loop ends with one copy each and loses nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hawknest.accounts.directory import Account, CatchAll, Directory, Group, NoSuchUser, NotLocal
from hawknest.mail import autoreply, srs, trace
from hawknest.mail.address import Address, AddressError, parse_address
from hawknest.mail.envelope import (
    DEFAULT_NOTIFY,
    Envelope,
    Notify,
    OriginalRecipient,
    Recipient,
    format_orcpt,
)
from hawknest.mail.header import Header
from hawknest.post.traceid import trace_id
from hawknest.store import outgoing
from hawknest.store.journey import Step
from hawknest.trust.strictness import Strictness
from hawknest.wire.smtp.reply import Reply

NOTHING_SAID: Final = -1  # in the queue: the sender gave no NOTIFY
ADDRESSES: Final = 1000  # addresses that one recipient may lead through


@dataclass(frozen=True, slots=True)
class Onward:
    """A copy that leaves for another host."""

    recipient: Recipient
    via: Address | None = (
        None  # the address of ours that sends it on; None where the recipient itself was named
    )
    keeper: Account | None = (
        None  # the account that keeps the letter instead where sending it on would be a loop
    )


@dataclass(frozen=True, slots=True)
class Route:
    """What one recipient leads to."""

    recipient: Recipient
    accounts: tuple[Account, ...]
    onward: tuple[Onward, ...]
    steps: tuple[Step, ...]
    version: int  # of the directory that was asked

    @property
    def local(self) -> bool:
        """Whether the recipient is an address of ours, wherever it leads."""
        return not (self.onward and self.onward[0].via is None)


@dataclass(frozen=True, slots=True)
class Copy:
    """An outgoing letter and its recipients."""

    reverse_path: str
    prefix: bytes
    recipients: tuple[outgoing.Recipient, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An automatic reply to make (RFC 3834), unless its sender had one within the period."""

    account_id: int
    to: Address
    plan: "Plan"
    envelope: Envelope
    letter: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that accepting a letter will do, in one transaction."""

    accounts: tuple[Account, ...]
    copies: tuple[Copy, ...]
    answers: tuple[Answer, ...]
    steps: tuple[Step, ...]
    version: int  # of the directory that was asked

    @property
    def uses(self) -> int:
        """How many emails and outgoing letters will point to the letter's octets."""
        return len(self.accounts) + len(self.copies)

    @property
    def leaving(self) -> int:
        """How many recipients wait to leave."""
        return sum(len(copy.recipients) for copy in self.copies)


@dataclass(frozen=True, slots=True)
class Settings:
    """How letters are sent on.

    `hostname` is ours; `srs_domain` the domain of rewritten senders and `srs_keys` their secrets, the newest first.
    """

    hostname: str
    srs_domain: str
    srs_keys: tuple[bytes, ...] = field(repr=False)


class Router:
    """The sorting table."""

    def __init__(
        self, directory: Directory, settings: Callable[[], Settings], clock: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._clock = clock

    async def route(self, recipient: Recipient) -> Route | Reply:
        """Expand one recipient, or say why the letter cannot go there."""
        directory = self._directory
        version = directory.version
        entry = directory.cached(recipient.address) or await directory.find(recipient.address)
        match entry:
            case Account(forward=(), active=True):  # nearly every letter
                return Route(recipient, (entry,), (), (), version)
            case NotLocal():
                return Route(recipient, (), (Onward(recipient),), (), version)
            case NoSuchUser():
                return self._returning(recipient, version) or _unknown(recipient.address)
            case _:
                return await _Expansion(directory, recipient, self._clock()).run(version)

    def _returning(self, recipient: Recipient, version: int) -> Route | None:
        """Send back to its true sender what comes for a sender that we rewrote."""
        settings = self._settings()
        if recipient.address.domain != settings.srs_domain:
            return None
        sender = srs.decode(recipient.address, settings.srs_keys, self._clock())
        if not isinstance(sender, Address):
            return None
        onward = Onward(replace(recipient, address=sender), via=recipient.address)
        return Route(recipient, (), (onward,), (), version)

    @property
    def strictness(self) -> Mapping[str, Strictness]:
        """How far each domain goes with letters that seem forged."""
        return self._directory.rules.strictness

    def refresh(self) -> None:
        """Forget what the directory said: it has changed."""
        self._directory.refresh()

    async def plan(self, envelope: Envelope, letter_header: bytes) -> Plan | Reply:
        """Route all recipients of a letter of our own making, and merge."""
        routes: list[Route] = []
        for recipient in envelope.recipients:
            route = await self.route(recipient)
            if isinstance(route, Reply):
                return route
            routes.append(route)
        return await self.merge(envelope, routes, letter_header)

    async def merge(self, envelope: Envelope, routes: Sequence[Route], letter_header: bytes) -> Plan:
        """Make one plan of the routes of a letter's recipients."""
        if len(routes) == 1 and not routes[0].onward and all(a.responder is None for a in routes[0].accounts):
            only = routes[0]
            return Plan(only.accounts, (), (), only.steps, only.version)
        now = self._clock()
        accounts: dict[int, Account] = {}
        onward: dict[str, Onward] = {}
        steps: list[Step] = []
        been = (
            _delivered_to(letter_header) if any(o.via for r in routes for o in r.onward) else frozenset[str]()
        )
        for route in routes:
            steps += route.steps
            accounts.update((account.account_id, account) for account in route.accounts)
            for copy in route.onward:
                if copy.via is not None and copy.via.key in been:
                    steps.append(
                        Step(now, "loop", copy.via.key, {"not_sent_to": str(copy.recipient.address)})
                    )
                    if copy.keeper is not None:
                        accounts[copy.keeper.account_id] = copy.keeper
                else:
                    onward.setdefault(copy.recipient.address.key, copy)
        return Plan(
            tuple(accounts.values()),
            tuple(await self._copies(envelope.reverse_path, onward.values(), now)),
            tuple(await self._answers(envelope.reverse_path, accounts.values(), letter_header, now)),
            tuple(steps),
            min(route.version for route in routes),
        )

    async def _copies(self, sender: Address | None, onward: Iterable[Onward], now: float) -> list[Copy]:
        """Group the copies that leave with the same sender and trace lines."""
        groups: dict[Address | None, list[outgoing.Recipient]] = {}
        for copy in onward:
            recipient = copy.recipient
            groups.setdefault(copy.via, []).append(
                outgoing.Recipient(
                    str(recipient.address),
                    recipient.address.domain,
                    format_orcpt(recipient.orcpt) if recipient.orcpt else "",
                    NOTHING_SAID if recipient.notify is None else recipient.notify.value,
                )
            )
        copies: list[Copy] = []
        for via, recipients in groups.items():
            reverse_path = sender if via is None else await self._rewritten(sender, now)
            prefix = b"" if via is None else trace.delivered_to(via)
            copies.append(Copy(str(reverse_path) if reverse_path else "", prefix, tuple(recipients)))
        return copies

    async def _rewritten(self, sender: Address | None, now: float) -> Address | None:
        """Let a letter that we send on come from a domain of ours, so that SPF holds and bounces come by here."""
        if sender is None or not isinstance(await self._directory.find(sender), NotLocal):
            return sender
        settings = self._settings()
        return srs.encode(sender, settings.srs_domain, settings.srs_keys, now)

    async def _answers(
        self, sender: Address | None, accounts: Iterable[Account], letter_header: bytes, now: float
    ) -> list[Answer]:
        """Compose the automatic replies that this letter should get; they come from the null sender."""
        answers: list[Answer] = []
        for account in accounts:
            if account.responder is None or sender is None:
                continue
            header = Header.of(letter_header)
            if autoreply.why_silent(header, sender, [account.address]) is not None:
                continue
            reply = autoreply.Reply(
                account.address,
                account.responder.name,
                account.responder.text,
                account.responder.subject or None,
                trace_id(now),
                self._settings().hostname,
                now,
            )
            envelope, letter = autoreply.compose(reply, header, sender)
            plan = await self.plan(envelope, b"")
            if isinstance(plan, Plan):
                answers.append(Answer(account.account_id, sender, plan, envelope, letter))
        return answers


class _Expansion:
    """The walk from one recipient along aliases, forwards and catch-alls."""

    def __init__(self, directory: Directory, recipient: Recipient, now: float) -> None:
        self._directory = directory
        self._recipient = recipient
        self._now = now
        self._accounts: dict[int, Account] = {}
        self._passed_on: dict[int, Account] = {}  # accounts that forward and keep no copy
        self._onward: list[Onward] = []
        self._steps: list[Step] = []
        self._nowhere: list[Address] = []
        self._to_visit: deque[tuple[Address, Address | None, Account | None]] = deque()

    async def run(self, version: int) -> Route | Reply:
        """Walk until every address was visited once."""
        visited: set[str] = set()
        self._to_visit.append((self._recipient.address, None, None))
        while self._to_visit and len(visited) < ADDRESSES:
            address, via, keeper = self._to_visit.popleft()
            if address.key not in visited:
                visited.add(address.key)
                await self._visit(address, via, keeper)
        if not self._accounts and not self._onward:
            self._accounts = self._passed_on  # a circle of forwards: everyone in it keeps the letter
        if not self._accounts and not self._onward:
            if self._nowhere:
                return Reply(
                    550,
                    (5, 1, 1),
                    f"{self._recipient.address} leads to {self._nowhere[0]}, which is not there",
                )
            return Reply(550, (5, 4, 6), f"{self._recipient.address} leads back to itself and to no mailbox")
        return Route(
            self._recipient, tuple(self._accounts.values()), tuple(self._onward), tuple(self._steps), version
        )

    async def _visit(self, address: Address, via: Address | None, keeper: Account | None) -> None:
        entry = await self._directory.find(address)
        match entry:
            case Account():
                self._account(entry)
            case Group():
                self._lead(entry.address, entry.targets, None)
            case CatchAll():
                self._lead(address, (entry.target,), None)
            case NotLocal():
                named = self._recipient
                orcpt = named.orcpt or OriginalRecipient("rfc822", str(named.address))
                notify = (DEFAULT_NOTIFY if named.notify is None else named.notify) & ~Notify.SUCCESS
                self._onward.append(Onward(Recipient(address, orcpt, notify), via, keeper))
            case NoSuchUser():
                self._nowhere.append(address)
                self._steps.append(Step(self._now, "nowhere", address.key, {"via": str(via)}))

    def _account(self, account: Account) -> None:
        if not account.active:
            self._nowhere.append(account.address)
            return
        if account.forward:
            self._lead(account.address, account.forward, account)
        if account.keep_copy or not account.forward:
            self._accounts[account.account_id] = account
        else:
            self._passed_on[account.account_id] = account

    def _lead(self, via: Address, targets: Iterable[Address], keeper: Account | None) -> None:
        targets = tuple(targets)
        self._steps.append(Step(self._now, "leads to", via.key, {"to": [str(target) for target in targets]}))
        self._to_visit.extend((target, via, keeper) for target in targets)


def _unknown(address: Address) -> Reply:
    return Reply(550, (5, 1, 1), f"There is no mailbox {address} here")


def _delivered_to(letter_header: bytes) -> frozenset[str]:
    """The addresses of ours, or of others, that have sent this letter on."""
    keys: set[str] = set()
    for line in Header.of(letter_header).every("Delivered-To"):
        try:
            keys.add(parse_address(line.value.decode("utf-8", "replace")).key)
        except AddressError:
            continue
    return frozenset(keys)

"""How may this client send? Each way that an address, a user or both have of sending a letter, whether it is open, and why.

It asks what the doors ask (`accounts.permit`), in the same order, for a letter from one address to another that is never sent. The
reasons are keys with what is filled in; `maysend_words` has their words.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from hawknest.accounts import devices, exempt, permit, popbefore
from hawknest.accounts.directory import Account, Group, NoSuchUser, NotLocal, login_address, look_up, owns
from hawknest.accounts.domains import address_of
from hawknest.accounts.errors import AccountError
from hawknest.accounts.permit import Mode, Rights, Whose
from hawknest.accounts.settings import Policies, policies
from hawknest.mail.address import Address
from hawknest.post.maysend_words import Language, text
from hawknest.store import Connection
from hawknest.wire.smtp.reply import Reply

#: The services that letters are handed in by, and whether they are for users alone.
DOORS: Final = {"smtp": False, "submission": True, "submissions": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who wants to send what, as it is typed; '' where it does not matter."""

    peer: str = ""  # address of the machine
    user: str = ""  # login name of a user or device
    sender: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: a key of the words, and what is filled in."""

    key: str
    values: dict[str, str]

    def plain(self, language: Language) -> dict[str, Any]:
        """The reason for programs, with its words."""
        return {"id": self.key, "values": self.values, "text": text(self.key, language, self.values)}


@dataclass(frozen=True, slots=True)
class Way:
    """A way of sending."""

    mode: Mode
    submission: bool
    refusal: Reply | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """All ways; the ones that are open stand first."""

    question: Question
    ways: tuple[Way, ...]
    notes: tuple[Reason, ...]  # why a way is not among them

    def plain(self, language: Language = "en") -> dict[str, Any]:
        """The answer for programs, with its words."""
        asked = self.question
        return {
            "peer": asked.peer,
            "user": asked.user,
            "sender": asked.sender,
            "recipient": asked.recipient,
            "notes": [note.plain(language) for note in self.notes],
            "allowed": any(way.refusal is None for way in self.ways),
            "ways": [
                {
                    "by": way.mode.name.lower(),
                    "services": [name for name, users_only in DOORS.items() if users_only is way.submission],
                    "allowed": way.refusal is None,
                    "reply": str(way.refusal) if way.refusal else "",
                    "reasons": [reason.plain(language) for reason in way.reasons],
                }
                for way in self.ways
            ],
        }


def how(connection: Connection, question: Question, now: float, gateways: Collection[str] = ()) -> Answer:
    """Tell how a client may send; `now` is in seconds since the epoch, `gateways` are the routers of this machine.

    Raises AccountError where something is no address.
    """
    if question.peer:
        try:
            ipaddress.ip_address(question.peer)
        except ValueError:
            raise AccountError(f"{question.peer[:80]} is not an IP address such as 192.168.1.7") from None
    case = _Case(connection, question, now, gateways)
    rights = case.rights()
    ways = [case.way(*right, submission=users) for users in (False, True) for right in rights]
    return Answer(question, tuple(sorted(ways, key=lambda way: way.refusal is not None)), tuple(case.notes))


class _Case:
    """One question while it is answered."""

    def __init__(
        self, connection: Connection, question: Question, now: float, gateways: Collection[str]
    ) -> None:
        self._connection = connection
        self._question = question
        self._now = now
        self._gateways = gateways
        self._policies: Policies = policies(connection)
        self._sender = address_of(question.sender) if question.sender else None
        self._recipient = address_of(question.recipient) if question.recipient else None
        self._about: dict[Mode, list[Reason]] = {}
        self._senders: tuple[str, ...] = ()
        self.notes: list[Reason] = []

    def rights(self) -> list[tuple[Mode, int]]:
        """By what rights the client could send, each with the account that it is: without a login, and with one."""
        return [self._without(), *(self._with_login() if self._question.user else ())]

    def way(self, mode: Mode, account: int, *, submission: bool) -> Way:
        """Ask whether a right is enough."""
        rules = self._policies
        rights = Rights(
            mode,
            submission,
            rules.send_to_internet,
            rules.sender_policy,
            self._senders if mode is Mode.DEVICE else (),
            rules.receive,
        )
        whose, reasons = self._whose(mode, account), list(self._about.get(mode, ()))
        local = self._local()
        refusal = (
            permit.may_begin(rights)
            or (permit.may_send_as(rights, self._sender, whose) if self._question.sender else None)
            or (permit.may_send_to(rights, whose, local=local) if self._recipient else None)
        )
        reasons += self._because(refusal, mode)
        return Way(mode, submission, refusal, tuple(reasons))

    def _without(self) -> tuple[Mode, int]:
        """The right that an address has without a login."""
        peer = self._question.peer
        entries = exempt.active(self._connection, self._now)
        entry = next((e for e in entries if exempt.is_exempt(peer, exempt.ranges([e]), self._now)), None)
        if entry is not None:
            alone = exempt.is_exempt(peer, exempt.ranges(entries), self._now, alone=True)
            if peer not in self._gateways or alone:
                self._say(Mode.EXEMPT, "exempt", peer=peer, entry=entry.spec, note=entry.note)
                return Mode.EXEMPT, 0
            self._say(Mode.STRANGER, "router", peer=peer, entry=entry.spec)
        elif peer:
            self._say(Mode.STRANGER, "not-exempt", peer=peer)
        if self._policies.pop_before_smtp and peer and peer not in self._gateways:
            way = popbefore.find(self._connection, peer, self._now)
            if way is not None:
                self._say(Mode.POP, "pop", peer=peer)
                return Mode.POP, way.account_id
            self._say(Mode.STRANGER, "no-pop", peer=peer)
        self._say(Mode.STRANGER, "stranger")
        return Mode.STRANGER, 0

    def _with_login(self) -> list[tuple[Mode, int]]:
        """The right that a login gives."""
        name = self._question.user
        address = login_address(self._connection, name)
        if address is not None and isinstance(found := look_up(self._connection, address, ""), Account):
            if not found.active:
                self.notes.append(Reason("inactive", {"user": str(address)}))
                return []
            self._say(Mode.ACCOUNT, "account", user=str(address))
            return [(Mode.ACCOUNT, found.account_id)]
        device = next((d for d in devices.listing(self._connection) if d.name == name.strip()), None)
        if device is None or not device.active:
            self.notes.append(Reason("inactive" if device else "nobody", {"user": name}))
            return []
        self._senders = device.senders
        self._say(Mode.DEVICE, "device", user=device.name, senders=", ".join(device.senders) or "*")
        return [(Mode.DEVICE, 0)]

    def _whose(self, mode: Mode, account: int) -> Whose:
        """Whose address the sender is; as `doors.smtp.rights` settles it."""
        if self._sender is None or mode is Mode.STRANGER or not self._policies.sender_policy:
            return Whose.OWN
        separator = self._policies.plus_separator
        if account and owns(self._connection, account, self._sender, separator):
            return Whose.OWN
        found = look_up(self._connection, self._sender, separator)
        return Whose.FOREIGN if isinstance(found, NotLocal) else Whose.OURS

    def _local(self) -> bool:
        if self._recipient is None:
            return True
        return not isinstance(look_up(self._connection, self._recipient), NotLocal)

    def _because(self, refusal: Reply | None, mode: Mode) -> list[Reason]:
        """The reasons for what was decided."""
        sender, recipient = str(self._sender or ""), str(self._recipient or "")
        reasons: list[Reason] = []
        if refusal in _KEYS:
            reasons.append(Reason(_KEYS[refusal], {"sender": sender, "recipient": recipient}))
        elif refusal is None:
            reasons.append(Reason("open-local" if mode is Mode.STRANGER else "open", {}))
        if refusal is None and self._recipient is not None:
            reasons += self._arrives(self._recipient)
        return reasons

    def _arrives(self, recipient: Address) -> list[Reason]:
        """What becomes of the recipient."""
        match look_up(self._connection, recipient, self._policies.plus_separator):
            case NoSuchUser() | Group(targets=()):
                return [Reason("no-recipient", {"recipient": str(recipient)})]
            case _:
                return []

    def _say(self, mode: Mode, key: str, **values: str) -> None:
        self._about.setdefault(mode, []).append(Reason(key, values))


#: The reason that each refusal is for.
_KEYS: Final = {
    permit.NOT_NOW: "receiving-off",
    permit.LOGIN_FIRST: "login-first",
    permit.NOT_YOURS: "not-yours",
    permit.NOT_OURS: "not-ours",
    permit.DENIED: "denied",
    permit.RECEIVE_ONLY: "internet-off",
}

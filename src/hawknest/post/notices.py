"""Notices: letters that the server itself writes to whom something concerns, each once in its time. RFC 3834 §5.

A notice is filed like any other letter, so it reaches a phone, follows a forward, and has a journey. Who calls may call
as often as there is cause: of the same key one letter goes out in its period, whichever worker noticed, and nobody gets more
than `DAILY` of them on a day. What is not told any more stands in the log still.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import Final

from hawknest.accounts.aliases import folded
from hawknest.accounts.domains import address_of
from hawknest.accounts.errors import AccountError
from hawknest.log import Log
from hawknest.mail.address import Address
from hawknest.mail.build import mailbox, text_part
from hawknest.mail.dates import letter_date
from hawknest.mail.envelope import Body, Envelope, Notify, Recipient
from hawknest.mail.trace import return_path
from hawknest.mail.words import encode_words
from hawknest.post.local import Acceptance, Stale, Terms, accept, own
from hawknest.post.route import Plan, Router
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, Statement, Store, StoreError, letters
from hawknest.wire.smtp.reply import Reply

NAME: Final = "Hawknest"  # who writes
EVERY: Final = 86400.0  # seconds until the same is told again, where the caller does not say
DAILY: Final = 20  # letters that one person, or those who administer, get on a day
READERS: Final = 20  # who administer and are told
TRIES: Final = 3  # times that a letter is routed again because the directory changed meanwhile
KEPT: Final = 400 * 86400.0  # seconds that is remembered what was told

OWNERS: Final = ""  # in place of an address: who administers the nest

_RULE: Final = "-" * 60
_DAY: Final = 86400

_ADMINISTRATORS: Final = Statement(
    """SELECT a.local, d.name, a.language FROM account a JOIN domain d ON d.id = a.domain_id
       WHERE a.admin = 1 AND a.active = 1 ORDER BY a.id LIMIT :count"""
)
_ACCOUNT: Final = Statement(
    """SELECT a.local, d.name, a.language FROM account a JOIN domain d ON d.id = a.domain_id
       WHERE a.local = :local AND d.name = :domain AND a.active = 1"""
)
_TOLD: Final = Statement("SELECT 1 FROM notice WHERE whom = :whom AND key = :key AND at > :before")
_TELL: Final = Statement(
    """INSERT INTO notice (whom, key, at) VALUES (:whom, :key, :now)
       ON CONFLICT (whom, key) DO UPDATE SET at = excluded.at WHERE notice.at <= :before RETURNING at"""
)
_COUNT: Final = Statement(
    """INSERT INTO notice_day (whom, day, count) VALUES (:whom, :day, 1)
       ON CONFLICT (whom, day) DO UPDATE SET count = notice_day.count + 1 WHERE notice_day.count < :most RETURNING count"""
)
_FORGET: Final = Statement("DELETE FROM notice WHERE at < :before")
_FORGET_DAYS: Final = Statement("DELETE FROM notice_day WHERE day < :before")


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be told: a line and a text, each in English and in Japanese."""

    subject: tuple[str, str]
    text: tuple[str, str]


class _Unsent(Enum):
    """Why nothing was filed."""

    NOT_DUE = auto()
    TOO_MANY = auto()


@dataclass(frozen=True, slots=True)
class _Matter:
    """What is to be told to whom, and how often at the most."""

    whom: str
    key: str
    note: Note
    every: float  # seconds

    @property
    def named(self) -> dict[str, str]:
        """The matter in the log."""
        return {"to": self.whom or "owners", "key": self.key}


@dataclass(frozen=True, slots=True)
class _Reader:
    address: Address
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Who writes the notices, in one worker."""

    store: Store
    router: Router
    log: Log
    terms: Callable[[], Terms]
    hostname: str
    clock: Callable[[], float]
    utc_offset: Callable[[], int]  # seconds that local time is ahead of UTC
    on_queued: Callable[[], None]  # something waits to leave

    async def owners(self, key: str, note: Note, every: float = EVERY) -> bool:
        """Tell all who administer the nest, unless they were told of `key` within `every` seconds.

        Returns whether a letter was filed. Never raises: trouble goes to the log.
        """
        return await self._told(_Matter(OWNERS, key, note, every))

    async def account(self, address: str, key: str, note: Note, every: float = EVERY) -> bool:
        """Tell the owner of an account, unless told of `key` within `every` seconds.

        Returns whether a letter was filed. Never raises: trouble goes to the log.
        """
        try:
            whom = address_of(address).key
        except AccountError:
            return False
        return await self._told(_Matter(whom, key, note, every))

    async def _told(self, matter: _Matter) -> bool:
        try:
            return await self._tell(matter)
        except (StoreError, letters.OverQuota) as error:
            self.log.system.error("notice not sent", error=str(error), **matter.named)
            return False

    async def _tell(self, matter: _Matter) -> bool:
        """Tell, again where the directory changed in between. Raises StoreError."""
        for attempt in range(TRIES):
            now = self.clock()
            readers = await self.store.read(partial(_readers, matter=matter, now=now))
            found = [a for reader in readers if (a := await self._acceptance(reader, matter.note, now))]
            if not found:
                return False
            try:
                queued = await self.store.write(partial(_file, matter=matter, acceptances=found, now=now))
            except (Stale, letters.NoSuchAccount):
                if attempt == TRIES - 1:
                    raise
                self.router.refresh()
            else:
                return self._sent(matter, found, queued)
        return False

    def _sent(self, matter: _Matter, found: Sequence[Acceptance], queued: int | _Unsent) -> bool:
        """Say in the log how it went; `queued` is how many copies wait to leave, or why nothing was filed."""
        if isinstance(queued, _Unsent):
            if queued is _Unsent.TOO_MANY:
                about = matter.note.subject[0]
                self.log.system.warning(
                    "notice not sent: there were many today", subject=about, **matter.named
                )
            return False
        for acceptance in found:
            letter_id = acceptance.delivery.letter.id
            self.log.delivery.info("notice", letter=letter_id, **matter.named)
        if queued:
            self.on_queued()
        return True

    async def _acceptance(self, reader: _Reader, note: Note, now: float) -> Acceptance | None:
        """Compose the letter to one reader and find where it goes; None where it cannot go anywhere."""
        letter_id = trace_id(now)
        envelope, letter = self._letter(reader, note, letter_id, now)
        plan = await self.router.plan(envelope, b"")
        if isinstance(plan, Reply):
            self.log.system.warning("notice not sent", to=str(reader.address), error=str(plan))
            return None
        start = return_path(None) if plan.accounts else b""  # RFC 5321 §4.4
        delivery = own(start + letter, envelope, "notice", now, "")
        row = replace(delivery.letter, id=letter_id, message_id=f"<{letter_id}@{self.hostname}>", detail={})
        return Acceptance(_whatever_quota(plan), replace(delivery, letter=row, skip=len(start)), self.terms())

    def _letter(self, reader: _Reader, note: Note, letter_id: str, now: float) -> tuple[Envelope, bytes]:
        """The notice as a letter, and the envelope to file it with: from nobody, and no report is wanted on it."""
        postmaster = Address("postmaster", reader.address.domain)
        subject, text = worded(note, reader.language)
        head = [
            f"Date: {letter_date(now, self.utc_offset())}",
            f"From: {mailbox(NAME, postmaster)}",
            f"To: {reader.address}",
            f"Subject: {encode_words(subject)}",
            f"Message-ID: <{letter_id}@{self.hostname}>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "",
        ]
        letter = "\r\n".join(head).encode() + text_part(text)
        envelope = Envelope(
            reverse_path=None,
            recipients=(Recipient(reader.address, notify=Notify.NEVER),),
            body=Body.SEVEN_BIT if letter.isascii() else Body.EIGHT_BIT,
            smtputf8=not letter.isascii(),
            size=len(letter),
        )
        return envelope, letter


def worded(note: Note, language: str) -> tuple[str, str]:
    """Choose a notice's words for a reader: in the language of the account's pages, in both where it has none."""
    (subject, titel), (text, japanese) = note.subject, note.text
    match language:
        case "en":
            return subject, text
        case "ja":
            return titel, japanese
        case _:
            return f"{subject} / {titel}", f"{text.rstrip()}\n\n{_RULE}\n\n{japanese}"


def forget(connection: Connection, now: float) -> None:
    """Forget what was told long ago."""
    connection.run(_FORGET, before=now - KEPT)
    connection.run(_FORGET_DAYS, before=int(now // _DAY) - 2)


def _readers(connection: Connection, matter: _Matter, now: float) -> list[_Reader]:
    """Who is to be told; nobody, where it was told of late."""
    whom = matter.whom
    if connection.one(_TOLD, whom=whom, key=matter.key, before=now - matter.every):
        return []
    if whom == OWNERS:
        rows = connection.all(_ADMINISTRATORS, count=READERS)
    else:
        address = address_of(whom)
        rows = connection.all(_ACCOUNT, local=folded(address), domain=address.domain)
    return [_Reader(Address(local, domain), language) for local, domain, language in rows]


def _file(
    connection: Connection, matter: _Matter, acceptances: Sequence[Acceptance], now: float
) -> int | _Unsent:
    """File the letters, if they are due and not too many. Returns how many copies wait to leave, or why none was filed."""
    whom = matter.whom
    if connection.one(_TELL, whom=whom, key=matter.key, now=now, before=now - matter.every) is None:
        return _Unsent.NOT_DUE
    if connection.one(_COUNT, whom=whom, day=int(now // _DAY), most=DAILY) is None:
        return _Unsent.TOO_MANY
    return sum(applied.queued for applied in accept(connection, acceptances))


def _whatever_quota(plan: Plan) -> Plan:
    """A plan that a full mailbox does not stop: a notice is small, and may be about just that."""
    return replace(plan, accounts=tuple(replace(account, quota=0) for account in plan.accounts))

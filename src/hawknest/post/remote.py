"""One attempt to deliver a letter to another server: its hosts in order, until everyone has an answer. RFC 5321 §5.

A host that cannot be reached, breaks off or says "not now" is followed by the next one; "never" is believed at once, but for
hosts that refuse to talk at all. How many are tried in one attempt is bounded: the queue comes back.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from hawknest.post.bounce import envelope_of, recipient_of
from hawknest.post.outcome import Deferred, Failed, Outcome, Trouble
from hawknest.post.parcel import Parcel
from hawknest.post.protection import Need, waived
from hawknest.post.session import Kind, NotOpened, Session, Settings, connect
from hawknest.post.signing import Signatures
from hawknest.post.site import Site, Sites
from hawknest.post.transaction import send
from hawknest.store import Store, StoreGone, letters
from hawknest.store.outgoing import Waiting

__all__ = ["Remote", "Session", "SmtpRemote"]

TARGETS: Final = 6  # addresses that are tried in one attempt
OFFERS: Final = 3  # of these, hosts that the letter is offered to

NO_REQUIRETLS: Final = "5.7.30"  # RFC 8689 §8

_NO_LETTER: Final = Failed("5.3.0", "The letter is no longer there")


class Remote(Protocol):
    """Delivers letters to other servers."""

    def lane(self, destination: str) -> str:
        """Name what a destination has in common with others that are reached over the same connections."""
        ...

    async def deliver(
        self, recipients: Sequence[Waiting], session: Session | None
    ) -> tuple[list[Outcome], Session | None]:
        """Attempt to deliver one letter to recipients of one lane.

        `session` is an open one of the same lane, if there is one.
        Returns an outcome for each recipient, and a session that can be used again.
        """
        ...


@dataclass(frozen=True, slots=True)
class SmtpRemote:
    """Delivers by SMTP, or LMTP where a site says so; `signatures` signs what leaves."""

    store: Store
    sites: Sites
    settings: Settings
    signatures: Signatures | None = None

    def lane(self, destination: str) -> str:
        """See `Remote`."""
        return self.sites.lane(destination)

    async def deliver(
        self, recipients: Sequence[Waiting], session: Session | None
    ) -> tuple[list[Outcome], Session | None]:
        """See `Remote`."""
        first = recipients[0]
        content = await self.store.read(lambda connection: letters.read(connection, first.blob_id))
        if content is None:
            return [_NO_LETTER for _ in recipients], session
        parcel = Parcel(
            envelope_of(first, [recipient_of(waiting) for waiting in recipients]),
            first.prefix,
            content,
            first.skip,
            self.store.blobs,
        )
        proof = first.requiretls and bool(
            first.reverse_path
        )  # a report is better unprotected than lost: RFC 8689 §5
        told: Mapping[str, str] = {}
        if self.signatures is not None:
            with contextlib.suppress(StoreGone):  # whoever sends it finds that out, too
                dress = await self.signatures.dress(parcel, first)
                parcel, told = dress.on(parcel), dress.told
        attempt = _Attempt(parcel, self.settings, Need.PROOF if proof else Need.USUAL, told)
        if session is not None and proof and not session.keeps_tls_required:
            session.quit()
            session = None
        if session is not None and await attempt.reuse(session):
            return attempt.outcomes, attempt.session
        site = await self.sites.find(first.destination)
        if isinstance(site, Deferred | Failed):
            return [site for _ in recipients], None
        if not proof and await _waived(site, parcel):
            attempt.need = Need.WAIVED
        await attempt.run(site)
        return attempt.outcomes, attempt.session


async def _waived(site: Site, parcel: Parcel) -> bool:
    """Whether the letter's sender waives what the hosts demand; where they demand nothing, it is not looked at."""
    if not any(target.demand is not None for target in site.targets):
        return False
    try:
        return await waived(parcel)
    except StoreGone:
        return False  # whoever sends it will find out, too


@dataclass(slots=True)
class _Attempt:
    """The walk over the hosts of a destination."""

    parcel: Parcel
    settings: Settings
    need: Need
    told: Mapping[str, str]  # of how the letter leaves, for its journey
    session: Session | None = None
    _known: dict[int, Outcome] = field(default_factory=dict)
    _tried: list[Trouble] = field(default_factory=list)
    _closed: list[NotOpened] = field(default_factory=list)
    _offers: int = 0

    @property
    def outcomes(self) -> list[Outcome]:
        """An outcome for each recipient, with the hosts that were tried before."""
        everyone = self._offers == 0
        nobody = self._nobody()
        found = [self._known.get(index, nobody) for index in range(len(self.parcel.envelope.recipients))]
        if everyone:
            return found
        if self.told:
            found = [replace(outcome, letter=self.told) for outcome in found]
        return [replace(outcome, tried=tuple(self._tried)) for outcome in found] if self._tried else found

    async def reuse(self, session: Session) -> bool:
        """Offer the letter over a session that is open. Returns whether that settled it; if not, begin anew."""
        outcomes = await send(session, self.parcel)
        if not session.usable and all(isinstance(o, Deferred) and o.elsewhere for o in outcomes):
            session.close()  # it had been closed behind our back, most likely: that is no attempt
            return False
        self._known = dict(enumerate(outcomes))
        self._offers = 1
        self._keep(session)
        return True

    async def run(self, site: Site) -> None:
        """Try host after host."""
        tries = 0
        for target in site.targets:
            if tries == TARGETS:
                return
            tries += not (target.demand and target.demand.barred)  # to see that one is barred costs nothing
            opened = await connect(target, site, self.settings, self.need)
            if isinstance(opened, NotOpened):
                self._closed.append(opened)
                self._tried.append(Trouble(opened.where, opened.words))
                continue
            if not await self._offer(opened) or self._offers >= OFFERS:
                return

    async def _offer(self, session: Session) -> bool:
        """Offer the letter to those who have no final outcome. Returns whether another host should be tried."""
        left = [i for i in range(len(self.parcel.envelope.recipients)) if self._elsewhere(i)]
        part = tuple(self.parcel.envelope.recipients[index] for index in left)
        parcel = self.parcel
        if len(part) < len(parcel.envelope.recipients):
            parcel = replace(parcel, envelope=replace(parcel.envelope, recipients=part))
        if self._offers:
            previous = self._known[left[0]]
            if previous.where is not None:
                self._tried.append(Trouble(previous.where, previous.words))
        outcomes = await send(session, parcel)
        self._offers += 1
        self._known.update(zip(left, outcomes, strict=True))
        self._keep(session)
        return any(self._elsewhere(index) for index in left)

    def _elsewhere(self, index: int) -> bool:
        """Whether another host may do better for a recipient."""
        outcome = self._known.get(index)
        return outcome is None or (isinstance(outcome, Deferred) and outcome.elsewhere)

    def _keep(self, session: Session) -> None:
        """Keep one session for the next letter."""
        if self.session is not None:
            self.session.quit()
            self.session = None
        if session.usable and not session.lesser:
            self.session = session
        else:
            session.close()

    def _nobody(self) -> Outcome:
        """The outcome where no host could be talked to."""
        if not self._closed:
            return Deferred(
                "4.4.4", "No host is known that takes letters for this destination", everyone=True
            )
        last, before = self._closed[-1], tuple(self._tried[:-1])
        if all(closed.kind is Kind.NO_MAIL for closed in self._closed):  # RFC 7504 §4
            return Failed("5.3.2", last.words, last.where, tried=before)
        if all(closed.kind in {Kind.UNFIT, Kind.NO_MAIL} for closed in self._closed):
            return Failed(
                NO_REQUIRETLS,
                f"The letter is to go over proven TLS alone (REQUIRETLS); {last.words}",
                last.where,
                tried=before,
            )
        code = f"4{last.code[1:]}"
        return Deferred(code, last.words, last.where, everyone=True, tried=before)

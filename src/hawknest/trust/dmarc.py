"""Whether the domain in From stands behind a letter, and what it asks for where it does not. RFC 9989.

SPF and DKIM say which domains a letter was sent and signed by; DMARC asks whether one of them is the author's: the same one, or
one of the same house (`relaxed`). Where a house begins is said by the records in the DNS themselves: one walks up from a name,
label by label and at most eight times, and looks at what was found on the way (§4.10).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hawknest.dns import TXT, A, NoSuchName, Nothing, Resolver, Unknown, records
from hawknest.trust import tags
from hawknest.trust.tags import BadTags

STEPS: Final = 8  # questions of a walk (RFC 9989 §4.10)
_URI: Final = re.compile(rb"(?i:mailto|https?):[^\s,]+")


class Policy(StrEnum):
    """What a domain asks for where a letter is not its own. RFC 9989 §4.7."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def milder(self) -> "Policy":
        """What holds while the domain is only testing (t=y)."""
        return Policy.QUARANTINE if self is Policy.REJECT else Policy.NONE


_ASKS: Final = {
    Policy.NONE: "for nothing to be done",
    Policy.QUARANTINE: "to put such letters aside",
    Policy.REJECT: "to refuse such letters",
}


class Result(StrEnum):
    """What came of it. RFC 8601 §2.7.4, with RFC 9989 §5."""

    NONE = "none"  # the domain says nothing
    PASS = "pass"  # noqa: S105 (a result, and no password)
    FAIL = "fail"
    TEMPERROR = "temperror"


class BadRecord(ValueError):
    """The text is no record of a policy; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a domain says of its letters. RFC 9989 §4.7."""

    policy: Policy  # p=
    subdomains: Policy | None = None  # sp=
    nowhere: Policy | None = None  # np=: for names that do not exist
    strict_dkim: bool = False  # adkim=s
    strict_spf: bool = False  # aspf=s
    public_suffix: bool | None = None  # psd=: y, n, or u
    testing: bool = False  # t=y
    reports: tuple[str, ...] = ()  # rua=, URIs

    def told(self) -> str:
        """Say it again, as a report does."""
        said = {
            "p": self.policy,
            "sp": self.subdomains,
            "np": self.nowhere,
            "adkim": "s" if self.strict_dkim else "r",
            "aspf": "s" if self.strict_spf else "r",
            "t": "y" if self.testing else "n",
        }
        return "; ".join(f"{name}={value}" for name, value in said.items() if value)

    def asks(self, *, inherited: bool, exists: bool) -> Policy:
        """Tell which policy holds for a name: the record's own, or one below it that `exists` or does not."""
        wanted = self.policy
        if inherited:
            wanted = self.subdomains or wanted
            if not exists:
                wanted = self.nowhere or wanted
        return wanted.milder if self.testing else wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a letter, and why in plain words."""

    result: Result
    policy: Policy = Policy.NONE  # that holds where it failed
    domain: str  # of the author
    record: str = ""  # the domain whose record it is
    published: Record | None = None  # that record
    house: str = ""  # the organizational domain of the author
    by_spf: bool = False
    by_dkim: bool = False
    why: str


def read(text: bytes) -> Record:
    """Read a record. Raises BadRecord."""
    try:
        found = tags.read(text)
    except BadTags as error:
        raise BadRecord(str(error)) from None
    if next(iter(found), "") != "v" or found["v"] != b"DMARC1":
        raise BadRecord("it is no DMARC record")
    reports = tuple(uri[0].decode("ascii", "replace") for uri in _URI.finditer(found.get("rua", b"")))
    policy = _policy(found, "p")
    if policy is None:
        if not reports:
            raise BadRecord("it says no policy (p)")
        policy = Policy.NONE
    return Record(
        policy=policy,
        subdomains=_policy(found, "sp"),
        nowhere=_policy(found, "np"),
        strict_dkim=found.get("adkim", b"r").lower() == b"s",
        strict_spf=found.get("aspf", b"r").lower() == b"s",
        public_suffix={b"y": True, b"n": False}.get(found.get("psd", b"u").lower()),
        testing=found.get("t", b"n").lower() == b"y",
        reports=reports,
    )


def _policy(found: Mapping[str, bytes], name: str) -> Policy | None:
    try:
        return Policy(found.get(name, b"").decode("ascii", "replace").lower())
    except ValueError:
        return None


Walk = Sequence[tuple[str, Record]]  # what was found, from the name upwards


@dataclass(slots=True)
class Check:
    """The questions about one letter; what was asked once is not asked again."""

    resolver: Resolver
    _known: dict[str, Record | None] = field(default_factory=dict[str, Record | None])

    async def verdict(self, author: str, *, spf: Iterable[str], dkim: Iterable[str]) -> Verdict:
        """Judge a letter.

        Args:
            author: the domain in From, A-labels in lower case.
            spf: the domains that SPF has passed.
            dkim: the domains whose signatures hold.
        """
        try:
            return await self._verdict(author, spf, dkim)
        except Unknown as error:
            return Verdict(result=Result.TEMPERROR, domain=author, why=str(error))

    async def _verdict(self, author: str, spf: Iterable[str], dkim: Iterable[str]) -> Verdict:
        walk = await self._walk(author)
        house = _house(author, walk)
        chosen = _chosen(author, house, walk)
        if chosen is None:
            return Verdict(
                result=Result.NONE, domain=author, house=house, why=f"{author} says nothing of its letters"
            )
        place, record = chosen
        by_dkim = await self._aligned(author, house, dkim, strict=record.strict_dkim)
        by_spf = await self._aligned(author, house, spf, strict=record.strict_spf)
        if by_dkim or by_spf:
            how = " and ".join([*(["signed"] if by_dkim else []), *(["sent"] if by_spf else [])])
            return Verdict(
                result=Result.PASS,
                domain=author,
                record=place,
                published=record,
                house=house,
                by_spf=by_spf,
                by_dkim=by_dkim,
                why=f"it was {how} by {author}, or another name of that house",
            )
        policy = record.asks(inherited=place != author, exists=await self._exists(author))
        why = f"it was neither sent nor signed by {author}, which asks {_ASKS[policy]}"
        return Verdict(
            result=Result.FAIL,
            policy=policy,
            domain=author,
            record=place,
            published=record,
            house=house,
            why=why,
        )

    async def _aligned(self, author: str, house: str, domains: Iterable[str], *, strict: bool) -> bool:
        """Tell whether one of the domains is the author's, or of the same house (RFC 9989 §4.4)."""
        for domain in dict.fromkeys(domains):
            if domain == author:
                return True
            if strict or not (domain == house or domain.endswith("." + house)):
                continue
            if _house(domain, await self._walk(domain)) == house:
                return True
        return False

    async def _walk(self, name: str) -> Walk:
        """Walk up from a name, until a record says where the house begins. Raises Unknown."""
        labels = name.split(".")
        above = labels[1:] if len(labels) <= STEPS else labels[-(STEPS - 1) :]
        found: list[tuple[str, Record]] = []
        for place in [name, *(".".join(above[at:]) for at in range(len(above)))]:
            record = await self._record(place)
            if record is not None:
                found.append((place, record))
                if record.public_suffix is not None:
                    break
        return found

    async def _record(self, place: str) -> Record | None:
        """Fetch the record of a name: the only one there, or none (RFC 9989 §4.10). Raises Unknown."""
        if place not in self._known:
            good: list[Record] = []
            for text in await records(self.resolver, f"_dmarc.{place}", TXT):
                try:
                    good.append(read(text))
                except BadRecord:
                    continue
            self._known[place] = good[0] if len(good) == 1 else None
        return self._known[place]

    async def _exists(self, name: str) -> bool:
        """Tell whether a name exists. Raises Unknown."""
        try:
            await self.resolver.ask(name, A)
        except NoSuchName:
            return False
        except Nothing:
            return True
        return True


def _house(name: str, walk: Walk) -> str:
    """Find where the house of a name begins: its organizational domain (RFC 9989 §4.10.2)."""
    if not walk:
        return name
    place, record = walk[-1]
    if record.public_suffix is False:
        return place
    if record.public_suffix and place != name:
        below = len(place.split(".")) + 1
        return ".".join(name.split(".")[-below:])
    return place


def _chosen(author: str, house: str, walk: Walk) -> tuple[str, Record] | None:
    """Choose the record that holds: the author's own, else that of the house, else that of the public suffix (§4.10.1)."""
    known = dict(walk)
    for place in (author, house):
        if place in known:
            return place, known[place]
    if walk and walk[-1][1].public_suffix:
        return walk[-1]
    return None

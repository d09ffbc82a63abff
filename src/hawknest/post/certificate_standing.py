"""How it stands with the certificates, for the command line, the API and the pages."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hawknest.accounts import authority
from hawknest.net.acme import STAGING
from hawknest.net.tls import Shown
from hawknest.post.certificate_rules import best, is_ending
from hawknest.post.certificate_words import remedy, wrong
from hawknest.store import Connection, certificates
from hawknest.store.certificates import Kept


class CertificateProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why the last try came to nothing; words by language."""

    kind: Annotated[str, Meta(description="The authority's word for it (RFC 8555 §6.7), or one of our own")]
    name: Annotated[str, Meta(description="The name that it is about")]
    detail: Annotated[str, Meta(description="What the authority says")]
    words: dict[str, str]
    help: dict[str, str]


class OneCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that is there or wanted; times are in seconds since the epoch."""

    subject: Annotated[str, Meta(description="The host, or the domain whose further names it is for")]
    authority: str
    state: Annotated[
        str,
        Meta(description="good, ending (soon), over, or none: it is not there yet"),
    ]
    shown: Annotated[bool, Meta(description="Whether clients are shown it now")]
    trial: Annotated[bool, Meta(description="From an authority for trials: no program trusts it")]
    names: tuple[str, ...]
    wanted: Annotated[tuple[str, ...], Meta(description="The names that the next one is to have")]
    begins_at: float | None
    ends_at: float | None
    renew_at: Annotated[float | None, Meta(description="When the next one is asked for")]
    tlsa: Annotated[str, Meta(description="What a TLSA record says of it")]
    next_tlsa: Annotated[str, Meta(description="What one says of the key that is to follow; '' for the same")]
    next_from: Annotated[float | None, Meta(description="From when on that key may be used")]
    failures: int
    problem: CertificateProblem | None


class OwnCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that no authority was asked for by this server."""

    kind: Annotated[str, Meta(description="files, of hawknest.toml, or self-signed")]
    shown: Annotated[bool, Meta(description="Whether it is what the host's name is shown with")]
    names: tuple[str, ...]
    ends_at: float
    tlsa: str


class CertificateStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with the certificates."""

    on: bool
    authority: Annotated[
        str, Meta(description="letsencrypt, staging, or the address of its directory; '': none")
    ]
    terms: Annotated[str, Meta(description="Where the terms are that were agreed to")]
    agreed_at: float | None
    contact: str
    challenge: Annotated[str, Meta(description="auto, http-01, tls-alpn-01 or dns-01")]
    own: OwnCertificate
    certificates: tuple[OneCertificate, ...]


def standing(
    connection: Connection, hostname: str, own: Shown, now: float, *, files: bool
) -> CertificateStanding:
    """Tell how it stands; `own` is the certificate of the owner's files, or the self-signed one."""
    wish = authority.wish(connection)
    every = each(connection, hostname, now)
    host = hostname.lower().removesuffix(".")
    return CertificateStanding(
        on=bool(wish.ca),
        authority=wish.name,
        terms=wish.terms,
        agreed_at=wish.agreed_at or None,
        contact=wish.contact,
        challenge=wish.challenge,
        own=OwnCertificate(
            kind="files" if files else "self-signed",
            shown=files or not any(one.shown and one.subject == host for one in every),
            names=own.names,
            ends_at=own.ends_at,
            tlsa=_tlsa(own.pin),
        ),
        certificates=every,
    )


def each(connection: Connection, hostname: str, now: float) -> tuple[OneCertificate, ...]:
    """Tell how it stands with those of authorities, the host's first."""
    ca = authority.wish(connection).ca
    kept = certificates.listing(connection)
    seen = {(one.subject, one.ca) for one in best(kept, ca, now)}
    return tuple(
        _one(one, ca, now, shown=(one.subject, one.ca) in seen)
        for one in _ordered(kept, hostname.lower().removesuffix("."), ca)
    )


def troubled(connection: Connection, hostname: str, now: float) -> tuple[OneCertificate, ...]:
    """Tell of those that should be there and are not, or will not be for long."""
    return tuple(one for one in each(connection, hostname, now) if one.problem and one.state != "good")


def _ordered(kept: Sequence[Kept], host: str, ca: str) -> list[Kept]:
    """The host's first, then by domain; what is neither there nor wanted is left out."""
    told = [one for one in kept if one.names or (one.wanted and one.ca == ca)]
    return sorted(told, key=lambda one: (one.subject != host, one.subject, one.ca != ca))


def _one(one: Kept, ca: str, now: float, *, shown: bool) -> OneCertificate:
    mine = one.ca == ca and bool(one.wanted)
    if not one.names:
        state = "none"
    elif one.ends_at <= now:
        state = "over"
    else:
        state = "ending" if is_ending(one, now) else "good"
    return OneCertificate(
        subject=one.subject,
        authority=authority.called(one.ca),
        state=state,
        shown=shown,
        trial=one.ca == STAGING,
        names=one.names,
        wanted=one.wanted if mine else (),
        begins_at=one.begins_at or None,
        ends_at=one.ends_at or None,
        renew_at=one.renew_at or None if mine else None,
        tlsa=_tlsa(one.pin),
        next_tlsa=_tlsa(one.next_pin),
        next_from=one.next_from or None,
        failures=one.failures,
        problem=_problem(one) if one.problem and mine else None,
    )


def _problem(one: Kept) -> CertificateProblem:
    ca = authority.called(one.ca)
    return CertificateProblem(
        kind=one.problem,
        name=one.about,
        detail=one.detail,
        words=dict(zip(("en", "ja"), wrong(one.problem, one.about, ca), strict=True)),
        help=dict(zip(("en", "ja"), remedy(one.problem, one.about, ca), strict=True)),
    )


def _tlsa(pin: str) -> str:
    return f"3 1 1 {pin}" if pin else ""

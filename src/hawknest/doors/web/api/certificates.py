"""Certificates by the API: how it stands, an authority wanted or not, and renewal now."""

import time
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hawknest.accounts import authority
from hawknest.accounts.authority import AUTO, Wish
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.net.acme import AcmeError
from hawknest.post.certificate_standing import CertificateStanding
from hawknest.post.certificate_words import wrong
from hawknest.store import certificates


class AuthorityTerms(msgspec.Struct, kw_only=True):
    """Where an authority's terms of service are; '' where it has none."""

    authority: str
    terms: str


class AuthorityWish(Body):
    """An authority that is to give certificates, whose terms are agreed to."""

    authority: Annotated[
        str, Meta(max_length=300, description="letsencrypt, staging, or the https address of its directory")
    ]
    agreed: Annotated[bool, Meta(description="The terms were read and are agreed to; else nothing is done")]
    terms: Annotated[str, Meta(max_length=500, description="The address of those terms")] = ""
    contact: Annotated[str, Meta(max_length=300, description="Where the authority may write to")] = ""
    challenge: Annotated[str, Meta(max_length=20, description="auto, http-01, tls-alpn-01 or dns-01")] = AUTO


async def look(ask: Ask) -> CertificateStanding:
    """Tell how it stands."""
    return await ask.rooms.certificates.standing()


async def terms(ask: Ask) -> AuthorityTerms:
    """Ask an authority where its terms are."""
    url = authority.named(ask.query.get("authority", "letsencrypt"))
    try:
        found = await ask.rooms.certificates.terms(url)
    except AcmeError as error:
        name = authority.called(url)
        raise Problem(502, "No answer", wrong(error.kind, "", name)[0], "authority") from None
    return AuthorityTerms(authority=authority.called(url), terms=found)


async def on(ask: Ask) -> CertificateStanding:
    """Want certificates of an authority."""
    body: AuthorityWish = ask.body
    if not body.agreed:
        raise refused("An authority gives certificates to who agrees to its terms", "agreed")
    wanted = Wish(
        ca=authority.named(body.authority),
        challenge=body.challenge,
        contact=body.contact,
        terms=body.terms,
        agreed_at=time.time(),
    )
    await change(ask, "certificate.on", wanted.ca, lambda c: authority.want(c, wanted), authority.wish)
    return await ask.rooms.certificates.standing()


async def off(ask: Ask) -> CertificateStanding:
    """Ask no authority any more."""
    await change(ask, "certificate.off", "", authority.want_none, authority.wish)
    return await ask.rooms.certificates.standing()


async def renew(ask: Ask) -> CertificateStanding:
    """Ask for all anew."""
    ca = (await ask.rooms.store.read(authority.wish)).ca
    if not ca:
        raise refused("No authority is asked for certificates: switch one on first")
    await change(ask, "certificate.renew", ca, lambda c: certificates.hasten(c, ca))
    return await ask.rooms.certificates.standing()


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/certificates",
        handler=look,
        need=Need.ADMIN,
        scope=Scope.CERTIFICATES,
        summary="Tell which certificates there are, until when, when the next are asked for, and what went wrong",
        answer=CertificateStanding,
    ),
    Route(
        method="GET",
        path="/api/v1/certificates/terms",
        handler=terms,
        need=Need.ADMIN,
        scope=Scope.CERTIFICATES_CHANGE,
        summary="Ask an authority where its terms of service are",
        answer=AuthorityTerms,
        query={"authority": "letsencrypt unless said, staging, or the https address of a directory"},
    ),
    Route(
        method="POST",
        path="/api/v1/certificates/on",
        handler=on,
        need=Need.ADMIN,
        scope=Scope.CERTIFICATES_CHANGE,
        summary="Have certificates of an authority from now on; its terms are agreed to by this",
        body=AuthorityWish,
        answer=CertificateStanding,
    ),
    Route(
        method="POST",
        path="/api/v1/certificates/off",
        handler=off,
        need=Need.ADMIN,
        scope=Scope.CERTIFICATES_CHANGE,
        summary="Ask no authority any more; the certificates that are there are used until they end",
        answer=CertificateStanding,
    ),
    Route(
        method="POST",
        path="/api/v1/certificates/renew",
        handler=renew,
        need=Need.ADMIN,
        scope=Scope.CERTIFICATES_CHANGE,
        summary="Ask for new certificates now; the keys stay",
        answer=CertificateStanding,
    ),
)

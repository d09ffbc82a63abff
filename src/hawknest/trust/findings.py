"""What was found out about a letter that came from somewhere else, as one value; and the same as Authentication-Results. RFC 8601."""

from collections.abc import Iterator
from dataclasses import dataclass

from hawknest.dns import IpAddress
from hawknest.mail.authres import Method
from hawknest.trust import arc, dkim, dmarc, dnsbl, iprev, spf
from hawknest.trust.author import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A letter's papers, looked through."""

    peer: IpAddress
    mail_from: str  # the reverse-path, '' for the null sender
    author: Author  # whom it says it is from
    iprev: iprev.Verdict
    spf: spf.Verdict
    dkim: tuple[dkim.Verdict, ...]
    arc: arc.Verdict
    dmarc: dmarc.Verdict | None  # None: there is no one author who could be asked about
    listed: tuple[dnsbl.Listing, ...] = ()  # the lists of bad addresses that the peer is on
    vouched: tuple[dnsbl.Listing, ...] = ()  # those of good ones

    @property
    def signers(self) -> tuple[str, ...]:
        """The domains whose signatures hold."""
        return tuple(one.domain for one in self.dkim if one.result is dkim.Result.PASS)

    @property
    def unsure(self) -> bool:
        """Whether something could not be asked just now that might have spoken for the letter."""
        return self.spf.result is spf.Result.TEMPERROR or any(
            one.result is dkim.Result.TEMPERROR for one in self.dkim
        )


def methods(found: Findings) -> Iterator[Method]:
    """Say it in the words of RFC 8601 §2.7."""
    yield Method("iprev", str(found.iprev.result), [("policy.iprev", str(found.peer))])
    identity = f"smtp.{found.spf.identity}"
    yield Method(
        "spf",
        str(found.spf.result),
        [(identity, found.mail_from if identity == "smtp.mailfrom" else found.spf.domain)],
    )
    for one in found.dkim:
        properties = [("header.d", one.domain), ("header.s", one.selector), ("header.a", one.algorithm)]
        reason = "" if one.result is dkim.Result.PASS else one.why
        yield Method("dkim", str(one.result), properties, reason)
    if not found.dkim:
        yield Method("dkim", "none")
    if found.dmarc is not None:
        policy = (
            [("policy.dmarc", str(found.dmarc.policy))] if found.dmarc.result is dmarc.Result.FAIL else []
        )
        yield Method("dmarc", str(found.dmarc.result), [("header.from", found.dmarc.domain), *policy])
    if found.arc.result is not arc.Result.NONE:
        yield Method("arc", str(found.arc.result), [("header.d", found.arc.sealer)])
    for listing in found.vouched:
        yield Method("dnswl", "pass", [("dns.zone", listing.zone), ("policy.ip", str(listing.answer))])

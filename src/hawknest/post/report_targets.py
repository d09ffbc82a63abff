"""Where reports are wanted: the URIs of a record, and whether a stranger's mailbox wants them too. RFC 9990 §3.5, §4; RFC 8460 §3.

Who publishes a record could have reports sent to anybody. So a mailbox elsewhere must say itself, in the DNS of its own house,
that it takes reports on that domain: `D._report._dmarc.elsewhere`. For TLS reports no such rule exists.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from hawknest.dns import TXT, NotAName, Resolver, records
from hawknest.mail.address import Address, AddressError, parse_address
from hawknest.trust import dmarc, tags
from hawknest.trust.tags import BadTags

MOST: Final = 3  # targets of one domain
LONGEST: Final = 500  # characters of a URI

# dmarc-uri = URI [ "!" 1*DIGIT [ "k" / "m" / "g" / "t" ] ]        ; RFC 7489 §6.4
_LIMIT: Final = re.compile(r"!([0-9]{1,12})([kmgt]?)\Z", re.IGNORECASE)
_UNITS: Final = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_URL: Final = re.compile(r"https://[!-~]+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address that takes reports."""

    address: Address
    limit: int = 0  # octets that a letter may have; 0: any

    def __str__(self) -> str:
        """The address."""
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Page:
    """A URL that takes reports by POST."""

    url: str

    def __str__(self) -> str:
        """The URL."""
        return self.url


Target = Mailbox | Page


def read(uris: Iterable[str]) -> list[Target]:
    """Read URIs, the first ones; those that are none, or that nobody knows, are passed over."""
    found: list[Target] = []
    for uri in uris:
        target = _target(uri.strip())
        if target is not None and target not in found:
            found.append(target)
    return found[:MOST]


def _target(uri: str) -> Target | None:
    if len(uri) > LONGEST:
        return None
    scheme, _, rest = uri.partition(":")
    match scheme.lower():
        case "mailto":
            return _mailbox(rest)
        case "https" if _URL.fullmatch(uri) and _has_host(uri):
            return Page(uri)
        case _:
            return None


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def _mailbox(text: str) -> Mailbox | None:
    limit = 0
    if found := _LIMIT.search(text):
        text, limit = text[: found.start()], int(found[1]) << _UNITS[found[2].lower()]
    try:
        address = parse_address(unquote(text.partition("?")[0]))
    except AddressError:
        return None
    return Mailbox(address, limit) if str(address).isascii() and not address.domain.startswith("[") else None


async def of_dmarc(domain: str, resolver: Resolver) -> tuple[list[Mailbox], list[str]]:
    """Find where a domain wants DMARC reports.

    Returns the mailboxes, and for each that is passed over, why. Raises dns.Unknown.
    """
    for text in await records(resolver, f"_dmarc.{domain}", TXT):
        try:
            record = dmarc.read(text)
        except dmarc.BadRecord:
            continue
        found: list[Mailbox] = []
        refused: list[str] = []
        for target in read(record.reports):
            if not isinstance(target, Mailbox):
                continue
            verified = await _verified(domain, target, resolver)
            found += [verified] if verified else []
            refused += [] if verified else [f"{target} does not say that it wants reports on {domain}"]
        return found, refused
    return [], []


async def _verified(domain: str, target: Mailbox, resolver: Resolver) -> Mailbox | None:
    """See that a mailbox wants reports on a domain (RFC 9990 §4). Raises dns.Unknown."""
    host = target.address.domain
    if await _same_house(domain, host, resolver):
        return target
    try:
        texts = await records(resolver, f"{domain}._report._dmarc.{host}", TXT)
    except NotAName:
        return None
    for text in texts:
        try:
            found = tags.read(text)
        except BadTags:
            continue
        if next(iter(found), "") != "v" or found["v"] != b"DMARC1":
            continue
        if "rua" not in found:
            return target
        instead = [
            one
            for one in read(found["rua"].decode("ascii", "replace").split(","))
            if isinstance(one, Mailbox)
        ]
        return next((one for one in instead if one.address.domain == host), None)
    return None


async def _same_house(domain: str, other: str, resolver: Resolver) -> bool:
    """Tell whether two names are of one house: of one organizational domain. Raises dns.Unknown."""
    if domain == other:
        return True
    check = dmarc.Check(resolver)
    first = await check.verdict(domain, spf=(), dkim=())
    second = await check.verdict(other, spf=(), dkim=())
    return bool(first.house) and first.house == second.house


async def of_tls(domain: str, resolver: Resolver) -> list[Target]:
    """Find where a domain wants TLS reports (RFC 8460 §3). Raises dns.Unknown."""
    found: list[list[Target]] = []
    for text in await records(resolver, f"_smtp._tls.{domain}", TXT):
        try:
            record = tags.read(text)
        except BadTags:
            continue
        if next(iter(record), "") == "v" and record["v"] == b"TLSRPTv1":
            found.append(read(record.get("rua", b"").decode("ascii", "replace").split(",")))
    return found[0] if len(found) == 1 else []

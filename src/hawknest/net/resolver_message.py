"""From question to datagram, and from datagram to answer: the one place that knows dnspython's types. RFC 1035 §4, RFC 6891.

A question asks for DNSSEC (DO and AD, RFC 6840 §5.7) so that a validating resolver says what it found out, and takes 1232
octets over UDP, which no path breaks into fragments.
"""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from hawknest.dns import (
    Answer,
    Caa,
    DnsError,
    Dnskey,
    Ds,
    Kind,
    Malformed,
    Mx,
    NoData,
    NoSuchName,
    NotInCharge,
    Refused,
    ServerFailed,
    Soa,
    Srv,
    Tlsa,
    Unknown,
)

PAYLOAD: Final = 1232  # octets over UDP: 1280, the least MTU of IPv6, less the headers


class Unreadable(Exception):
    """Bytes that are no DNS message."""


class Inquiry:
    """One question to one resolver, with the id that its answer must carry."""

    __slots__ = ("_query", "edns", "kind", "name", "wire")

    def __init__(self, name: str, kind: Kind[Any], *, edns: bool, direct: bool = False) -> None:
        """Compose the question.

        Args:
            name: a canonical name.
            kind: which records.
            edns: whether to use EDNS, which very old resolvers do not understand.
            direct: it is put to a server that should know by itself, and need not ask others.
        """
        self.name = name
        self.kind = kind
        self.edns = edns
        labels = [label.encode("ascii") for label in name.split(".")]
        self._query = dns.message.make_query(
            dns.name.Name([*labels, b""]),
            dns.rdatatype.RdataType.make(kind.number),
            use_edns=0 if edns else -1,
            want_dnssec=edns,
            payload=PAYLOAD if edns else None,
            flags=dns.flags.AD | (0 if direct else dns.flags.RD),
        )
        self.wire = self._query.to_wire()

    def reply(self, wire: bytes) -> "Reply | None":
        """Read what came back; None when it is no reply to this question, but a stray or a forgery.

        Raises:
            Unreadable: it carries the right id and is no DNS message.
        """
        if wire[:2] != self.wire[:2]:
            return None
        try:
            message = dns.message.from_wire(wire, ignore_trailing=True)
        except (dns.exception.DNSException, ValueError) as error:
            raise Unreadable(str(error) or type(error).__name__) from None
        return Reply(message, len(wire)) if self._query.is_response(message) else None


class Reply:
    """What a resolver said."""

    __slots__ = ("_message", "octets")

    def __init__(self, message: dns.message.Message, octets: int) -> None:
        self._message = message
        self.octets = octets

    @property
    def truncated(self) -> bool:
        """Whether the rest has to be fetched over TCP."""
        return bool(self._message.flags & dns.flags.TC)

    @property
    def knows_no_edns(self) -> bool:
        """Whether the question should be asked again in the plain way of old: RFC 6891 §7."""
        return self._message.rcode() in {dns.rcode.FORMERR, dns.rcode.NOTIMP}

    def own_word(self, inquiry: Inquiry, server: str) -> Answer[Any] | DnsError:
        """What a server says that was asked itself; a referral is no answer, and neither is hearsay (RFC 1034 §4.3.1)."""
        code = self._message.rcode()
        if code in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN} and not self._message.flags & dns.flags.AA:
            return NotInCharge(inquiry.name, inquiry.kind.name, server)
        return self.outcome(inquiry, server, trusted=False)[0]

    def outcome(
        self, inquiry: Inquiry, resolver: str, *, trusted: bool
    ) -> tuple[Answer[Any] | DnsError, int]:
        """The answer or failure, and the seconds for which it may be kept.

        Args:
            inquiry: what was asked.
            resolver: whom, as people name it.
            trusted: whether its AD flag is believed.
        """
        code = self._message.rcode()
        asked = inquiry.name, inquiry.kind.name, resolver
        if code not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
            return _failure(code, asked), 0
        try:
            chain = cast("dns.message.QueryMessage", self._message).resolve_chaining()
        except dns.exception.DNSException as error:
            return Malformed(*asked, type(error).__name__), 0
        if chain.answer is None:
            missing = NoSuchName if code == dns.rcode.NXDOMAIN else NoData
            return missing(*asked), chain.minimum_ttl
        value = _VALUES[inquiry.kind.number]
        records = tuple(value(data) for data in cast("Iterable[Any]", chain.answer))
        authenticated = trusted and bool(self._message.flags & dns.flags.AD)
        ttl = chain.minimum_ttl
        return Answer(records, _text(chain.canonical_name), ttl, authenticated, resolver), ttl


def _failure(code: dns.rcode.Rcode, asked: tuple[str, str, str]) -> Unknown:
    match code:
        case dns.rcode.REFUSED:
            return Refused(*asked)
        case dns.rcode.FORMERR:
            return Malformed(*asked, "FORMERR")
        case _:
            return ServerFailed(*asked, dns.rcode.to_text(code))


def _text(name: dns.name.Name) -> str:
    """A name as text, lower case; the root is empty. Odd octets stay escaped, so that it is always plain ASCII."""
    return "" if name == dns.name.root else name.to_text(omit_final_dot=True).lower()


# The records of dnspython have their fields by type; they are read here and nowhere else.
_VALUES: Final[Mapping[int, Callable[[Any], object]]] = {
    dns.rdatatype.A: lambda data: IPv4Address(data.address),
    dns.rdatatype.AAAA: lambda data: IPv6Address(data.address),
    dns.rdatatype.CAA: lambda data: Caa(data.flags, data.tag.decode("ascii", "replace").lower(), data.value),
    dns.rdatatype.CNAME: lambda data: _text(data.target),
    dns.rdatatype.DNSKEY: lambda data: Dnskey(int(data.flags), data.protocol, int(data.algorithm), data.key),
    dns.rdatatype.DS: lambda data: Ds(data.key_tag, int(data.algorithm), int(data.digest_type), data.digest),
    dns.rdatatype.MX: lambda data: Mx(data.preference, _text(data.exchange)),
    dns.rdatatype.NS: lambda data: _text(data.target),
    dns.rdatatype.PTR: lambda data: _text(data.target),
    dns.rdatatype.SOA: lambda data: Soa(
        _text(data.mname), _text(data.rname), data.serial, data.refresh, data.retry, data.expire, data.minimum
    ),
    dns.rdatatype.SRV: lambda data: Srv(data.priority, data.weight, data.port, _text(data.target)),
    dns.rdatatype.TLSA: lambda data: Tlsa(data.usage, data.selector, data.mtype, data.cert),
    dns.rdatatype.TXT: lambda data: b"".join(data.strings),
}

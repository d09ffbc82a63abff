"""Changes a zone on the server that keeps it: dynamic update, signed with a shared key. RFC 2136, RFC 8945 (TSIG).

    await update(("192.0.2.53", 53), "example.org", Tsig("hawknest", secret), [
        Change("_dmarc.example.org", "TXT", 3600, "v=DMARC1; p=none"),
        Change("old.example.org", "A", 0, None),                       # all its A records go
        Change("example.org", "MX", 0, "10 old.example.org.", remove=True),  # this one goes
    ])

All changes are made, or none (RFC 2136 §3.7). The message goes over UDP where it fits, and over TCP where it does not.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update

from hawknest.dns import DnsError, Silent, Truncated, Unreachable, canonical_name
from hawknest.net.resolver_exchange import exchange
from hawknest.net.resolver_message import PAYLOAD, Unreadable
from hawknest.net.resolver_servers import Server

PATIENCE: Final = 10.0  # seconds for UDP, and again for TCP
#: RFC 8945 §6; what is weaker than SHA-1 is not offered, and SHA-1 is there for old servers.
ALGORITHMS: Final = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1")


class UpdateError(Exception):
    """The zone was not changed; the text says why in plain words.

    `code` is the word of the protocol, such as NOTAUTH, REFUSED, BADKEY, BADSIG, BADTIME, or `silent`, `unreachable`,
    `unreadable`, `unsigned`, `nonsense` (a change that cannot be sent).
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text, code)
        self.text = text
        self.code = code

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Tsig:
    """A key that is shared with the server: RFC 8945 §5. `secret` is as both sides have it, in base64."""

    name: str
    secret: str = field(repr=False)
    algorithm: str = "hmac-sha256"

    def problem(self) -> str:
        """Why this cannot be a key; empty: it can."""
        if canonical_name(self.name) is None:
            return f"`{self.name}` cannot be the name of a key"
        if self.algorithm not in ALGORITHMS:
            return f"the algorithm `{self.algorithm}` is not known; known are {', '.join(ALGORITHMS)}"
        try:
            octets = base64.b64decode(self.secret, validate=True)
        except (binascii.Error, ValueError):
            octets = b""
        return "" if octets else "the secret is not in base64, as `tsig-keygen` or the provider gives it"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a zone: a record that is added, or with `remove` taken away; without a value all of the type go.

    `name` is absolute, with or without a dot at the end. `value` is as a zone file writes it, names in it with their dot;
    for TXT it is the text itself, of any length, without quotes. `ttl` is in seconds.
    """

    name: str
    type: str
    ttl: int
    value: str | None
    remove: bool = False


async def update(
    server: tuple[str, int],
    zone: str,
    key: Tsig | None,
    changes: Sequence[Change],
    timeout: float = PATIENCE,  # noqa: ASYNC109 - it ends in an exception of its own
) -> None:
    """Make the changes, all of them or none.

    Args:
        server: IP address and port of the zone's primary server.
        zone: the zone that all names of the changes lie in.
        key: what the message is signed with; None: not at all, which few servers accept.
        changes: what to change, in order.
        timeout: seconds for UDP, and again for TCP.

    Raises:
        UpdateError: nothing was changed (or, where the code is `silent`, perhaps nothing).
    """
    known_as = Server(server[0], server[1], trusted=False).name
    message = _Message(_composed(zone, key, changes), signed=key is not None)
    asked = zone, "update", known_as
    reply = await exchange(message, server, asked, timeout, datagram=PAYLOAD)
    if isinstance(reply, DnsError):
        raise _not_reached(reply, known_as)
    reply.judge(zone, key, known_as)


def text_of(kind: str, value: str) -> str:
    """The one spelling of a record's value, for comparing: names lower case, numbers and hex as they are always written.

    TXT stays the text it is. Raises UpdateError with `nonsense`.
    """
    if kind == "TXT":
        return value
    try:
        return dns.rdata.from_text("IN", kind, value, dns.name.root, relativize=False).to_text().lower()
    except (dns.exception.DNSException, ValueError) as error:
        raise UpdateError(f"`{value}` cannot be the value of a {kind} record: {error}", "nonsense") from None


def _composed(zone: str, key: Tsig | None, changes: Sequence[Change]) -> dns.update.UpdateMessage:
    """The message. Raises UpdateError with `nonsense`."""
    keyring = None
    if key is not None:
        if problem := key.problem():
            raise UpdateError(problem, "nonsense")
        keyring = dns.tsig.Key(key.name, key.secret, key.algorithm)
    try:
        message = dns.update.UpdateMessage(dns.name.from_text(zone), keyring=keyring)
        for change in changes:
            _put(message, change)
        message.to_wire(max_size=65535)
    except (dns.exception.DNSException, ValueError) as error:
        raise UpdateError(f"this cannot be sent to the server: {error}", "nonsense") from None
    return message


def _put(message: dns.update.UpdateMessage, change: Change) -> None:
    name = dns.name.from_text(change.name)
    kind = dns.rdatatype.from_text(change.type)
    if change.value is None:
        message.delete(name, kind)
        return
    text = _quoted(change.value) if change.type == "TXT" else change.value
    data = dns.rdata.from_text(dns.rdataclass.IN, kind, text, dns.name.root, relativize=False)
    if change.remove:
        message.delete(name, data)
    else:
        message.add(name, change.ttl, data)


def _quoted(text: str) -> str:
    """A text as strings of at most 255 octets: RFC 1035 §3.3.14."""
    octets = text.encode()
    parts = [octets[at : at + 255] for at in range(0, len(octets) or 1, 255)]
    return " ".join('"' + "".join(f"\\{octet:03d}" for octet in part) + '"' for part in parts)


class _Message:
    """An update that is sent, and knows its reply."""

    __slots__ = ("_query", "_signed", "wire")

    def __init__(self, query: dns.update.UpdateMessage, *, signed: bool) -> None:
        self._query = query
        self._signed = signed
        self.wire = query.to_wire(max_size=65535)

    def reply(self, wire: bytes) -> "_Reply | None":
        """Read what came back; None when it is no reply to this update. Raises Unreadable."""
        if wire[:2] != self.wire[:2]:
            return None
        try:
            message = self._read(wire)
        except (dns.tsig.PeerError, dns.message.UnknownTSIGKey, dns.tsig.BadTime) as error:
            return _Reply(_TSIG.get(type(error), "BADKEY"), truncated=False, signed=True)
        except dns.tsig.BadSignature:
            return None  # a forgery, which says nothing (RFC 8945 §5.3.2); the true reply may come yet
        except (dns.exception.DNSException, ValueError) as error:
            raise Unreadable(str(error) or type(error).__name__) from None
        if not message.flags & dns.flags.QR or message.opcode() != self._query.opcode():
            return None
        return _Reply(
            dns.rcode.to_text(message.rcode()),
            truncated=bool(message.flags & dns.flags.TC),
            signed=message.had_tsig or not self._signed,
        )

    def _read(self, wire: bytes) -> dns.message.Message:
        """Read a reply and check its signature, where it has one; the callers see to it that a missing one counts for nothing."""
        try:
            return dns.message.from_wire(
                wire, keyring=self._query.keyring, request_mac=self._query.mac, ignore_trailing=True
            )
        except dns.exception.FormError:
            return dns.message.from_wire(wire, keyring=None, ignore_trailing=True)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What the server said."""

    code: str
    truncated: bool
    signed: bool

    def judge(self, zone: str, key: Tsig | None, server: str) -> None:
        """Raise UpdateError unless the changes were made, and the right one says so."""
        if self.code != "NOERROR":
            words = _WORDS.get(self.code, "{server} could not change {zone}: it says {code}")
            if self.code in {"REFUSED", "NOTAUTH"} and key is None:
                words = "{server} takes no unsigned changes of {zone}: name the key that it knows"
            name = key.name if key else "-"
            raise UpdateError(words.format(server=server, zone=zone, key=name, code=self.code), self.code)
        if not self.signed:
            raise UpdateError(
                f"{server} says that {zone} was changed, but nothing proves that it was {server} who said so",
                "unsigned",
            )


def _not_reached(error: DnsError, server: str) -> UpdateError:
    detail = f": {error.detail}" if error.detail else ""
    match error:
        case Silent():
            return UpdateError(
                f"{server} did not answer in time; whether the zone was changed is not known", "silent"
            )
        case Unreachable() | Truncated():
            return UpdateError(f"{server} cannot be reached{detail}", "unreachable")
        case _:
            return UpdateError(f"{server} sent an answer that cannot be read{detail}", "unreadable")


_TSIG: Final[dict[type[Exception], str]] = {
    dns.tsig.PeerBadKey: "BADKEY",
    dns.tsig.PeerBadSignature: "BADSIG",
    dns.tsig.PeerBadTime: "BADTIME",
    dns.tsig.PeerBadTruncation: "BADTRUNC",
    dns.tsig.BadTime: "BADTIME",
    dns.message.UnknownTSIGKey: "BADKEY",
}
_WORDS: Final = {
    "REFUSED": "{server} refuses: the key {key} may not change these records of {zone}",
    "NOTAUTH": "{server} does not keep the zone {zone}, or does not let the key {key} change it",
    "NOTZONE": "{server} says that some of these names do not lie in {zone}",
    "BADKEY": "{server} does not know the key {key}, or knows it with another algorithm",
    "BADSIG": "{server} knows the key {key} with another secret",
    "BADTIME": "the clocks of this machine and of {server} are too far apart: set both by NTP",
    "BADTRUNC": "{server} wants longer signatures than the key {key} makes",
    "SERVFAIL": "{server} has trouble of its own with {zone}: look into its log",
    "FORMERR": "{server} does not understand the message",
    "NOTIMP": "{server} cannot be updated at all: it does not know RFC 2136",
    "YXDOMAIN": "{server} says that a name is there which should not be",
    "NXDOMAIN": "{server} says that a name is missing which should be there",
}

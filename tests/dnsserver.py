"""A small DNS server for tests: UDP and TCP on one free port of 127.0.0.1, with names that misbehave on demand.

    with DnsServer({
        "example.org MX": ["10 mx1.example.org", "20 mx2.example.org"],
        "mx1.example.org A": "192.0.2.1",
        "www.example.org CNAME": "example.org",
        "example.net MX": "0 .",
    }) as server:
        server.odd("slow.example", Odd.SILENT)
        resolver = Resolver(Settings(servers=(server.endpoint,)))
        ...
        assert server.asked("example.org", "MX") == 1

Records are a mapping as above (one rdata or a list; names are absolute with or without a final dot), or the text of a
zone file with absolute names. `server.add(...)` and `server.remove(...)` change them while it runs.

It answers as a resolver would: CNAMEs are followed among its own records; a name that neither has records nor has
names below it is NXDOMAIN; a name without records of the kind is an empty answer; both carry an SOA, so that they can be
cached for `ttl` seconds. `authenticated=True` sets AD on every answer. Each question is answered in a thread of its
own, so a slow one holds nobody up.
"""

import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zonefile

Records = Mapping[str, str | Iterable[str]]


class Odd(Enum):
    """How a name misbehaves."""

    NXDOMAIN = auto()
    NODATA = auto()
    SERVFAIL = auto()
    REFUSED = auto()
    NOTIMP = auto()
    #: FORMERR to a question with EDNS, as very old servers say; the right answer to one without.
    NO_EDNS = auto()
    #: Never an answer.
    SILENT = auto()
    #: The right answer after `slowness` seconds.
    SLOW = auto()
    #: No answer to the first question, the right one to all later.
    LOST_ONCE = auto()
    #: TC and nothing else over UDP; the right answer over TCP.
    TRUNCATED = auto()
    #: TC over UDP; over TCP the connection closes without an answer.
    TRUNCATED_NO_TCP = auto()
    #: An answer with another id, and then none.
    WRONG_ID = auto()
    #: First a forged answer with another id (192.0.2.66 for A), then the right one.
    FORGED_FIRST = auto()
    #: An answer to another question.
    OTHER_QUESTION = auto()
    #: The right id, and then bytes that are no DNS message.
    GARBAGE = auto()


class DnsServer:
    """The server; it runs while the `with` block does, or from `start()` to `stop()`."""

    def __init__(
        self,
        records: Records | str = "",
        *,
        odd: Mapping[str, Odd] | None = None,
        authenticated: bool = False,
        ttl: int = 300,
        slowness: float = 0.3,
        port: int = 0,
    ) -> None:
        self.authenticated = authenticated
        self.ttl = ttl
        self.slowness = slowness
        self.queries: list[tuple[str, str, str]] = []  # name, kind, "udp" or "tcp", in the order they came
        self.address = "127.0.0.1"
        self.port = 0
        self._odd: dict[str, Odd] = {}
        self._rrsets: dict[tuple[dns.name.Name, int], dns.rrset.RRset] = {}
        self._names: Counter[dns.name.Name] = Counter()
        self._lost: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._servers: list[socketserver.BaseServer] = []
        self._threads: list[threading.Thread] = []
        self._wanted = port
        self._closing = threading.Event()
        self.add(records)
        for name, way in (odd or {}).items():
            self.odd(name, way)

    @property
    def endpoint(self) -> tuple[str, int]:
        """Address and port, as a resolver's settings want them."""
        return self.address, self.port

    def add(self, records: Records | str) -> None:
        """Add records; those of the same name and kind are replaced."""
        text = records if isinstance(records, str) else "\n".join(_lines(records))
        with self._lock:
            for rrset in dns.zonefile.read_rrsets(text, rdclass=None, default_ttl=self.ttl, relativize=False):
                self._rrsets[rrset.name, rrset.rdtype] = rrset
            self._count_names()

    def head(self, zone: str) -> None:
        """Let a zone begin at a name: its SOA record."""
        text = f"ns.{zone}. hostmaster.{zone}. 1 3600 600 86400 60"
        rrset = dns.rrset.from_text(dns.name.from_text(zone), self.ttl, "IN", "SOA", text)
        with self._lock:
            self._rrsets[rrset.name, rrset.rdtype] = rrset
            self._count_names()

    def remove(self, name: str, kind: str) -> None:
        """Remove the records of a name and kind."""
        with self._lock:
            del self._rrsets[dns.name.from_text(name), dns.rdatatype.from_text(kind)]
            self._count_names()

    def odd(self, name: str, way: Odd | None) -> None:
        """Let a name misbehave: `example.org` for all kinds, `example.org MX` for one, `*` for every name; None: no more."""
        name, _, kind = name.partition(" ")
        key = f"{name.lower()} {kind.upper()}".strip()
        if way is None:
            self._odd.pop(key, None)
        else:
            self._odd[key] = way

    def asked(self, name: str = "", kind: str = "", transport: str = "") -> int:
        """How often a question came; what is left empty matches anything."""
        return sum(
            (not name or n == name) and (not kind or k == kind) and (not transport or t == transport)
            for n, k, t in list(self.queries)
        )

    def start(self) -> Self:
        """Listen and answer."""
        tcp, udp = self._bind()
        self.port = tcp.server_address[1]
        self._servers = [tcp, udp]
        for server in self._servers:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def stop(self) -> None:
        """End; afterwards nothing listens on the port."""
        self._closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._servers.clear()
        self._threads.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _bind(self) -> "tuple[_Tcp, _Udp]":
        for attempt in range(20):
            tcp = _Tcp((self.address, self._wanted), _TcpQuestion)
            try:
                udp = _Udp((self.address, tcp.server_address[1]), _UdpQuestion)
            except OSError:
                tcp.server_close()
                if self._wanted or attempt == 19:
                    raise
                continue
            tcp.dns = udp.dns = self
            return tcp, udp
        raise AssertionError

    def _count_names(self) -> None:
        """Note every name there is, with those above it: an empty one between is no NXDOMAIN (RFC 8020)."""
        self._names.clear()
        for name, _ in self._rrsets:
            while name != dns.name.root:
                self._names[name] += 1
                name = name.parent()  # noqa: PLW2901

    def replies(self, wire: bytes, transport: str) -> list[bytes]:
        """Everything to send as an answer to a question."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        with self._lock:
            self.queries.append((name, kind, transport))
            way = self._odd.get(f"{name} {kind}") or self._odd.get(name) or self._odd.get("*")
            lost, key = self._lost, (name, kind)
            first = key not in lost
            lost.add(key)
            reply = self._reply(query)
        over_udp = transport == "udp"
        match way:
            case None:
                pass
            case Odd.NXDOMAIN | Odd.NODATA | Odd.SERVFAIL | Odd.REFUSED | Odd.NOTIMP:
                reply = dns.message.make_response(query)
                reply.flags |= dns.flags.RA
                code = "NOERROR" if way is Odd.NODATA else way.name
                reply.set_rcode(dns.rcode.from_text(code))
            case Odd.NO_EDNS if query.edns >= 0:
                reply = dns.message.make_response(query)
                reply.use_edns(False)
                reply.set_rcode(dns.rcode.FORMERR)
            case Odd.SLOW:
                self._closing.wait(self.slowness)
            case Odd.TRUNCATED | Odd.TRUNCATED_NO_TCP if over_udp:
                reply = dns.message.make_response(query)
                reply.flags |= dns.flags.TC
            case Odd.SILENT | Odd.TRUNCATED_NO_TCP:
                return []
            case Odd.LOST_ONCE if first:
                return []
            case Odd.WRONG_ID:
                return [_other_id(reply.to_wire())]
            case Odd.FORGED_FIRST:
                forged = dns.message.make_response(query)
                forged.answer = [dns.rrset.from_text(question.name, 300, "IN", "A", "192.0.2.66")]
                return [_other_id(forged.to_wire()), reply.to_wire()]
            case Odd.OTHER_QUESTION:
                other = dns.message.make_query("other.example", "A", id=query.id)
                return [dns.message.make_response(other).to_wire()]
            case Odd.GARBAGE:
                return [wire[:2] + b"\x81\x80" + b"\xff" * 40]
            case Odd.NO_EDNS | Odd.LOST_ONCE:
                pass
        return [_within(reply, max(query.payload, 512) if over_udp else 65535)]

    def _reply(self, query: dns.message.Message) -> dns.message.Message:
        """The right answer."""
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if self.authenticated:
            reply.flags |= dns.flags.AD
        question = query.question[0]
        name = question.name
        for _ in range(8):
            if found := self._rrsets.get((name, question.rdtype)):
                reply.answer.append(found)
                return reply
            alias = self._rrsets.get((name, dns.rdatatype.CNAME))
            if alias is None:
                break
            reply.answer.append(alias)
            name = alias[0].target
        if name not in self._names:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        soa = f"ns.invalid. root.invalid. 1 3600 600 86400 {self.ttl}"
        reply.authority.append(dns.rrset.from_text(dns.name.root, self.ttl, "IN", "SOA", soa))
        return reply


def _lines(records: Records) -> Iterable[str]:
    """Zone file lines of a mapping."""
    for key, found in records.items():
        name, kind = key.split()
        for data in [found] if isinstance(found, str) else found:
            quoted = kind == "TXT" and not data.startswith('"')
            yield f"{name.removesuffix('.')}. IN {kind} {_quote(data) if quoted else data}"


def _quote(text: str) -> str:
    """A TXT record's text as strings of at most 255 characters."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(f'"{text[i : i + 200]}"' for i in range(0, max(len(text), 1), 200))


def _other_id(wire: bytes) -> bytes:
    return struct.pack("!H", struct.unpack("!H", wire[:2])[0] ^ 0x5555) + wire[2:]


def _within(reply: dns.message.Message, limit: int) -> bytes:
    """An answer of at most `limit` octets: TC and nothing else where it is too long (RFC 2181 §9)."""
    wire = reply.to_wire(max_size=65535)
    if len(wire) <= limit:
        return wire
    reply.answer, reply.authority, reply.additional = [], [], []
    reply.flags |= dns.flags.TC
    return reply.to_wire()


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    dns: DnsServer


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    dns: DnsServer


class _UdpQuestion(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        wire, sock = self.request
        for reply in self.server.dns.replies(wire, "udp"):
            try:
                sock.sendto(reply, self.client_address)
            except OSError:  # the test is over
                return
            time.sleep(0)


class _TcpQuestion(socketserver.StreamRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        while head := self.rfile.read(2):
            wire = self.rfile.read(struct.unpack("!H", head)[0])
            replies = self.server.dns.replies(wire, "tcp")
            for reply in replies:
                self.wfile.write(struct.pack("!H", len(reply)) + reply)
            if not replies:
                return

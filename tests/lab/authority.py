"""The names of a whole small world on one real server: Knot DNS with a signed root, and below it zones as tests want them.

Zones come while it runs; records are changed by RFC 2136 with a TSIG key, as owners change theirs, and Knot signs them anew
by itself. A zone can be signed, unsigned, or bogus: signed with keys that its parent does not vouch for.
"""

import base64
import os
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.rrset
import dns.tsig
import dns.update

from interop.programs import need, run
from lab.ports import Program, free_port

ADDRESS: Final = "127.0.0.1"
SIGNED, UNSIGNED, BOGUS = "signed", "unsigned", "bogus"
KEY_NAME, ALGORITHM = "lab-key", "hmac-sha256"
TTL = 0  # so that nobody keeps what a test is about to change

_CONFIG = """
server:
    rundir: "{directory}"
    listen: {address}@{port}
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
control:
    listen: "{directory}/knot.sock"
database:
    storage: "{directory}"
    journal-db-max-size: 64M
    kasp-db-max-size: 16M
    timer-db-max-size: 16M
key:
  - id: {key}
    algorithm: {algorithm}
    secret: {secret}
acl:
  - id: changes
    key: {key}
    action: [update, transfer]
policy:
  - id: signing
    algorithm: ecdsap256sha256
    single-type-signing: on
    ksk-lifetime: 0
    dnskey-ttl: 0
    zone-max-ttl: 3600
template:
  - id: default
    storage: "{directory}"
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: changes
    dnssec-policy: signing
    acl: changes
zone:
"""


class Authority:
    """A server that speaks for the root and for every zone that a test asks for."""

    def __init__(self, directory: Path) -> None:
        knotd, self._knotc = need("knotd"), need("knotc")
        self.directory, self.port = directory, free_port()
        self.secret = base64.b64encode(os.urandom(32)).decode()
        self._key = dns.tsig.Key(KEY_NAME, self.secret, ALGORITHM)
        self._zones: dict[str, str] = {}
        self._prepare(".", SIGNED)
        self._program = Program([knotd, "-c", directory / "knot.conf"], directory / "knot.log")
        try:
            self._program.await_port(self.port)
            self._await_zone(".", SIGNED)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self._program.stop()

    @property
    def endpoint(self) -> tuple[str, int]:
        """Its address and port."""
        return ADDRESS, self.port

    def anchor(self) -> str:
        """The trust anchor of its root, as a line of a zone file."""
        return f". IN DNSKEY {self._dnskey('.')[0]}"

    def zone(self, name: str, how: str) -> None:
        """Begin a zone, empty but for SOA, NS and the server's address, and delegate to it from the zone above."""
        name = name.rstrip(".")
        if self._zones.pop(name, None):  # it goes with its keys before it comes again
            self._configure()
            self._control("reload")
            self._control("-f", "zone-purge", "+orphan", name)
        self._prepare(name, how)
        self._control("reload")
        self._await_zone(name, how)
        self._delegate(name, how)

    def change(self, name: str, deleted: tuple[str, ...], added: tuple[str, ...], kind: str) -> None:
        """One update: take away records (none named: all of the kind), then add some."""
        absolute = dns.name.from_text(name)
        message = dns.update.UpdateMessage(self.home(name), keyring=self._key)
        for value in deleted:
            if value:
                message.delete(absolute, kind, value)
            else:
                message.delete(absolute, kind)
        for value in added:
            message.add(absolute, TTL, kind, value)
        answer = dns.query.tcp(message, ADDRESS, 5, self.port)
        assert answer.rcode() == dns.rcode.NOERROR, dns.rcode.to_text(answer.rcode())

    def ask(self, name: str, kind: str) -> list[str]:
        """The records as text, straight from the server."""
        message = dns.message.make_query(name, kind)
        answer = dns.query.tcp(message, ADDRESS, 5, self.port)
        wanted = dns.rdatatype.from_text(kind)
        return sorted(data.to_text() for rrset in answer.answer if rrset.rdtype == wanted for data in rrset)

    def home(self, name: str, *, above: bool = False) -> str:
        """The zone that a name lies in; `above`: the one that the zone of this name is delegated from."""
        labels = name.rstrip(".").split(".")
        for start in range(int(above), len(labels)):
            if (found := ".".join(labels[start:])) in self._zones:
                return found
        return "."

    def _prepare(self, name: str, how: str) -> None:
        """Write the zone's file, and name it in the server's configuration."""
        end = "" if name == "." else f"{name}."
        (self.directory / f"{name if name != '.' else ''}.zone").write_text(
            f"{end or '.'} {TTL} SOA ns.{end or 'lab.'} hostmaster.{end or 'lab.'} {int(time.time())} 3600 600 86400 0\n"
            f"{end or '.'} {TTL} NS ns.{end or 'lab.'}\nns.{end or 'lab.'} {TTL} A {ADDRESS}\n"
        )
        self._zones[name] = how
        self._configure()

    def _configure(self) -> None:
        """Write the server's configuration."""
        config = _CONFIG.format(
            directory=self.directory,
            address=ADDRESS,
            port=self.port,
            key=KEY_NAME,
            algorithm=ALGORITHM,
            secret=self.secret,
        )
        for zone, way in self._zones.items():
            file = f"{zone if zone != '.' else ''}.zone"
            signing = "off" if way == UNSIGNED else "on"
            config += f'  - domain: "{zone}"\n    file: "{file}"\n    dnssec-signing: {signing}\n'
        (self.directory / "knot.conf").write_text(config)

    def _control(self, *words: str) -> None:
        run([self._knotc, "-c", self.directory / "knot.conf", "-b", *words])

    def _delegate(self, name: str, how: str) -> None:
        """Tell the zone above of a zone: NS, and DS where it is signed."""
        above = self.home(name, above=True)
        absolute = dns.name.from_text(name)
        message = dns.update.UpdateMessage(above, keyring=self._key)
        message.delete(absolute, "NS")
        message.delete(absolute, "DS")
        message.add(absolute, TTL, "NS", f"ns.{name}.")
        if how != UNSIGNED:
            [key] = self._dnskey(name)
            ds = dns.dnssec.make_ds(absolute, key, "SHA256").to_text()
            if how == BOGUS:
                ds = ds[:-8] + ("0" * 8 if not ds.endswith("0" * 8) else "1" * 8)
            message.add(absolute, TTL, "DS", ds)
        answer = dns.query.tcp(message, ADDRESS, 5, self.port)
        assert answer.rcode() == dns.rcode.NOERROR, dns.rcode.to_text(answer.rcode())

    def _dnskey(self, name: str) -> list[dns.rdtypes.ANY.DNSKEY.DNSKEY]:
        answer = dns.query.tcp(dns.message.make_query(name, "DNSKEY"), ADDRESS, 5, self.port)
        return [data for rrset in answer.answer if rrset.rdtype == dns.rdatatype.DNSKEY for data in rrset]

    def _await_zone(self, name: str, how: str) -> None:
        """Wait until the zone is served, signed where it should be."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            found = self.ask(name, "SOA")
            if found and (how == UNSIGNED or self._dnskey(name)):
                return
            time.sleep(0.01)
        raise AssertionError(
            f"Knot does not serve {name}: {(self.directory / 'knot.log').read_text()[-2000:]}"
        )


def reverse(address: str) -> str:
    """The name whose PTR record names an address."""
    return ip_address(address).reverse_pointer

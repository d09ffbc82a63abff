"""The resolver with unbound: a real one, which checks DNSSEC itself, over a zone that is signed here.

Nothing leaves this machine: unbound has the zone in a file and may send from loopback only.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from ipaddress import ip_address
from pathlib import Path

import dns.dnssec
import dns.rdatatype
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hawknest import dns as names
from hawknest.dns import MX, TLSA, TXT, A, Mx
from hawknest.net.resolver import Resolver, Settings

ZONE = """
$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mx
mx A 192.0.2.1
www CNAME mx
_25._tcp.mx TLSA 3 1 1 {tlsa}
long TXT {long}
forged A 192.0.2.2
"""
UNBOUND = shutil.which("unbound") or shutil.which("unbound", path="/usr/sbin")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(UNBOUND is None, reason="unbound is not installed (Debian: apt install unbound)"),
]


def signed(directory: Path) -> str:
    """Sign the zone, spoil one record afterwards, write the file; gives the trust anchor."""
    long = " ".join('"' + str(n) * 200 + '"' for n in range(9))
    text = ZONE.format(tlsa="ab" * 32, long=long)
    zone = dns.zone.from_text(text, "signed.example.", relativize=False)
    key = ec.generate_private_key(ec.SECP256R1())
    dnskey = dns.dnssec.make_dnskey(key.public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=257)
    now = time.time()
    with zone.writer() as writer:
        dns.dnssec.sign_zone(
            zone,
            writer,
            [(key, dnskey)],
            add_dnskey=True,
            inception=now - 60,
            expiration=now + 3600,
            dnskey_ttl=300,
        )
    forged = zone.to_text(relativize=False).replace("192.0.2.2", "192.0.2.66")
    (directory / "zone").write_text(forged)
    return f"signed.example. IN DNSKEY {dnskey}"


@pytest.fixture(scope="module")
def unbound(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, int]]:
    directory = tmp_path_factory.mktemp("unbound")
    (directory / "anchor").write_text(signed(directory) + "\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (directory / "conf").write_text(f"""
server:
  interface: 127.0.0.1
  port: {port}
  outgoing-interface: 127.0.0.1
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  trust-anchor-file: "{directory}/anchor"
  local-zone: "refused.example." refuse
remote-control:
  control-enable: no
auth-zone:
  name: "signed.example."
  for-upstream: yes
  for-downstream: no
  fallback-enabled: no
  zonefile: "{directory}/zone"
""")
    assert UNBOUND is not None
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([UNBOUND, "-d", "-c", directory / "conf"], stdout=log, stderr=log)
    try:
        for _ in range(200):
            assert process.poll() is None, (directory / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait()


async def test_what_a_validating_resolver_says(unbound: tuple[str, int]) -> None:
    async with Resolver(Settings(servers=(unbound,))) as resolver:
        mx = await resolver.ask("signed.example", MX)
        assert (mx.records, mx.authenticated) == ((Mx(10, "mx.signed.example"),), True)
        www = await resolver.ask("WWW.signed.example", A)
        assert (www.records, www.name) == ((ip_address("192.0.2.1"),), "mx.signed.example")
        assert www.authenticated
        tlsa = await resolver.ask("_25._tcp.mx.signed.example", TLSA)
        assert tlsa.authenticated
        assert tlsa.records[0].data == b"\xab" * 32
        long = await resolver.ask("long.signed.example", TXT)  # by TCP
        assert len(long.records[0]) == 1800
        for name, failure in {
            "gone.signed.example": names.NoSuchName,
            "ns.signed.example": names.NoData,
            "forged.signed.example": names.ServerFailed,
            "refused.example": names.Refused,
        }.items():
            with pytest.raises(failure):
                await resolver.ask(name, A if name.startswith("forged") else MX)


async def test_its_word_counts_only_where_it_is_trusted(unbound: tuple[str, int]) -> None:
    resolver = Resolver(Settings(servers=(unbound,)))
    for server in resolver._servers.in_order(0.0):
        server.trusted = False  # as if it were not on loopback
    async with resolver:
        assert not (await resolver.ask("signed.example", MX)).authenticated

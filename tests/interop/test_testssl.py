"""testssl.sh looks at every listener that speaks TLS, and finds nothing worse than LOW.

All listeners have the same TLS (`net.tlsgrade`), so the long list of attacks is gone through on one of each kind, from the first octet
and after STARTTLS, and what is quickly seen on all. Findings about the certificate alone are left out by name (`OWN`), for the
server makes it itself here, and nobody can vouch for it.
"""

import json
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from interop.programs import need
from whole.serving import Server

pytestmark = [pytest.mark.peer, pytest.mark.slow]

#: By service: the protocol that STARTTLS is said in, '': TLS from the first octet.
LISTENERS = {
    "https": "",
    "smtp": "smtp",
    "submission": "smtp",
    "submissions": "",
    "pop3s": "",
    "pop3": "pop3",
    "imaps": "",
    "imap": "imap",
}
#: Protocols, ciphers, forward secrecy, the server's choices, every known attack.
WHOLE = ("-p", "-s", "-f", "-S", "-U")
#: Protocols, ciphers, renegotiation.
SHORT = ("-p", "-s", "-R")
#: Severities that are good enough.
GOOD = {"OK", "INFO", "LOW", "DEBUG"}  # DEBUG: what it says of itself
#: What testssl.sh says of a certificate that its server made itself, which only an authority's can mend.
OWN = {
    "cert_chain_of_trust": "it is self-signed",
    "cert_trust": "it is for mx.example.org, and was asked for by an address",
    "cert_crlDistributionPoints": "nobody but an authority revokes certificates",
    "cert_ocspURL": "likewise",
    "cert_revocation": "likewise",
    "cert_expirationStatus": "it lives for longer than an authority's may",
    "cert_validityPeriod": "likewise",
    "cert_extlifeSpan": "likewise",
    "cert_notAfter": "likewise",
    "DNS_CAArecord": "loopback has no DNS",
    "cert_eTLS": "it has no such thing to show",
}

#: Checks that testssl.sh itself gives up at times: WARN is its word for that, and for nothing else.
UNSURE = {"sessionresumption_ticket", "sessionresumption_ID"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    need("testssl")
    found = Server(tmp_path_factory.mktemp("testssl") / "nest")
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("service", LISTENERS)
def test_nothing_above_low(server: Server, service: str, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    protocol = LISTENERS[service]
    done = subprocess.run(
        [
            *(need("testssl"), "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", str(told)),
            *(WHOLE if service in {"https", "smtp"} else SHORT),
            *(("-t", protocol) if protocol else ()),
            f"127.0.0.1:{server.ports[service]}",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=390,
    )
    found = {one["id"]: one for one in json.loads(told.read_text())}
    said = done.stdout.decode(errors="replace")[-3000:]
    assert {"TLS1", "TLS1_2", "TLS1_3"} <= found.keys(), said
    assert found["TLS1_3"]["severity"] == "OK", said  # it has looked, and met TLS
    assert (
        found["secure_client_renego" if service not in {"https", "smtp"} else "heartbleed"]["severity"]
        == "OK"
    )
    bad = [
        (one["id"], one["severity"], one["finding"])
        for one in found.values()
        if one["severity"] not in GOOD
        and one["id"].partition(" ")[0] not in OWN
        and not (one["severity"] == "WARN" and one["id"] in UNSURE)
    ]
    assert not bad

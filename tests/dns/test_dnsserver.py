"""The test server itself: what other tests rely on."""

import dns.message
import dns.query
import dns.rcode
import pytest

from dnsserver import DnsServer, Odd


def ask(server: DnsServer, name: str, kind: str) -> dns.message.Message:
    query = dns.message.make_query(name, kind)
    return dns.query.udp(query, server.address, port=server.port, timeout=2)


def test_records_of_a_zone_file_and_of_a_mapping_are_the_same() -> None:
    text = 'd.example. 300 IN MX 10 m.example.\nd.example. 300 IN TXT "a b" "c"\n'
    mapping = {"d.example MX": "10 m.example", "d.example TXT": ['"a b" "c"']}
    with DnsServer(text) as one, DnsServer(mapping) as other:
        for kind in ("MX", "TXT"):
            assert ask(one, "d.example", kind).answer == ask(other, "d.example", kind).answer != []


def test_records_can_change_while_it_runs() -> None:
    with DnsServer({"d.example A": "192.0.2.1"}) as server:
        server.add({"d.example A": "192.0.2.2", "e.example A": "192.0.2.3"})
        assert "192.0.2.2" in str(ask(server, "d.example", "A").answer[0])
        server.remove("e.example", "A")
        assert ask(server, "e.example", "A").rcode() == dns.rcode.NXDOMAIN
        assert server.asked() == 2
        assert server.asked("d.example", "A", "udp") == 1
        assert server.asked(transport="tcp") == 0


@pytest.mark.parametrize("key", ["D.example", "d.example a", "*"])
def test_oddities_by_name_and_kind(key: str) -> None:
    with DnsServer({"d.example A": "192.0.2.1"}, odd={key: Odd.SERVFAIL}) as server:
        assert ask(server, "d.example", "A").rcode() == dns.rcode.SERVFAIL
        expected = dns.rcode.NOERROR if key.endswith(" a") else dns.rcode.SERVFAIL
        assert ask(server, "d.example", "MX").rcode() == expected
        server.odd(key, None)
        assert ask(server, "d.example", "A").rcode() == dns.rcode.NOERROR

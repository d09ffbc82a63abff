"""`hawknest domain check`: what the DNS says, told as a person would."""

import json

from dnsserver import DnsServer, Odd


def test_good_and_bad_domains_are_told_apart(shell, monkeypatch):
    with DnsServer(
        {
            "nest.test MX": "10 mail.nest.test",
            "mail.nest.test A": "192.0.2.1",
            "1.2.0.192.in-addr.arpa PTR": "mail.nest.test",
            "nest.test TXT": '"v=spf1 mx -all"',
        }
    ) as server:
        server.odd("ill.test", Odd.SERVFAIL)
        shell("config", "set", "dns.resolvers", f'["{server.address}:{server.port}"]')
        good = shell("domain", "check", "nest.test")
        assert "mail.nest.test" in good
        assert not [line for line in good.splitlines() if line.startswith("! ")]
        gone = shell("domain", "check", "nowhere.test", code=1)
        ill = shell("domain", "check", "ill.test", code=1)
        assert gone.splitlines()[0].startswith("! ")
        assert gone != ill.replace("ill.test", "nowhere.test")
        monkeypatch.setenv("LANG", "ja_JP.UTF-8")
        japanese = shell("domain", "check", "nowhere.test", code=1)
        assert any(ord(c) > 0x3000 for c in japanese)
        found = json.loads(shell("domain", "check", "nest.test", "--json"))
        assert found["domain"] == "nest.test"
        assert found["resolvers"]

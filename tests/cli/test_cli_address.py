"""`hawknest address`, and what the status says of it."""

import json


def test_the_address_of_the_server(shell):
    assert "nothing is known" in shell("address")
    assert "203.0.113.5 2001:db8::5, since" in shell("address", "set", "203.0.113.5", "2001:db8::5")
    assert "mail.nest.test. IN A 203.0.113.5" in shell("domain", "records", "nest.test")
    assert "5.113.0.203.in-addr.arpa. IN PTR mail.nest.test." in shell("domain", "records", "nest.test")
    shell("address", "set", "nonsense", code=1)
    shell("address", "watch", "https", "--url", "http://ip.example/", code=1)
    words = ("address", "provider", "https://provider.example/nic/update", "--host", "home.example")
    shell(*words, code=1)
    shell(*words, "--user", "mia", "--password-stdin", stdin="a secret\n")
    told = json.loads(shell("address", "--json"))
    assert told["provider"] == {
        "url": "https://provider.example/nic/update",
        "host": "home.example",
        "user": "mia",
    }
    assert "a secret" not in shell("log", "changes", "--json")
    shell("address", "provider", "--off")
    assert json.loads(shell("address", "--json"))["provider"] is None
    shell("address", "off")
    assert "{public IPv4 address}" in shell("domain", "records", "nest.test")


def test_publishing_needs_a_server(shell):
    shell("domain", "publish", "nest.test", code=1)
    assert "which server keeps the zone" in shell.err
    shell("domain", "publish", "nest.test", "--server", "ns.nest.test", code=1)
    assert "not an IP address" in shell.err
    shell("domain", "publish", "nest.test", "--off", code=1)
    assert "not published" in shell.err

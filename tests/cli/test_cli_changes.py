"""What the command line changes is written down like what the pages change."""

import json


def test_every_change_has_a_line(shell):
    """Who typed it, what it was, and no secret."""
    shell("user", "add", "tom@nest.test", "--password-stdin", stdin="another long phrase\n")
    shell("user", "change", "tom@nest.test", "--name", "Tom")
    shell("user", "password", "tom@nest.test", "--password-stdin", stdin="yet another phrase\n")
    shell("alias", "add", "club@nest.test", "tom@nest.test")
    shell("alias", "remove", "club@nest.test")
    shell("domain", "add", "b.test")
    shell("domain", "remove", "b.test")
    shell("config", "set", "recipients_limit", "7")
    shell("config", "profile", "original")
    shell("exempt", "add", "192.168.1.7")
    shell("exempt", "remove", "192.168.1.7")
    shell("device", "add", "printer", "--any-sender")
    shell("device", "remove", "printer")
    shell("user", "remove", "tom@nest.test", "--yes")
    shell("alias", "remove", "nobody@nest.test", code=1)
    out = shell("log", "changes", "--json")
    told = json.loads(out)
    assert [entry["action"] for entry in told] == [
        "user.add",
        "user.change",
        "user.password",
        "alias.add",
        "alias.remove",
        "domain.add",
        "domain.remove",
        "policy.change",
        "policy.profile",
        "exempt.add",
        "exempt.remove",
        "device.add",
        "device.remove",
        "user.remove",
    ]
    assert {entry["way"] for entry in told} == {"cli"}
    assert told[1]["detail"] == {"before": {"real_name": ""}, "after": {"real_name": "Tom"}}
    assert told[7]["detail"]["after"] == {"recipients_limit": 7}
    assert "phrase" not in out
    assert "recipients_limit: 7" in shell("log", "changes", "policy")

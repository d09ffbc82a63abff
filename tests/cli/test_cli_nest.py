"""Commands on a nest that does not run: what they change, print and refuse."""

import json
import stat
import time
from types import SimpleNamespace

import pytest

from hawknest.cli.messages import MESSAGES
from hawknest.cli.say import span
from hawknest.cli.words import language
from hawknest.store import StoreError


def test_init_makes_a_nest_and_says_what_comes_next(empty_shell):
    words = (
        "init",
        "--hostname",
        "mail.example.org",
        "--domain",
        "example.org",
        "--admin",
        "mia@example.org",
    )
    out = empty_shell(*words)
    for part in (
        "Password: ",
        "MX   10 mail.example.org.",
        "v=spf1 mx -all",
        "PTR",
        "port 995",
        "hawknest serve",
    ):
        assert part in out
    assert stat.S_IMODE(empty_shell.data.stat().st_mode) == 0o700
    password = out.partition("Password: ")[2].split()[0].encode()
    for path in empty_shell.data.rglob("*"):
        assert path.is_dir() or password not in path.read_bytes(), path
    before = (empty_shell.data / "hawknest.toml").read_bytes()
    empty_shell(*words, code=1)
    assert "already" in empty_shell.err
    assert (empty_shell.data / "hawknest.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"--admin": "mia@else.test"}, "else.test is not a domain"),
        ({"--admin": "mia"}, "mia"),
        ({"--domain": "ne st.test"}, "ne st.test"),
        ({"--hostname": "ma il"}, "hawknest: hostname: `ma il` is not a host name"),
    ],
)
def test_init_that_fails_can_be_repeated(empty_shell, wrong, words):
    right = {
        "--profile": "local",
        "--hostname": "mail.nest.test",
        "--admin": "mia@nest.test",
        "--domain": "nest.test",
    }
    empty_shell("init", *(word for pair in (right | wrong).items() for word in pair), code=1)
    assert words in empty_shell.err
    empty_shell("init", *(word for pair in right.items() for word in pair))


def test_no_nest_and_no_server_are_told_plainly(empty_shell):
    for command in (("status",), ("user", "list"), ("serve",), ("queue", "list"), ("log", "show")):
        empty_shell(*command, code=1)
        assert "there is no nest" in empty_shell.err


def test_a_stopped_server(shell):
    found = json.loads(shell("status", "--json", code=1))
    assert found == {
        "state": "stopped",
        "delivery": "on",
        "receiving": "on",
        "connections": 0,
        "pending": 0,
        "delivering": 0,
        "listeners": [],
        "profile": "recommended",
        "weaker": [],
        "exempt": [],
        "routers_not_exempt": [],
    }
    for command in ("suspend", "resume", "stop", "reload"):
        shell(command, code=1)
        assert "not running" in shell.err


def test_users(shell):
    out = shell("user", "add", "tom@nest.test", "--name", "Tom", "--quota", "2M")
    assert len(out.partition("password: ")[2].strip()) > 20
    shell("user", "add", "tom@nest.test", code=1)
    shell("user", "add", "eve@elsewhere.test", code=1)
    shell(
        "user", "change", "tom@nest.test", "--forward", "a@b.example", "--no-keep-copy", "--finger", "hello"
    )
    tom = json.loads(shell("user", "show", "TOM@nest.test", "--json"))
    assert (tom["quota"], tom["forward"], tom["keep_copy"], tom["finger_text"]) == (
        2 << 20,
        ["a@b.example"],
        False,
        "hello",
    )
    assert "tom@nest.test" in shell("user", "list", "tom")
    assert "mia@nest.test" not in shell("user", "list", "tom")
    shell("user", "remove", "tom@nest.test", code=1)  # there is no terminal to ask on
    shell("user", "remove", "tom@nest.test", "--yes")
    shell("user", "show", "tom@nest.test", code=1)


def test_users_as_csv(shell, tmp_path):
    (tmp_path / "in.csv").write_text(
        "address,real_name,password\ntom@nest.test,Tom,a fine long phrase\nkim@nest.test,,\n"
    )
    shell("user", "import", str(tmp_path / "in.csv"))
    shell("user", "import", "-", stdin="address\numa@nest.test\ntom@nest.test\nx@else.test\n", code=1)
    assert "line 3" in shell.err
    assert "line 4" in shell.err
    out = shell("user", "export")
    assert [line.partition(",")[0] for line in out.splitlines()] == [
        "address",
        *(f"{n}@nest.test" for n in ("kim", "mia", "tom")),
    ]
    assert "argon2" not in out
    assert "argon2" in shell("user", "export", "--with-secrets")
    shell("user", "import", "-", stdin=b"\xff", code=1)
    shell("user", "import", str(tmp_path / "gone.csv"), code=1)
    assert "gone.csv: No such file" in shell.err


def test_the_whole_configuration_as_one_file(shell, tmp_path):
    shell("config", "set", "queue_days", "3")
    shell("alias", "add", "club@nest.test", "mia@nest.test")
    out = shell("config", "export")
    assert "argon2" not in out
    shell("alias", "remove", "club@nest.test")
    shell("config", "set", "queue_days", "--default")
    shell("config", "import", "-", stdin=out)
    assert shell("config", "export") == out
    shell("config", "import", "-", stdin=out.replace("queue_days", "queue_dais"), code=1)
    assert shell("config", "export") == out


def test_passwords_are_never_arguments_and_never_too_easy(shell):
    shell("user", "password", "mia@nest.test", "secret", code=2)
    for easy in ("webmaster2003", "12345678", "aaaaaaaaaa", "short", ""):
        shell("user", "password", "mia@nest.test", "--password-stdin", stdin=easy + "\n", code=1)
    shell("user", "password", "mia@nest.test", "--prompt", code=1)
    assert "no terminal" in shell.err
    out = shell("user", "password", "mia@nest.test", "--password-stdin", stdin="mia has a long one\n")
    assert "mia has a long one" not in out + shell.err
    assert "weak" in shell.err


def test_domains_and_aliases(shell):
    shell("domain", "add", "例え.jp")
    shell("domain", "alias", "example.net", "nest.test")
    names = {row["name"]: row["alias_of"] for row in json.loads(shell("domain", "list", "--json"))}
    assert names == {"nest.test": None, "xn--r8jz45g.jp": None, "example.net": "nest.test"}
    assert "例え.jp" in shell("domain", "list")
    shell("domain", "catch-all", "nest.test", "mia@nest.test")
    shell("domain", "catch-all", "nest.test", "--off")
    shell("domain", "catch-all", "nest.test", code=1)
    assert "among the junk" in shell("domain", "strictness", "nest.test", "junk")
    shell("domain", "strictness", "nest.test", "milder", code=2)
    shell("domain", "roles", "例え.jp", "mia@nest.test")
    shell("domain", "remove", "nest.test", code=1)
    shell("alias", "add", "club@nest.test", "mia@nest.test", "tom@else.example")
    shell("alias", "change", "club@nest.test", "tom@else.example")
    found = {row["address"]: row["targets"] for row in json.loads(shell("alias", "list", "--json"))}
    assert found["club@nest.test"] == ["tom@else.example"]
    assert found["postmaster@nest.test"] == found["webmaster@nest.test"] == ["mia@nest.test"]
    shell("alias", "remove", "club@nest.test")
    shell("alias", "remove", "postmaster@nest.test", code=1)
    shell("alias", "add", "ghost@nest.test", "noboddy@nest.test", "far@elsewhere.example", "mia+x@nest.test")
    assert shell.err == (
        "note: there is no noboddy@nest.test yet; until somebody has that address, letters that lead there are refused\n"
    )
    shell("domain", "catch-all", "nest.test", "noboddy@nest.test")
    assert "noboddy" in shell.err
    shell("domain", "catch-all", "nest.test", "mia@nest.test")
    assert shell.err == ""
    shell("user", "change", "mia@nest.test", "--forward", "noboddy@other.example")
    assert shell.err == ""


def test_a_new_domain_comes_with_its_dns_records(empty_shell):
    words = ("init", "--hostname", "mail.example.org", "--admin", "mia@example.org")
    empty_shell(*words)
    said = empty_shell("domain", "add", "example.net")
    assert "example.net.  MX   10 mail.example.org." in said
    assert "MX" not in empty_shell("domain", "add", "[192.0.2.1]")
    zone = empty_shell("domain", "records", "example.net")
    assert "\nexample.net. IN MX 10 mail.example.org.\n" in zone
    assert "\n; mail.example.org. IN A" in zone
    assert "_imaps._tcp.example.net. IN SRV 0 1 993 mail.example.org." in zone
    told = json.loads(empty_shell("domain", "records", "example.net", "--json"))
    assert {
        "name": "example.net",
        "type": "TXT",
        "value": "v=spf1 mx -all",
        "needed": True,
        "why": "spf",
    } in told
    empty_shell("domain", "records", "example.com", code=1)


def test_a_full_disk_is_called_so(shell, monkeypatch):
    def fails(*_):
        raise StoreError("disk I/O error")

    monkeypatch.setattr("hawknest.store.prepare", fails)
    shell("user", "list", code=1)
    assert "the database cannot be used" in shell.err
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    shell("user", "list", code=1)
    assert shell.err == "hawknest: the disk is full; nothing was changed (disk I/O error)\n"


def test_devices_exemptions_and_app_passwords(shell, monkeypatch):
    shell("device", "add", "printer", code=1)
    assert "password: " in shell("device", "add", "printer", "--sender", "printer@nest.test")
    shell("device", "change", "printer", "--no-active")
    assert "may not log in" in shell("device", "list")
    shell("device", "password", "printer")
    shell("device", "remove", "printer")
    for spec in ("192.168.1.2-254", "192.168.1.*", "10.0.0.7"):
        shell("exempt", "add", spec)
    for spec in ("pc1", "0.0.0.0/0", "192.168.1.300"):
        shell("exempt", "add", spec, code=1)
    shell("exempt", "add", "203.0.113.0/24", "--confirm", "--days", "1", "--note", "fair")
    monkeypatch.setattr("hawknest.net.gateway.Gateways.__call__", lambda _: frozenset({"10.1.0.1"}))
    for spec in ("10.1.0.1", "10.1.0.*"):
        shell("exempt", "add", spec, code=1)
        assert "10.1.0.1 is this network's router" in shell.err
    shell("exempt", "add", "10.1.0.2-254")
    shell("exempt", "remove", "10.1.0.2-254")
    shell("exempt", "add", "127.0.0.1", "--hours", "1")
    ends = next(e for e in json.loads(shell("exempt", "list", "--json")) if e["spec"] == "127.0.0.1")[
        "expires_at"
    ]
    assert 3000 < ends - time.time() <= 3600
    shell("exempt", "add", "127.0.0.2", "--hours", "0", code=1)
    shell("exempt", "remove", "127.0.0.1")
    shell("exempt", "remove", "10.0.0.7")
    assert len(json.loads(shell("exempt", "list", "--json"))) == 3
    assert "password: " in shell("user", "app-password", "add", "mia@nest.test", "phone", "--service", "pop3")
    assert json.loads(shell("user", "app-password", "list", "mia@nest.test", "--json"))[0]["services"] == [
        "pop3"
    ]
    shell("user", "app-password", "remove", "mia@nest.test", "phone")


def test_policies_and_settings_by_the_same_words(shell):
    shell("config", "set", "message-size-limit", "5M")
    assert shell("config", "get", "message_size_limit") == "5242880\n"
    shell("config", "set", "message_size_limit", "--default")
    assert json.loads(shell("config", "show", "--json"))["policies"]["message_size_limit"] == 50 << 20
    shell("config", "set", "log.days", "7")
    assert shell("config", "get", "log.days") == "7\n"
    for wrong in (
        ("log.days", "many"),
        ("log.dais", "7"),
        ("sender_policy", "perhaps"),
        ("colour", "red"),
        ("log.days",),
        ("log.days", "0"),
    ):
        before = (shell.data / "hawknest.toml").read_bytes()
        shell("config", "set", *wrong, code=1)
        assert (shell.data / "hawknest.toml").read_bytes() == before
        assert "hawknest.toml:" not in shell.err  # no line of the file is wrong
    assert "is right" in shell("config", "check")
    shell("config", "set", "tls.certificate", "gone.pem")
    shell("config", "check", code=1)
    assert "## Policies" in shell("config", "reference")


def test_an_empty_queue_and_no_letters(shell):
    assert shell("queue", "list") == "nothing waits\n"
    assert json.loads(shell("queue", "list", "--json")) == []
    for word in ("hold", "release", "retry", "drop"):
        shell("queue", word, "all", code=1)
    shell("log", "trace", "mia@nest.test", code=1)
    assert json.loads(shell("log", "trace", "mia@nest.test", "--json")) == []


def test_what_is_typed_wrong_is_exit_code_2(empty_shell):
    for words in (("nonsense",), ("user", "nonsense"), ("user", "add"), ("queue", "list", "--count", "x")):
        empty_shell(*words, code=2)


def test_both_languages_have_the_same_places(monkeypatch):
    import string

    for key, (english, japanese) in MESSAGES.items():
        places = [
            sorted(f for _, f, _, _ in string.Formatter().parse(text) if f) for text in (english, japanese)
        ]
        assert places[0] == places[1], key
    assert language({"LANG": "ja_JP.UTF-8"}) == "ja"
    assert language({"LC_ALL": "en_GB", "LANG": "ja_JP"}) == "en"
    assert language({}) == "en"


def test_japanese(shell, monkeypatch):
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "停止中" in shell("status", code=1)
    shell("suspend", code=1)
    assert shell.err == "hawknest: サーバーは動いていません\n"
    assert span(7200) == "2 時間"
    shell("log", "trace", "nobody@nest.test", code=1)
    assert "メール" in shell.err


def test_a_user_who_wants_parts_put_together(shell):
    assert json.loads(shell("user", "show", "mia@nest.test", "--json"))["reassemble"] is False
    shell("user", "change", "mia@nest.test", "--reassemble")
    assert "put together" in shell("user", "show", "mia@nest.test")
    assert shell("user", "export").splitlines()[1].endswith(",yes,,")
    shell("user", "change", "mia@nest.test", "--no-reassemble")
    assert json.loads(shell("user", "show", "mia@nest.test", "--json"))["reassemble"] is False

"""Thunderbird sets up an account, reads, marks, moves, searches, is told of new letters, sends, and finds it all again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.houses import House, house, letter
from interop.thunderbird import Thunderbird
from whole.serving import PASSWORD

pytestmark = pytest.mark.peer


@pytest.fixture(params=[("dovecot", "SSL"), ("hawknest", "SSL"), ("hawknest", "alwaysSTARTTLS")])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[House, str]]:
    name, tls = request.param
    with house(name, tmp_path) as found:
        yield found, tls


def test_thunderbird(where: tuple[House, str], tmp_path: Path) -> None:
    server, tls = where
    user = server.user()
    server.put(user, "one", "two", "drei Öl")
    profile = tmp_path / "profile"
    profile.mkdir()
    account = {
        "user": user,
        "password": PASSWORD,
        "imap": server.imaps if tls == "SSL" else server.imap,
        "tls": tls,
        "submission": server.submission,
        "authority": "".join(
            line for line in server.authority.read_text().splitlines() if "-----" not in line
        ),
    }
    with Thunderbird(profile) as thunderbird:
        thunderbird("setUp", account)
        shown = thunderbird("look", "INBOX", "one", "two", "drei Öl")
        assert shown[0] == {
            "subject": "one",
            "author": "tom@example.org",
            "read": False,
            "flagged": False,
            "tags": "",
        }
        assert thunderbird("read", "INBOX", "two").endswith(letter("two").decode())
        thunderbird("mark", "INBOX", "one")
        thunderbird("create", "Läden 店")
        thunderbird("move", "INBOX", "two", "Läden 店")
        thunderbird("look", "Läden 店", "two")
        assert thunderbird("search", "INBOX", "Subject", "öl") == ["drei Öl"]
        assert thunderbird("search", "INBOX", "Body", "hello") == ["drei Öl", "one"]
        thunderbird("remove", "INBOX", "drei Öl")
        thunderbird("look", "Trash", "drei Öl")
        (marked,) = thunderbird("look", "INBOX", "one")
        assert marked["read"]
        assert marked["flagged"]
        assert marked["tags"] == "$label1 work"
        time.sleep(1)  # what it was asked before is done, and it idles
        server.put(user, "pushed")
        thunderbird("wait", "INBOX", "pushed")
        if server.submission:
            thunderbird("send", user, "sent by it", "Grüße")
            thunderbird("look", "Sent", "sent by it")
            thunderbird("look", "INBOX", "one", "pushed", "sent by it")
    sent = [("sent by it", ("\\Seen",))] if server.submission else []
    content = server.content(user)
    assert content.pop("Sent", []) == sent
    assert content == {
        "INBOX": [
            ("one", ("\\Flagged", "\\Seen", "work")),
            ("pushed", ()),
            *(("sent by it", ()) for _ in sent),
        ],
        "Trash": [("drei Öl", ())],
        "Läden 店": [("two", ())],
    }

    with server.login(user) as imap:  # while it is away
        imap.select()
        imap.store("1", "-FLAGS", r"(\Flagged work)")
        imap.store("2", "+FLAGS", r"(\Deleted)")
        imap.expunge()
    with Thunderbird(profile) as thunderbird:
        thunderbird("signIn", PASSWORD)
        (back, *_) = thunderbird("look", "INBOX", "one", *(subject for subject, _ in sent))
        assert back["read"]
        assert not back["flagged"]
        assert back["tags"] == "$label1"

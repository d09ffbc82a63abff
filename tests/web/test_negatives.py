"""What strangers tried on the original's pages, tried on every route of ours (PARITY N7, N8, N9, N14, N24)."""

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hawknest.accounts import users
from hawknest.doors.web.route import Route
from hawknest.doors.web.routes import ROUTES
from nests import PASSWORD, converse
from web.pages import Browser, House, served

#: Names that lead somewhere else when a program takes them for paths.
ELSEWHERE = [
    "..%2F..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f%2e%2e%2fhawknest.toml",
    "%252e%252e%252fhawknest.toml",
    "..%5C..%5Chawknest.toml",
    "%2Fetc%2Fpasswd",
    "%c0%ae%c0%ae%c0%afhawknest.toml",
    "hawknest.toml%00.eml",
    "file:%2F%2F%2Fetc%2Fpasswd",
    "%0d%0aX-Evil:%201",
    "%25n%25s%25x",
    "9" * 40,
    "-1",
    "A" * 1500,
]
SECRETS = (b"root:", b"hostname =", b"[[listener]]", b"Traceback")


async def administrator(house: House) -> Browser:
    await house.write(lambda c: users.change(c, "mia@example.org", admin=True))
    mia = await house.browser()
    await mia.sign_in("mia@example.org")
    return mia


def holes(route: Route) -> int:
    return route.path.count("{")


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_a_name_in_a_path_leads_nowhere(tmp_path: Path, name: str) -> None:
    async with served(tmp_path) as house:
        mia = await administrator(house)
        for route in ROUTES:
            if not holes(route):
                continue
            path = route.path
            for part in route.path.split("/"):
                if part.startswith("{"):
                    path = path.replace(part, name, 1)
            headers = {"X-Hawknest": "1", "Origin": mia.origin, "Content-Type": route.media}
            content = b"{}" if route.body is not None else None
            answer = await mia.request(route.method, path, headers=headers, content=content)
            assert 400 <= answer.status_code < 500, (route.method, path, answer.status_code)
            assert "x-evil" not in answer.headers, path
            assert not any(secret in answer.content for secret in SECRETS), path


def test_no_request_names_a_place_on_the_disk() -> None:
    """PARITY N14: whatever is written is written where the program chooses."""

    def members(kind: Any) -> list[str]:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return list(kind.__struct_fields__)
        return []

    named = {member for route in ROUTES for member in members(route.body)}
    assert named  # there are some
    assert not named & {"path", "file", "filename", "folder", "directory", "place", "save", "to_file"}


INJECTED = "Hello\r\nBcc: everybody@example.net\r\n\r\nBuy"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("responder_subject", INJECTED),
        ("real_name", INJECTED),
        ("forward", [f"noor@example.net{INJECTED}"]),
        ("language", "en\r\nSet-Cookie: a=b"),
    ],
)
async def test_a_line_end_makes_no_header(tmp_path: Path, field: str, value: Any) -> None:
    async with served(tmp_path) as house:
        mia = await administrator(house)
        answer = await mia.ask("PATCH", "me", {field: value})
        assert answer.status_code == 422, answer.text
        user = await house.nest.store.read(lambda c: users.get(c, "mia@example.org"))
        assert "\n" not in repr(msgspec.to_builtins(user))


async def test_an_automatic_reply_says_what_its_owner_wrote_and_no_more(tmp_path: Path) -> None:
    """PARITY N24: what a page takes as a text does not become a header, however it is put."""
    async with served(tmp_path) as house:
        tom = await house.browser()
        await tom.sign_in("tom@example.org")
        text = "Away\r\n.\r\nRCPT TO:<everybody@example.net>\r\nBcc: everybody@example.net"
        wanted = {
            "responder_on": True,
            "responder_subject": "=?utf-8?q?Away=0D=0ABcc:_x=40example.net?=",
            "responder_text": text,
        }
        assert (await tom.ask("PATCH", "me", wanted)).status_code == 200
        lines = (
            b"EHLO x\r\nAUTH PLAIN %b\r\nMAIL FROM:<mia@example.org>\r\nRCPT TO:<tom@example.org>\r\nDATA\r\n"
        )
        letter = (
            b"From: mia@example.org\r\nTo: tom@example.org\r\nSubject: Hello\r\n\r\nHello\r\n.\r\nQUIT\r\n"
        )
        login = base64.b64encode(b"\0mia@example.org\0" + PASSWORD.encode())
        sent = await converse(house.nest, "submission", lines % login + letter, peer="127.0.0.1")
        assert b"Accepted as" in sent
        asked = f"USER mia\r\nPASS {PASSWORD}\r\nRETR 1\r\nQUIT\r\n".encode()
        said = await converse(house.nest, "pop3", asked, peer="127.0.0.1")
        header = said.partition(b"octets")[2].partition(b"\r\n\r\n")[0]
        assert b"Subject:" in header
        assert b"\r\nBcc:" not in header
        assert said.count(b"everybody@example.net") == text.count("everybody@example.net")


@pytest.mark.parametrize("size", [10_000, 1_000_000])
async def test_names_that_are_too_long(tmp_path: Path, size: int) -> None:
    """PARITY N5: an over-long name is an error like any other."""
    async with served(tmp_path) as house:
        mia = await administrator(house)
        name = "a" * size
        asked = [
            ("POST", "users", {"address": f"{name}@example.org"}),
            ("POST", "aliases", {"address": f"{name}@example.org", "targets": ["mia@example.org"]}),
            ("POST", "domains", {"name": name}),
            ("POST", "devices", {"name": name, "senders": []}),
            ("PATCH", "me", {"real_name": name}),
            ("POST", "tokens", {"label": name, "scopes": ["users:read"]}),
        ]
        for method, path, body in asked:
            answer = await mia.ask(method, path, body)
            assert answer.status_code in {413, 422}, (path, answer.status_code)
            assert len(answer.content) < 2000
        assert (await mia.me()).status_code == 200

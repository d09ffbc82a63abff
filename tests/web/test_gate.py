"""What every request meets before it is answered: names, the way it came, headers, forged requests, limits of the head."""

import asyncio
import contextlib
import socket
import ssl
import time
from pathlib import Path

import msgspec
import pytest

import hawknest.doors.web.visit as visits
from hawknest.accounts import domains
from hawknest.config import Listener, Tls
from hawknest.config.fields import Web
from hawknest.doors.web.gate import SECURITY
from hawknest.doors.web.routes import ROUTES
from hawknest.store import certificates
from hawknest.store.certificates import Challenge
from nests import PASSWORD
from web.pages import API, House, served

OURS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "mx.example.org",
    "MX.Example.Org.",
    "example.org",
    "example.net",
    "mail.example.org",
    "autoconfig.example.net",
    "autodiscover.example.org",
    "mta-sts.example.org",
]
NOT_OURS = [
    "evil.test",
    "example.org.evil.test",
    "www.example.org",
    "192.0.2.1",
    "[2001:db8::1]",
    "",
    "127.0.0.1.evil.test",
    "evil.test:127.0.0.1",
]


async def test_names_that_are_ours(tmp_path: Path) -> None:
    """PARITY 39: a foreign name that leads here finds no server."""
    async with served(tmp_path) as house:
        browser = await house.browser()
        for host in OURS:
            answer = await browser.get(API + "auth/me", headers={"Host": f"{host}:{house.ports['https']}"})
            assert answer.status_code == 401, host
        for host in NOT_OURS:
            answer = await browser.get("/", headers={"Host": host})
            assert answer.status_code == 421, host
            assert answer.headers["content-type"] == "application/problem+json"
        assert b"400 " in await raw(house, b"GET / HTTP/1.1\r\n\r\n")
        assert b"400 " in await raw(house, b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n")


async def test_further_names_are_named_in_the_file(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        web = Web(hosts=["Nas.Local"])
        contents = msgspec.structs.replace(house.nest.config.contents, web=web)
        house.nest.config = msgspec.structs.replace(house.nest.config, contents=contents)
        browser = await house.browser()
        answer = await browser.get(API + "auth/me", headers={"Host": "nas.local"})
        assert answer.status_code == 401


async def test_a_new_domain_is_ours_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        asked = {"Host": "mail.fresh.example"}
        assert (await browser.get(API + "auth/me", headers=asked)).status_code == 421
        await house.write(lambda c: domains.add(c, "fresh.example", 0.0))
        assert (await browser.get(API + "auth/me", headers=asked)).status_code == 401


async def test_the_plain_port_is_for_this_machine_itself(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser("http")
        assert (await browser.me()).status_code == 401
        answer = await browser.get("/users?x=1&y", headers={"Host": "mx.example.org"})
        assert answer.status_code == 308
        assert answer.headers["location"] == f"https://mx.example.org:{house.ports['https']}/users?x=1&y"
        headers = {"Host": "mx.example.org", "X-Hawknest": "1"}
        answer = await browser.post(API + "auth/sign-in", json={}, headers=headers)
        assert answer.status_code == 403  # what was sent in the clear is no password any more


async def test_every_answer_has_the_headers(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        for service in ("http", "https"):
            browser = await house.browser(service)
            asked = [
                await browser.get("/"),
                await browser.get("/nowhere"),
                await browser.me(),
                await browser.get("/", headers={"Host": "evil.test"}),
                await browser.sign_in("mia"),
                await browser.me(),
                await browser.put("/"),
                await browser.ask("POST", "auth/sign-in", {"name": 5}),
            ]
            for answer in asked:
                for name, value in SECURITY.items():
                    assert answer.headers[name] == value, answer.request.url
                assert "server" not in answer.headers
                assert answer.headers["date"].endswith("GMT")
                assert ("strict-transport-security" in answer.headers) == (service == "https")
            for answer in asked[2:]:
                assert answer.headers["cache-control"] == "no-store"
        policy = SECURITY["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "http" not in policy
        said = await raw(house, b"not http at all\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 400 ")
        assert b"content-security-policy" in said


@pytest.mark.parametrize(
    "headers",
    [
        {},  # as a form or a script of another page sends it
        {"X-Hawknest": "1"},
        {"X-Hawknest": "1", "Origin": "https://evil.test"},
        {"X-Hawknest": "1", "Origin": "null"},
        {"X-Hawknest": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Hawknest": "1", "Sec-Fetch-Site": "same-site"},
        {"X-Hawknest": "1", "Sec-Fetch-Site": "none"},
        {"Origin": "own"},
        {"Origin": "own", "X-Hawknest": "2"},
        {"Origin": "own", "X-Hawknest": "1", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_forged_requests_change_nothing(tmp_path: Path, headers: dict[str, str]) -> None:
    """N11: a page of somebody else that posts with our cookie changes no password."""
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        told = {k: browser.origin if v == "own" else v for k, v in headers.items()}
        body = {"current": PASSWORD, "new": "another good one 7"}
        answer = await browser.post(API + "me/password", json=body, headers=told)
        assert answer.status_code == 403
        assert (await browser.sign_in("mia")).status_code == 200
        answer = await browser.post(
            API + "auth/sign-in", json={"name": "tom", "password": PASSWORD}, headers=told
        )
        assert answer.status_code == 403  # nobody is signed in as somebody else unawares


async def test_what_our_own_pages_send_is_taken(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        for headers in ({"Origin": browser.origin}, {"Sec-Fetch-Site": "same-origin"}):
            told = {"X-Hawknest": "1"} | headers
            answer = await browser.patch(API + "me", json={"real_name": "Mia M."}, headers=told)
            assert answer.status_code == 200


async def test_a_form_cannot_write_json(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        told = {"X-Hawknest": "1", "Origin": browser.origin, "Content-Type": "text/plain"}
        answer = await browser.patch(API + "me", content=b'{"real_name": "x"}', headers=told)
        assert answer.status_code == 415


def test_every_route_that_changes_is_guarded() -> None:
    """Only what programs ask that are no browsers of ours goes without the check."""
    assert {route.path for route in ROUTES if route.changes and route.foreign} == {
        "/autodiscover/autodiscover.xml",
        "/Autodiscover/Autodiscover.xml",
        "/AutoDiscover/AutoDiscover.xml",
    }


async def test_administration_is_not_there_on_other_listeners(tmp_path: Path) -> None:
    async with served(tmp_path, admin=False) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        assert (await browser.me()).json()["listeners_admin"] is False
        for route in ROUTES:
            if route.administration:
                path = route.path.replace("{", "").replace("}", "")
                answer = await browser.request(route.method, path, headers={"X-Hawknest": "1"})
                assert answer.status_code == 404, route.path


async def test_heads_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(tmp_path) as house:
        for head in (
            b"GET /" + b"a" * 300_000,
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 300_000,
            b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 60_000,
        ):
            assert b" 431 " in (await raw(house, head))[:20]
        monkeypatch.setattr(visits, "SILENCE", 0.1)
        assert b" 408 " in (await raw(house, b"GET / HTTP/1.1\r\nHost: localhost\r\n"))[:20]
        assert await raw(house, b"") == b""
        assert b" 408 " in (await raw(house, b"\r\n\r\n"))[:20]  # empty lines keep no connection


async def test_connections_have_a_limit(tmp_path: Path) -> None:
    """N5b: who opens connections by the hundred meets the limit that all doors share, and others are still served."""
    async with served(tmp_path, services=("http", "https", "pop3")) as house:
        house.nest.connections._limits = type(house.nest.connections._limits)(0, 20)
        socks = [socket.create_connection(("127.0.0.1", house.ports["http"])) for _ in range(100)]
        try:
            await asyncio.sleep(0.3)
            assert len(house.nest.connections) <= 20
            said = await asyncio.to_thread(socks[-1].recv, 4000)
            assert said.startswith(b"HTTP/1.1 503 ")
        finally:
            for sock in socks:
                sock.close()
        await asyncio.sleep(0.1)
        assert len(house.nest.connections) == 0
        assert (await (await house.browser()).me()).status_code == 401


async def test_only_allowed_networks_come_in(tmp_path: Path) -> None:
    entry = Listener(service="https", port=0, tls=Tls.IMPLICIT, allow=["192.0.2.0/24"])
    async with served(tmp_path, listeners=[entry]) as house:
        with contextlib.suppress(ConnectionResetError):
            assert await raw(house, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""


async def test_an_answer_that_is_due_is_given_before_the_end(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        release = asyncio.Event()
        real = house.nest.keys.password

        async def slow(*what: object) -> object:
            await release.wait()
            return await real(*what)

        house.nest.keys.password = slow
        asked = asyncio.create_task(browser.sign_in("mia"))
        await asyncio.sleep(0.2)
        ending = asyncio.create_task(house.nest.connections.end(5.0))
        await asyncio.sleep(0.1)
        release.set()
        assert (await asked).status_code == 200
        await asyncio.wait_for(ending, 3)


async def test_a_new_certificate_needs_no_restart(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        before = await asyncio.to_thread(_certificate, house)
        for path in (tmp_path / "tls").iterdir():
            path.unlink()
        house.nest.certificate.reload(house.nest.config.certificate())
        assert await asyncio.to_thread(_certificate, house) != before


def _certificate(house: House) -> str:
    return ssl.get_server_certificate(("127.0.0.1", house.ports["https"]))


async def raw(house: House, octets: bytes) -> bytes:
    """Send octets, and give all that is said until the end."""
    service = "http" if "http" in house.ports else "https"
    context = None
    if service == "https":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", house.ports[service], ssl=context)
    writer.write(octets)
    said = b""
    with contextlib.suppress(ConnectionResetError, TimeoutError):
        async with asyncio.timeout(5):
            while more := await reader.read(65536):
                said += more
                if b"content-length: " in said and b"\r\n\r\n" in said:
                    break
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return said


async def test_a_proof_for_an_authority_is_given_whatever_name_it_is_asked_by(tmp_path: Path) -> None:
    """RFC 8555 §8.3: before the redirect and for any name, on port 80 alone, and nothing beside it."""
    token, now = "t" * 43, time.time()
    proof = Challenge(token, "http-01", "mx.example.org", f"{token}.thumbprint", now + 60)
    async with served(tmp_path) as house:
        await house.write(lambda c: certificates.put_challenge(c, proof))
        place = "/.well-known/acme-challenge/"
        plain, secure = await house.browser("http"), await house.browser("https")
        for host in ("mx.example.org", "stranger.example", "127.0.0.1"):
            found = await plain.get(place + token, headers={"Host": host})
            assert (found.status_code, found.text) == (200, proof.answer)
            assert found.headers["content-type"] == "application/octet-stream"
        for other in ("x" * 43, "", "..%2f..%2fapi", token + "/", token + "%00", "a" * 5000):
            found = await plain.get(place + other, headers={"Host": "mx.example.org"})
            assert found.status_code == 404
            assert proof.answer not in found.text
        assert proof.answer not in (await secure.get(place + token)).text
        late = Challenge("l" * 43, "http-01", "mx.example.org", "late", now - 1)
        alpn = Challenge("a" * 43, "tls-alpn-01", "mx.example.org", "alpn", now + 60)
        for one in (late, alpn):
            await house.write(lambda c, one=one: certificates.put_challenge(c, one))
            assert (await plain.get(place + one.token)).status_code == 404

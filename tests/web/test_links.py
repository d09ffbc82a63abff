"""One-time links, the first run of a new nest, and what mail programs are told."""

import plistlib
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hawknest.accounts import aliases, domains, links, users
from hawknest.config import Listener, Tls
from hawknest.store import Connection, Statement
from nests import PASSWORD
from web.pages import Browser, House, served
from web.test_second import with_totp
from web.test_signin import opens

NEW = "quite another phrase 42"


async def link_for(house: House, address: str | None, *, first: bool = False, at: float | None = None) -> str:
    """Make a link as the command line does."""

    def job(connection: Connection) -> str:
        account = users.get(connection, address).id if address else None
        return links.issue(connection, account, at or time.time(), first=first)

    return await house.write(job)


async def follow(browser: Browser, secret: str) -> object:
    answer = await browser.ask("POST", "auth/link", {"token": secret})
    return answer.json() if answer.status_code == 200 else answer.status_code


async def test_a_link_signs_in_once(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, other = await house.browser(), await house.browser()
        secret = await link_for(house, "mia@example.org")
        rows = await house.nest.store.read(lambda c: c.all(Statement("SELECT * FROM link")))
        assert secret not in repr(rows)
        told = await follow(browser, secret)
        assert told["account"]["address"] == "mia@example.org"
        assert (await browser.me()).status_code == 200
        assert await follow(other, secret) == 401
        assert (await other.me()).status_code == 401


async def test_links_that_are_no_good(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        old = await link_for(house, "mia@example.org", at=time.time() - links.LIFETIME - 1)
        assert await follow(browser, old) == 401
        off = await link_for(house, "tom@example.org")
        await house.write(lambda c: users.change(c, "tom@example.org", active=False))
        assert await follow(browser, off) == 401
        for rubbish in ("x", "%00", "a" * 100, "' OR 1=1 --", "\0"):
            assert await follow(browser, rubbish) == 401
        assert await follow(browser, "") == 422


async def test_who_comes_by_a_link_chooses_a_new_password_without_the_old_one(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await follow(browser, await link_for(house, "mia@example.org"))
        assert (await browser.ask("GET", "me")).json()["current_needed"] is False
        assert (await browser.ask("POST", "me/password", {"new": NEW})).status_code == 204
        assert await opens(house, NEW) == {"pop3": True, "smtp": True, "web": True}
        assert not any((await opens(house, PASSWORD)).values())
        await browser.sign_in("mia", NEW)
        assert (await browser.ask("GET", "me")).json()["current_needed"] is True


async def test_a_link_does_not_go_around_the_second_factor(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, other = await house.browser(), await house.browser()
        await browser.sign_in("mia")
        app, _ = await with_totp(house, browser)
        assert await follow(other, await link_for(house, "mia@example.org")) == {
            "second": ["totp", "recovery"]
        }
        assert (await other.me()).status_code == 401
        code = app.at(time.time() + 30)
        assert (await other.ask("POST", "auth/second", {"code": code})).status_code == 200


WELCOME = {
    "domain": "nest.example",
    "address": "ann",
    "name": "Ann",
    "language": "ja",
    "password": "a fine long phrase",
}


async def test_the_first_run_of_an_empty_nest(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, late = await house.browser(), await house.browser()
        secret = await link_for(house, None, first=True)
        known = {"address": "", "domain": "example.org", "name": ""}
        assert await follow(browser, secret) == {"welcome": known}
        assert await follow(browser, secret) == {"welcome": known}  # the page may be opened again
        assert (await browser.me()).status_code == 401
        answer = await browser.ask("POST", "welcome", WELCOME | {"token": secret})
        assert answer.status_code == 200, answer.text
        me = (await browser.me()).json()
        assert (me["address"], me["admin"], me["domains"], me["language"]) == (
            "ann@nest.example",
            True,
            None,
            "ja",
        )
        led = await house.nest.store.read(lambda c: {a.address: a.targets for a in aliases.listing(c)})
        for role in (*domains.BUILTIN, *domains.ROLES):
            assert led[f"{role}@nest.example"] == ("ann@nest.example",)
        assert (await late.ask("POST", "welcome", WELCOME | {"token": secret})).status_code == 401
        assert await follow(late, secret) == 401
        assert "account" in (await late.sign_in("ann@nest.example", WELCOME["password"])).json()


async def test_the_link_of_nobody_ends_when_somebody_administers(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        secret = await link_for(house, None, first=True)
        await house.write(lambda c: users.change(c, "tom@example.org", admin=True))
        browser = await house.browser()
        assert await follow(browser, secret) == 401
        assert (await browser.ask("POST", "welcome", WELCOME | {"token": secret})).status_code == 401


async def test_the_first_run_of_an_administrator_who_is_there(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        await house.write(lambda c: users.change(c, "mia@example.org", admin=True))
        browser = await house.browser()
        secret = await link_for(house, "mia@example.org", first=True)
        told = await follow(browser, secret)
        assert told == {"welcome": {"address": "mia@example.org", "domain": "example.org", "name": "Mia"}}
        body = {"token": secret, "domain": "example.org", "address": "mia@example.org", "password": NEW}
        assert (await browser.ask("POST", "welcome", body)).status_code == 200
        assert await opens(house, NEW) == {"pop3": True, "smtp": True, "web": True}
        assert not any((await opens(house, PASSWORD)).values())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "ann@nest.example"}, "password"),
        ({"domain": "not a domain"}, "domain"),
        ({"domain": ""}, "domain"),
        ({"address": "a b"}, "address"),
        ({"address": "ann@elsewhere.example"}, "address"),
        ({"address": "postmaster"}, "address"),
        ({"address": "x" * 321}, "address"),
        ({"language": "xx"}, "address"),
        ({"more": 1}, "more"),
    ],
)
async def test_a_first_run_that_is_not_taken(tmp_path: Path, change: dict[str, object], field: str) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        secret = await link_for(house, None, first=True)
        answer = await browser.ask("POST", "welcome", WELCOME | {"token": secret} | change)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
        answer = await browser.ask("POST", "welcome", WELCOME | {"token": secret})
        assert answer.status_code == 200  # the link is still good


async def test_an_ordinary_link_opens_no_first_run(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        secret = await link_for(house, "mia@example.org")
        assert (await browser.ask("POST", "welcome", WELCOME | {"token": secret})).status_code == 401
        assert await house.nest.store.read(links.administrators) == []


SERVICES = [
    ("imaps", Tls.IMPLICIT),
    ("imap", Tls.STARTTLS),
    ("pop3s", Tls.IMPLICIT),
    ("submission", Tls.STARTTLS),
    ("https", Tls.IMPLICIT),
]


def listening() -> list[Listener]:
    return [Listener(service=name, port=0, tls=tls) for name, tls in SERVICES]


async def test_values_for_mail_programs(tmp_path: Path) -> None:
    """PARITY 77: they equal what is listened on."""
    async with served(tmp_path, listeners=listening()) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        told = (await browser.ask("GET", "me/setup")).json()
        found = [(one["protocol"], one["service"], one["port"], one["tls"]) for one in told["items"]]
        assert found == [
            ("imap", "imaps", house.ports["imaps"], "implicit"),
            ("imap", "imap", house.ports["imap"], "starttls"),
            ("pop3", "pop3s", house.ports["pop3s"], "implicit"),
            ("smtp", "submission", house.ports["submission"], "starttls"),
        ]
        assert {(one["host"], one["user"]) for one in told["items"]} == {
            ("mx.example.org", "mia@example.org")
        }
        assert told["self_signed"] is True
        assert (
            f"_imaps._tcp.example.org. IN SRV 0 1 {house.ports['imaps']} mx.example.org." in told["records"]
        )
        assert told["svg"].startswith("<svg")


async def test_thunderbird_asks(tmp_path: Path) -> None:
    async with served(tmp_path, listeners=listening()) as house:
        browser = await house.browser()
        asked = [
            ("/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=anybody@example.org", {}),
            ("/mail/config-v1.1.xml?emailaddress=mia@example.org", {}),
            ("/mail/config-v1.1.xml", {"Host": "autoconfig.example.org"}),
        ]
        said = [await browser.get(path, headers=headers) for path, headers in asked]
        assert (
            len({answer.text for answer in said}) == 1
        )  # whoever is asked for, and whether there is such a one
        assert said[0].headers["content-type"].startswith("application/xml")
        tree = ET.fromstring(said[0].text)
        servers = [
            (s.get("type"), s.findtext("port"), s.findtext("socketType")) for s in tree.iter("incomingServer")
        ]
        assert servers[0] == ("imap", str(house.ports["imaps"]), "SSL")
        assert [s.findtext("username") for s in tree.iter("outgoingServer")] == ["%EMAILADDRESS%"]
        for path in ("?emailaddress=mia@elsewhere.example", "?emailaddress=%00", "?emailaddress=<x>", ""):
            assert (await browser.get(f"/mail/config-v1.1.xml{path}")).status_code == 404


async def test_outlook_asks(tmp_path: Path) -> None:
    async with served(tmp_path, listeners=listening()) as house:
        browser = await house.browser()

        async def ask(text: str) -> tuple[int, str]:
            headers = {"Content-Type": "text/xml; charset=utf-8"}
            answer = await browser.post(
                "/autodiscover/autodiscover.xml", content=text.encode(), headers=headers
            )
            return answer.status_code, answer.text

        question = (
            '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">'
            "<Request><EMailAddress>{}</EMailAddress></Request></Autodiscover>"
        )
        status, said = await ask(question.format("nobody@example.org"))
        assert status == 200
        names = {"a": "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"}
        tree = ET.fromstring(said)
        ports = {
            p.findtext("a:Type", "", names): p.findtext("a:Port", "", names)
            for p in tree.iterfind(".//a:Protocol", names)
        }
        assert ports == {
            "IMAP": str(house.ports["imaps"]),
            "POP3": str(house.ports["pop3s"]),
            "SMTP": str(house.ports["submission"]),
        }
        assert (await ask(question.format("x@elsewhere.example")))[0] == 404
        assert (await ask("<x/>"))[0] == 400
        bomb = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + question.format("&a;@example.org")
        status, said = await ask(bomb)
        assert "root:" not in said
        status, said = await ask(question.format("a&lt;b&gt;@example.org"))
        assert "<b>" not in said
        assert (await ask("x" * 20_000))[0] == 413


async def test_apple_asks(tmp_path: Path) -> None:
    async with served(tmp_path, listeners=listening()) as house:
        browser = await house.browser()
        assert (await browser.get("/apple.mobileconfig")).status_code == 401
        await browser.sign_in("mia")
        answer = await browser.get("/apple.mobileconfig")
        assert answer.headers["content-type"] == "application/x-apple-aspen-config"
        assert answer.headers["content-disposition"].startswith("attachment")
        (account,) = plistlib.loads(answer.content)["PayloadContent"]
        assert account["IncomingMailServerPortNumber"] == house.ports["imaps"]
        assert account["IncomingMailServerUsername"] == "mia@example.org"
        assert account["OutgoingMailServerUseSSL"] is True
        assert not any("Password" in key and "As" not in key for key in account)
        assert (await browser.get("/apple.mobileconfig")).content == answer.content

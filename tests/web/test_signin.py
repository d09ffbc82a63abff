"""Signing in and out: cookies, sessions that the server ends, guessing, and a password that is changed."""

import base64
import re
import statistics
import time
from pathlib import Path

import pytest

from hawknest.accounts import passwords, sessions, users
from hawknest.accounts.login import BLOCKED
from hawknest.store import Connection, Statement, StoreFull
from nests import PASSWORD, SALT, converse
from web.pages import API, House, served

NEW = "quite another phrase 42"


@pytest.mark.parametrize("service", ["http", "https"])
async def test_the_cookie(tmp_path: Path, service: str) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser(service)
        answer = await browser.sign_in("mia@example.org")
        assert answer.json()["account"]["address"] == "mia@example.org"
        name, _, rest = answer.headers["set-cookie"].partition("=")
        value, *flags = [part.strip().lower() for part in rest.split(";")]
        assert name == ("__Host-hawknest" if service == "https" else "hawknest")
        assert {"httponly", "samesite=strict", "path=/"} <= set(flags)
        assert ("secure" in flags) == (service == "https")
        assert not any(flag.startswith("domain") for flag in flags)
        assert len(value) >= 43  # 256 bits
        kept = await house.nest.store.read(lambda c: c.all(_every("session")))
        assert value not in repr(kept)
        assert (await browser.me()).status_code == 200


def _every(table: str) -> Statement:
    return Statement(f"SELECT * FROM {table}")


async def test_who_signs_out_is_out_on_the_server(tmp_path: Path) -> None:
    """PARITY 42: a cookie that was stolen before opens nothing afterwards."""
    async with served(tmp_path) as house:
        browser, thief = await house.browser(), await house.browser()
        await browser.sign_in("mia")
        thief.cookies.update(dict(browser.cookies))
        assert (await thief.me()).status_code == 200
        answer = await browser.ask("POST", "auth/sign-out")
        assert answer.status_code == 204
        assert 'hawknest=""' in answer.headers["set-cookie"]
        assert (await thief.me()).status_code == 401
        assert (await browser.me()).status_code == 401


async def test_a_browser_that_signs_in_again_keeps_no_old_session(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, thief = await house.browser(), await house.browser()
        await browser.sign_in("mia")
        thief.cookies.update(dict(browser.cookies))
        await browser.sign_in("tom")
        assert (await thief.me()).status_code == 401
        assert (await browser.me()).json()["address"] == "tom@example.org"


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "a" * 5000, "%00", "../../x"])
async def test_cookies_that_nobody_gave(tmp_path: Path, cookie: str) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        answer = await browser.get(API + "auth/me", headers={"Cookie": f"__Host-hawknest={cookie}"})
        assert answer.status_code == 401


async def test_sessions_are_listed_and_ended(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        first, second, tom = [await house.browser(headers={"User-Agent": f"B{n}"}) for n in range(3)]
        await first.sign_in("mia")
        await second.sign_in("mia")
        await tom.sign_in("tom")
        listed = (await first.ask("GET", "me/sessions")).json()["items"]
        assert {one["agent"] for one in listed} == {"B0", "B1"}
        assert [one["agent"] for one in listed if one["current"]] == ["B0"]
        other = next(one["id"] for one in listed if not one["current"])
        assert (await tom.ask("DELETE", f"me/sessions/{other}")).status_code == 422  # it is not his
        assert (await second.me()).status_code == 200
        assert (await first.ask("DELETE", f"me/sessions/{other}")).status_code == 204
        assert (await second.me()).status_code == 401
        await second.sign_in("mia")
        assert (await first.ask("DELETE", "me/sessions")).json() == {"ended": 1}
        assert (await second.me()).status_code == 401
        assert (await first.me()).status_code == 200
        assert (await tom.me()).status_code == 200


async def test_sessions_end_by_themselves(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        later = time.time() + sessions.IDLE + 1

        def look(connection: Connection) -> object:
            secret = next(iter(browser.cookies.values()))
            return sessions.find(connection, secret, later), sessions.find(connection, secret, time.time())

        gone, there = await house.nest.store.read(look)
        assert gone is None
        assert there is not None


async def test_who_is_switched_off_is_out(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        await house.write(lambda c: users.change(c, "mia@example.org", active=False))
        assert (await browser.me()).status_code == 401
        assert (await browser.sign_in("mia")).status_code == 401
        await house.write(lambda c: users.change(c, "mia@example.org", active=True))
        assert (await browser.sign_in("mia")).status_code == 200


async def test_a_password_that_the_owner_of_the_machine_sets_ends_all_sessions(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        secret = passwords.secrets_of(NEW, SALT)
        await house.write(lambda c: users.set_password(c, "mia@example.org", secret))
        assert (await browser.me()).status_code == 401


async def test_a_new_password_locks_the_old_one_out_everywhere_at_once(tmp_path: Path) -> None:
    """PARITY 44."""
    async with served(tmp_path) as house:
        here, elsewhere = await house.browser(), await house.browser()
        for browser in (here, elsewhere):
            await browser.sign_in("mia")
        assert await opens(house, PASSWORD) == {"pop3": True, "smtp": True, "web": True}
        answer = await here.ask("POST", "me/password", {"current": PASSWORD, "new": NEW})
        assert answer.status_code == 204
        assert await opens(house, PASSWORD) == {"pop3": False, "smtp": False, "web": False}
        assert await opens(house, NEW) == {"pop3": True, "smtp": True, "web": True}
        assert (await here.me()).status_code == 200  # who changed it stays
        assert (await elsewhere.me()).status_code == 401
        lines = await house.nest.store.read(lambda c: c.all(_every("audit")))
        assert "user.password" in repr(lines)
        assert NEW not in repr(lines)


async def opens(house: House, password: str) -> dict[str, bool]:
    """Tell which doors a password of mia's opens."""
    plain = f"mia@example.org\0mia@example.org\0{password}".encode()
    smtp = b"EHLO x\r\nAUTH PLAIN " + base64.b64encode(plain) + b"\r\nQUIT\r\n"
    said = await converse(house.nest, "submission", smtp, peer="127.0.0.1")
    pop3 = await converse(
        house.nest, "pop3", f"USER mia\r\nPASS {password}\r\nQUIT\r\n".encode(), peer="127.0.0.1"
    )
    answer = await (await house.browser()).sign_in("mia", password)
    return {"pop3": b"letters" in pop3, "smtp": b"235 " in said, "web": answer.status_code == 200}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"current": "wrong one 123", "new": NEW}, 422, "current"),
        ({"current": "", "new": NEW}, 422, "current"),
        ({"current": PASSWORD, "new": "webmaster2003"}, 422, "new"),
        ({"current": PASSWORD, "new": "mia@example.org"}, 422, "new"),
        ({"current": PASSWORD, "new": ""}, 422, "new"),
        ({"current": PASSWORD, "new": "x" * 1025}, 422, "new"),
        ({"new": NEW}, 422, "current"),
        ({"current": PASSWORD}, 422, "new"),
        ({"current": PASSWORD, "new": NEW, "address": "tom@example.org"}, 422, "address"),
        ([], 422, None),
    ],
)
async def test_passwords_that_are_not_taken(
    tmp_path: Path, body: object, status: int, field: str | None
) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        answer = await browser.ask("POST", "me/password", body)
        assert answer.status_code == status
        assert answer.json().get("field") == field
        assert (await browser.sign_in("mia")).status_code == 200


async def test_strength_and_generator(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        made = (await browser.ask("GET", "me/password/generate")).json()["password"]
        assert (await browser.ask("POST", "me/password/check", {"password": made})).json() == {
            "objections": []
        }
        weak = (await browser.ask("POST", "me/password/check", {"password": "mia2003"})).json()
        assert weak["objections"]


@pytest.mark.parametrize("password", ["p" * 3 + "å" * 62 + "x9!" + "q" * 4, "鷹の巣に手紙が届く朝に"])
async def test_long_and_japanese_passwords(tmp_path: Path, password: str) -> None:
    """PARITY 71."""
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        await browser.ask("POST", "me/password", {"current": PASSWORD, "new": password})
        assert await opens(house, password) == {"pop3": True, "smtp": True, "web": True}
        assert not any((await opens(house, password[:-1])).values())


async def test_wrong_names_and_wrong_passwords_look_and_take_the_same(tmp_path: Path) -> None:
    """N27."""
    async with served(tmp_path) as house:
        house.nest.keys._limiter.look = lambda *_: type("V", (), {"blocked": False, "pause": 0.0})()
        browser = await house.browser()
        took: dict[str, list[float]] = {
            "mia": [],
            "nobody": [],
            "mia@example.org": [],
            "x@elsewhere.example": [],
        }
        said = set()
        for turn in range(6):
            for name, times in took.items():
                began = time.perf_counter()
                answer = await browser.sign_in(name, f"wrong {turn}")
                times.append(time.perf_counter() - began)
                said.add((answer.status_code, answer.text, tuple(sorted(answer.headers))))
        assert len(said) == 1
        assert next(iter(said))[0] == 401
        middles = [statistics.median(times) for times in took.values()]
        assert max(middles) < 2 * min(middles)


async def test_guesses_are_counted_with_those_at_other_doors(tmp_path: Path) -> None:
    """N25: one limiter for all protocols."""
    async with served(tmp_path) as house:
        guess = b"USER mia\r\nPASS wrong\r\n" * 4 + b"QUIT\r\n"
        limiter = house.nest.keys._limiter
        for _ in range(2):
            await converse(house.nest, "pop3", guess, peer="127.0.0.1")
        assert limiter.look("127.0.0.1", "mia").pause > 0
        browser = await house.browser()
        began = time.perf_counter()
        assert (await browser.sign_in("mia", "wrong")).status_code == 401
        assert time.perf_counter() - began >= 0.25
        assert limiter.look("127.0.0.1", "mia").pause > 0
        for _ in range(30):
            limiter.failed("192.0.2.1", "mia")
        assert limiter.look("192.0.2.7", "x").blocked  # the network that guessed, at every door
        assert (await converse(house.nest, "pop3", b"USER x\r\nPASS y\r\nQUIT\r\n", peer="192.0.2.7")).count(
            b"-ERR"
        )


async def test_too_many_guesses_are_turned_away(tmp_path: Path) -> None:
    async with served(tmp_path) as house:

        async def blocked(*_: object) -> object:
            return BLOCKED

        house.nest.keys.admit = blocked
        answer = await (await house.browser()).sign_in("mia")
        assert answer.status_code == 429
        assert answer.json()["detail"] == BLOCKED.words


@pytest.mark.parametrize("length", [321, 10_000, 1_000_000])
async def test_over_long_names(tmp_path: Path, length: int) -> None:
    """N5: a clean refusal at every door, and the server goes on."""
    async with served(tmp_path) as house:
        browser = await house.browser()
        answer = await browser.sign_in("a" * length, "x")
        assert answer.status_code in {413, 422}
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 1000
        for name in (f"user={'a' * length}", "x" * length):
            answer = await browser.get(f"/{name[:60_000]}")
            assert answer.status_code in {404, 414, 431}
        pop3 = await converse(
            house.nest, "pop3", b"USER " + b"a" * length + b"\r\nQUIT\r\n", peer="127.0.0.1"
        )
        assert b"-ERR" in pop3 or length < 500  # a short one is a name like any other
        smtp = b"EHLO x\r\nAUTH PLAIN " + b"YQ==" * (length // 4) + b"\r\nQUIT\r\n"
        assert re.search(rb"\n5\d\d ", await converse(house.nest, "submission", smtp, peer="127.0.0.1"))
        assert (await browser.sign_in("mia")).status_code == 200


async def test_app_passwords_sign_nobody_in(tmp_path: Path) -> None:
    """They would go around the second factor."""
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        services = ["smtp", "pop3", "imap", "web"]
        made = await browser.ask("POST", "me/app-passwords", {"label": "my/phone", "services": services})
        password = made.json()["password"]
        assert (await opens(house, password)) == {"pop3": True, "smtp": True, "web": False}
        listed = (await browser.ask("GET", "me/app-passwords")).json()["items"]
        assert [(one["label"], one["services"]) for one in listed] == [("my/phone", services)]
        assert "password" not in listed[0]
        assert (await browser.ask("DELETE", "me/app-passwords/my%2Fphone")).status_code == 204
        assert not any((await opens(house, password)).values())


async def test_the_profile(tmp_path: Path) -> None:
    """PARITY 70: each field from the page to the store."""
    wanted = {
        "real_name": "Mia Möwe",
        "forward": ["tom@example.org", "mia@elsewhere.example"],
        "keep_copy": False,
        "responder_on": True,
        "responder_subject": "Away",
        "responder_text": "Back on Monday.",
        "finger_text": "Gone fishing",
        "language": "ja",
    }
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        told = (await browser.ask("PATCH", "me", wanted)).json()
        assert told | wanted == told
        user = await house.nest.store.read(lambda c: users.get(c, "mia@example.org"))
        assert {
            name: list(v) if isinstance(v := getattr(user, name), tuple) else v for name in wanted
        } == wanted
        assert (await browser.me()).json()["language"] == "ja"
        for bad in (
            {"real_name": "a\nBcc: x@y.z"},
            {"language": "xx"},
            {"forward": ["not an address"]},
            {"admin": True},
            {},
        ):
            answer = await browser.ask("PATCH", "me", bad)
            assert answer.status_code == 422, bad
        assert (await house.nest.store.read(lambda c: users.get(c, "mia@example.org"))) == user


async def test_a_new_user_has_no_admin_rights_and_an_administrator_has(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        await house.write(lambda c: users.change(c, "tom@example.org", admin=True))
        mia, tom = await house.browser(), await house.browser()
        await mia.sign_in("mia")
        await tom.sign_in("tom")
        assert (await mia.me()).json()["admin"] is False
        assert (await mia.me()).json()["domains"] == []
        assert (await tom.me()).json()["admin"] is True
        assert (await tom.me()).json()["domains"] is None


async def test_no_password_is_written_down(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        lines: list[str] = []
        channels = (house.nest.log.auth, house.nest.log.web, house.nest.log.system)
        for channel in channels:
            for level in ("info", "warning", "error"):
                setattr(channel, level, lambda event, **fields: lines.append(f"{event} {fields}"))
        browser = await house.browser()
        await browser.sign_in("mia")
        await browser.sign_in("mia", "a wrong secret word")
        await browser.ask("POST", "me/password", {"current": "a wrong secret word", "new": NEW})
        await browser.get("/", headers={"Cookie": "hawknest=a wrong secret word"})
        assert any("denied" in line for line in lines)
        assert not any(PASSWORD in line or "secret word" in line or NEW in line for line in lines)
        secret = next(iter(browser.cookies.values()))
        assert not any(secret in line for line in lines)


async def test_who_is_in_can_look_while_nothing_can_be_written(tmp_path: Path) -> None:
    """A full disk does not keep its owner from looking at it."""
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        await house.write(lambda c: c.run(Statement("UPDATE session SET seen_at = seen_at - 3600")))

        async def full(_job: object) -> None:
            raise StoreFull("the disk is full")

        real, house.nest.store.write = house.nest.store.write, full
        try:
            assert (await browser.me()).status_code == 200
            answer = await browser.ask("PATCH", "me", {"real_name": "x"})
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        finally:
            house.nest.store.write = real


async def test_a_surprise_is_told_with_its_name_in_the_log(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        lines: list[str] = []
        house.nest.log.system.error = lambda event, **fields: lines.append(f"{event} {fields}")
        browser = await house.browser()
        house.nest.keys.password = None
        answer = await browser.sign_in("mia")
        assert answer.status_code == 500
        incident = answer.json()["detail"].split()[-1]
        assert any(incident in line and "TypeError" in line for line in lines)
        assert PASSWORD not in repr(lines)
        assert (await browser.me()).status_code == 401

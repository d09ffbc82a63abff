"""The second factor: codes, recovery codes, passkeys; and what a password alone does not open any more."""

import time
from pathlib import Path

import pytest
from pyotp.totp import TOTP

from forgive import forgive
from hawknest.accounts import second
from nests import PASSWORD, converse
from web.authenticator import Authenticator
from web.pages import Browser, House, served


async def with_totp(house: House, browser: Browser) -> tuple[TOTP, list[str]]:
    """Set an authenticator app up, and give it with the recovery codes."""
    begun = (await browser.ask("POST", "me/totp/begin")).json()
    assert begun["uri"].startswith("otpauth://totp/")
    assert begun["svg"].startswith("<svg")
    app = TOTP(begun["secret"])
    answer = await browser.ask("POST", "me/totp/confirm", {"code": app.now()})
    assert answer.status_code == 200, answer.text
    return app, answer.json()["recovery"]


async def test_a_code_is_asked_for(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, other = await house.browser(), await house.browser()
        await browser.sign_in("mia")
        app, recovery = await with_totp(house, browser)
        assert len(recovery) == second.RECOVERY
        assert (await browser.ask("GET", "me")).json()["second"] == {
            "totp": True,
            "passkeys": 0,
            "recovery": 8,
        }

        answer = await other.sign_in("mia")
        assert answer.json() == {"second": ["totp", "recovery"]}
        assert (await other.me()).status_code == 401  # the password alone opens nothing
        assert (await other.ask("GET", "me/sessions")).status_code == 401
        assert (await other.ask("POST", "auth/second", {"code": "000000"})).status_code == 401
        assert (
            await other.ask("POST", "auth/second", {"code": app.now()})
        ).status_code == 401  # used to confirm
        later = app.at(time.time() + 30)
        waiting = dict(other.cookies)
        answer = await other.ask("POST", "auth/second", {"code": f" {later[:3]} {later[3:]} "})
        assert answer.json()["account"]["address"] == "mia@example.org"
        assert dict(other.cookies) != waiting
        assert (await other.me()).status_code == 200

        thief = await house.browser()
        thief.cookies.update(waiting)
        assert (await thief.me()).status_code == 401
        assert (await thief.ask("POST", "auth/second", {"code": later})).status_code == 401

        third = await house.browser()
        await third.sign_in("mia")
        assert (await third.ask("POST", "auth/second", {"code": later})).status_code == 401  # good once
        code = recovery[0].upper().replace("-", " ")
        assert (await third.ask("POST", "auth/second", {"code": code})).status_code == 200
        fourth = await house.browser()
        await fourth.sign_in("mia")
        assert (await fourth.ask("POST", "auth/second", {"code": recovery[0]})).status_code == 401

        said = await converse(
            house.nest, "pop3", f"USER mia\r\nPASS {PASSWORD}\r\nQUIT\r\n".encode(), "127.0.0.1"
        )
        assert b"letters" in said  # mail programs know no second factor: app passwords are for them


async def test_codes_cannot_be_guessed(tmp_path: Path) -> None:
    """Wrong codes are counted for the account, whoever sends them and however many at once."""
    async with served(tmp_path) as house:
        browser = await house.browser()
        await browser.sign_in("mia")
        app, _ = await with_totp(house, browser)
        statuses = []
        for _ in range(2):
            other = await house.browser()
            await other.sign_in("mia")
            forgive(house.nest.keys)
            for n in range(8):
                forgive(house.nest.keys)
                statuses.append((await other.ask("POST", "auth/second", {"code": f"99999{n}"})).status_code)
        assert statuses == [401] * second.TRIES + [429] * 6
        right = await other.ask("POST", "auth/second", {"code": app.at(time.time() + 30)})
        assert right.status_code == 429
        assert (await browser.me()).status_code == 200  # who is in stays in


async def test_an_app_is_taken_away_with_the_password(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, other = await house.browser(), await house.browser()
        await browser.sign_in("mia")
        await with_totp(house, browser)
        assert (await browser.ask("POST", "me/totp/begin")).status_code == 422
        assert (await browser.ask("DELETE", "me/totp", {})).status_code == 422
        assert (await browser.ask("DELETE", "me/totp", {"current": "wrong"})).json()["field"] == "current"
        fresh = (await browser.ask("POST", "me/recovery", {"current": PASSWORD})).json()["recovery"]
        assert len(fresh) == second.RECOVERY
        assert (await browser.ask("DELETE", "me/totp", {"current": PASSWORD})).status_code == 204
        assert (await browser.ask("GET", "me")).json()["second"] == {
            "totp": False,
            "passkeys": 0,
            "recovery": 0,
        }
        assert "account" in (await other.sign_in("mia")).json()


async def test_a_code_that_was_never_confirmed_is_not_asked_for(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, other = await house.browser(), await house.browser()
        await browser.sign_in("mia")
        await browser.ask("POST", "me/totp/begin")
        assert (await browser.ask("POST", "me/totp/confirm", {"code": "123456"})).status_code == 422
        assert "account" in (await other.sign_in("mia")).json()


async def test_a_passkey(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser(host="localhost")
        await browser.sign_in("mia")
        key = Authenticator(browser.origin)
        options = (await browser.ask("POST", "me/passkeys/begin")).json()
        assert options["rp"]["id"] == "localhost"
        answer = await browser.ask(
            "POST", "me/passkeys/finish", {"passkey": key.create(options), "label": "stick"}
        )
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["recovery"]) == second.RECOVERY
        listed = (await browser.ask("GET", "me/passkeys")).json()["items"]
        assert [(one["label"], one["used_at"]) for one in listed] == [("stick", None)]

        other = await house.browser(host="localhost")
        assert (await other.sign_in("mia")).json() == {"second": ["passkey", "recovery"]}
        asked = (await other.ask("POST", "auth/second/begin")).json()
        told = key.get(asked)
        assert (await other.ask("POST", "auth/second", {"passkey": told})).status_code == 200
        assert (await other.me()).status_code == 200

        replay = await house.browser(host="localhost")
        await replay.sign_in("mia")
        assert (
            await replay.ask("POST", "auth/second", {"passkey": told})
        ).status_code == 422  # nothing was asked
        await replay.ask("POST", "auth/second/begin")
        assert (await replay.ask("POST", "auth/second", {"passkey": told})).status_code == 401

        foreign = Authenticator("https://evil.test", key.keys, key.count)
        asked = (await replay.ask("POST", "auth/second/begin")).json()
        assert (await replay.ask("POST", "auth/second", {"passkey": foreign.get(asked)})).status_code == 401
        for rubbish in (
            {},
            {"id": listed[0]["id"]},
            {"id": 5},
            told | {"response": {}},
            told | {"rawId": "x"},
        ):
            await replay.ask("POST", "auth/second/begin")
            assert (await replay.ask("POST", "auth/second", {"passkey": rubbish})).status_code == 401

        at_address = await house.browser()
        assert (await at_address.sign_in("mia")).json()["second"]
        assert (await at_address.ask("POST", "auth/second/begin")).status_code == 422  # made for another host
        assert (await browser.ask("DELETE", f"me/passkeys/{listed[0]['id']}")).status_code == 204
        assert (await browser.ask("GET", "me")).json()["second"] == {
            "totp": False,
            "passkeys": 0,
            "recovery": 0,
        }


async def test_passkeys_that_are_not_taken(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser, numbered = await house.browser(host="localhost"), await house.browser()
        await browser.sign_in("mia")
        await numbered.sign_in("mia")
        assert (await numbered.ask("POST", "me/passkeys/begin")).status_code == 422  # an address is no name
        key = Authenticator("https://evil.test")
        assert (await browser.ask("POST", "me/passkeys/finish", {"passkey": {}})).status_code == 422
        options = (await browser.ask("POST", "me/passkeys/begin")).json()
        answer = await browser.ask("POST", "me/passkeys/finish", {"passkey": key.create(options)})
        assert answer.status_code == 422
        for rubbish in ({}, {"id": "x"}, {"response": None}, key.create(options) | {"response": 5}):
            await browser.ask("POST", "me/passkeys/begin")
            assert (await browser.ask("POST", "me/passkeys/finish", {"passkey": rubbish})).status_code == 422


@pytest.mark.parametrize("body", [{}, {"code": None}, {"code": 5}, {"code": "x" * 101}, {"passkey": []}])
async def test_nothing_is_no_second_factor(tmp_path: Path, body: object) -> None:
    async with served(tmp_path) as house:
        browser, other = await house.browser(), await house.browser()
        assert (await other.ask("POST", "auth/second", {"code": "123456"})).status_code == 401
        await browser.sign_in("mia")
        await with_totp(house, browser)
        await other.sign_in("mia")
        assert (await other.ask("POST", "auth/second", body)).status_code == 422
        assert (await other.me()).status_code == 401

"""Every page on every screen: it is there, nothing reaches over the edge, no word is missing, and axe finds no serious fault."""

import os
import time
from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest.accounts import domains, stewards
from hawknest.store import Connection
from web.ui.stage import AXE, SCREENS, Stage, stage

PAGES = {
    "overview": "/",
    "coach": "/coach",
    "coach-domain": "/coach/example.org",
    "log": "/log",
    "queue": "/queue",
    "letters": "/letters",
    "users": "/users",
    "user": "/users/tom%40example.org",
    "user-mail": "/users/tom%40example.org/mail",
    "user-security": "/users/tom%40example.org/security",
    "user-letters": "/users/tom%40example.org/letters",
    "invitations": "/users/invitations",
    "aliases": "/aliases",
    "options": "/options",
    "domains": "/options/domains",
    "ports": "/options/ports",
    "certificates": "/options/certificates",
    "logging": "/options/logging",
    "smtp-auth": "/options/auth",
    "limits": "/options/limits",
    "reports": "/reports",
    "access": "/access",
    "audit": "/audit",
    "me": "/me",
    "me-mail": "/me/mail",
    "me-security": "/me/security",
    "me-devices": "/me/devices",
    "me-held": "/me/held",
    "me-letters": "/me/letters",
    "setup": "/setup",
    "help": "/help",
    "nowhere": "/users/nobody%40example.org",
}


#: Fields of the options, of users and of oneself that say nothing about why they are there.
UNTOLD = """[...document.querySelectorAll('main .field :is(input, select, textarea):not(.pick input), main .switch input')]
    .filter((one) => !one.getAttribute('aria-describedby')).map((one) => one.labels?.[0]?.textContent.trim())"""


async def looked_at(here: Stage, name: str, screen: str) -> list[str]:
    """What is wrong with the page that is open."""
    await here.shot(f"{name}-{screen}")
    wrong = [f"{name}: {fault}" for fault in await here.faults()]
    if (over := await here.overflow()) > 0:
        wrong.append(f"{name} reaches {over} pixels over the edge")
    if name != "sign-in":
        wrong += [f"{name} does not say why: {field}" for field in await here.page.evaluate(UNTOLD)]
    text = await here.page.inner_text("body")
    wrong += [f"{name} says {word}" for word in ("undefined", "NaN", "[object", "{n}") if word in text]
    return wrong


#: Between them they have both languages, both colours and both sizes; with $HAWKNEST_SHOTS set all are walked.
WALKED = [*SCREENS] if os.environ.get("HAWKNEST_SHOTS") else ["desk-en-light", "phone-ja-dark"]


@pytest.mark.parametrize("screen", WALKED)
async def test_every_page(tmp_path: Path, screen: str) -> None:
    if not AXE.is_file():
        pytest.skip("the npm packages of ui/ are not here: ./dev test gets them")
    async with stage(tmp_path, screen=screen) as here:
        wrong: list[str] = []
        await here.open("/")
        wrong += await looked_at(here, "sign-in", screen)
        await here.sign_in()
        for name, path in PAGES.items():
            await here.open(path)
            if name != "nowhere":
                await expect(here.page.locator(".notice.bad")).to_have_count(0)
            wrong += await looked_at(here, name, screen)
        assert wrong == []


async def test_a_user_sees_the_own_pages_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.sign_in("tom@example.org")
        await expect(here.page).to_have_url(here.base + "/me")
        places = await here.page.locator("nav.places a").all_inner_texts()
        assert [one.strip() for one in places] == ["My account", "Set up mail", "My letters"]
        for path in ("/users", "/log", "/options"):
            await here.open(path)
            await expect(here.page.get_by_role("heading", name="There is no such page")).to_be_visible()


async def test_who_administers_a_domain_sees_its_people_alone(tmp_path: Path) -> None:
    def appointed(connection: Connection) -> None:
        domains.add(connection, "example.com", time.time())
        stewards.appoint(connection, "tom@example.org", ["example.org"])

    async with stage(tmp_path, change=appointed) as here:
        await here.sign_in("tom@example.org")
        await expect(here.page).to_have_url(here.base + "/users")
        places = await here.page.locator("nav.places a").all_inner_texts()
        assert {one.strip() for one in places} == {
            "Users",
            "Aliases",
            "Going live",
            "My account",
            "Set up mail",
            "Help",
            "My letters",
        }
        await here.open("/users/mia%40example.org")
        await expect(here.page.get_by_role("switch", name="Active")).to_be_visible()
        await expect(here.page.get_by_role("switch", name="Administrator")).to_have_count(0)
        await here.open("/users/invitations")
        await expect(here.page.locator(".notice.bad")).to_have_count(0)
        await here.open("/options")
        await expect(here.page.get_by_role("heading", name="There is no such page")).to_be_visible()

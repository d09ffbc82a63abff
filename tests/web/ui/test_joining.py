"""Accounts that people make for themselves, by a browser over the real server: invited, or asking (PARITY 45, 46, N6)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest.accounts import settings, users
from hawknest.store import Connection
from web.ui.stage import Stage, stage

NEW = "a phrase of Noor's own 7"
SCREENS = ("desk-en-light", "phone-ja-dark")


def allowed(mode: str) -> Callable[[Connection], None]:
    return lambda connection: settings.set_policy(connection, "sign_up", mode)


async def fill_in(here: Stage, local: str) -> None:
    """Fill in the page, as a person does."""
    page = here.page
    await page.locator("input[autocomplete=name]").fill("Noor")
    name = page.locator("input[autocomplete=username]")
    if await name.is_enabled():
        await name.fill(local)
    await page.locator("input[autocomplete=new-password]").fill(NEW)


async def test_off_there_is_no_way_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.open("/sign-in")
        await expect(here.page.get_by_role("link", name=re.compile("Ask for one"))).to_have_count(0)
        answer = await here.page.goto(here.base + "/join")
        assert answer is not None
        assert answer.status == 404
        await expect(here.page.get_by_role("heading", name="No account is to be had here")).to_be_visible()
        assert await here.faults() == []
        await here.sign_in()
        await here.open("/users/invitations")
        await expect(here.page.get_by_text("Nobody can make an account by oneself yet.")).to_be_visible()


async def test_an_invitation_is_made_used_and_taken_back(tmp_path: Path) -> None:
    async with stage(tmp_path, change=allowed("invited")) as here:
        page = here.page
        await here.sign_in()
        await here.open("/users/invitations")
        await page.get_by_role("button", name="Make an invitation").click()
        await page.get_by_label("Accounts").fill("many")
        await page.get_by_role("dialog").get_by_role("button", name="Make an invitation").click()
        await expect(page.get_by_role("alert")).to_contain_text("accounts")
        await page.get_by_label("Accounts").fill("2")
        await page.get_by_label("Good for, in days").select_option("3")
        await page.get_by_label("Note").fill("the choir")
        await page.get_by_role("dialog").get_by_role("button", name="Make an invitation").click()
        link = await page.locator(".secret").inner_text()
        await expect(page.get_by_role("dialog")).to_contain_text("good for 2 accounts")
        await expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
        assert await here.faults() == []
        await here.shot("invitation-made")
        await page.get_by_role("button", name="Done").click()
        row = page.locator("tr", has_text="the choir")
        await expect(row).to_contain_text("…@example.org")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("input[name=name]")).to_be_visible()
        await page.goto(link)
        await fill_in(here, "noor")
        assert link.rpartition("#")[2] not in page.url
        assert await here.faults() == []
        await page.get_by_role("button", name="Make the account").click()
        await expect(page.get_by_role("heading", name="noor@example.org is yours")).to_be_visible()
        await here.sign_in("noor@example.org", NEW)
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("input[name=name]")).to_be_visible()
        await here.sign_in()
        await here.open("/users/invitations")
        await row.get_by_role("button", name="Take back").click()
        await page.get_by_role("dialog").get_by_role("button", name="Take back").click()
        await expect(row).to_have_count(0)
        await page.goto("about:blank")
        await page.goto(link)
        await expect(page.get_by_role("heading", name="not good any more")).to_be_visible()


@pytest.mark.parametrize("screen", SCREENS)
async def test_who_asks_is_admitted_or_refused(tmp_path: Path, screen: str) -> None:
    async with stage(tmp_path, screen=screen, change=allowed("approved")) as here:
        page, japanese = here.page, "ja" in screen
        for name in ("noor", "abel"):
            await here.open("/sign-in")
            await page.locator("a[href='/join']").click()
            await fill_in(here, name)
            await page.locator("textarea").fill("the neighbour")
            assert await here.faults() == []
            await here.shot(f"join-{screen}")
            await page.locator("button[type=submit]").click()
            said = "申し込みを受け付けました" if japanese else "Your wish was handed in"
            await expect(page.get_by_role("heading", name=said)).to_be_visible()
        await here.house.write(lambda c: users.add(c, users.User(address="abel@example.org"), None, 1.0))
        await here.sign_in()
        await here.open("/users")
        await here.shot(f"users-waiting-{screen}")
        await page.get_by_role("main").locator("a[href='/users/invitations']").first.click()
        await here.settled()
        abel, noor = page.locator("tr", has_text="abel@"), page.locator("tr", has_text="noor@")
        yes, no = ("承認", "断る") if japanese else ("Say yes", "Say no")
        await expect(abel.get_by_role("button", name=yes)).to_be_disabled()
        assert await here.faults() == []
        assert await here.overflow() <= 0
        await here.shot(f"waiting-{screen}")
        await abel.get_by_role("button", name=no).click()
        await page.get_by_role("dialog").get_by_role("button", name=no).click()
        await expect(abel).to_have_count(0)
        await noor.get_by_role("button", name=yes).click()
        await expect(noor).to_have_count(0)
        await expect(page.locator("nav a[href='/users'] .count")).to_have_count(0)
        browser = await here.house.browser("http")
        await browser.sign_in("noor@example.org", NEW)

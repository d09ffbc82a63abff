"""The page of reports: who sends in our name, how TLS goes, what came and went; narrowed down by domain and time."""

import time
from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest.store import Connection
from reportsamples import fill
from web.ui.stage import AXE, SCREENS, stage


def told(connection: Connection) -> None:
    """Others have told of us."""
    fill(connection, time.time())


@pytest.mark.parametrize("screen", SCREENS)
async def test_reports_are_shown(tmp_path: Path, screen: str) -> None:
    if not AXE.is_file():
        pytest.skip("the npm packages of ui/ are not here: ./dev test gets them")
    async with stage(tmp_path, screen=screen, change=told) as here:
        await here.sign_in()
        await here.open("/reports")
        main = here.page.locator("main")
        await expect(main.get_by_text("mx.example.org").first).to_be_visible()
        await expect(main.locator("svg[role=img]")).to_have_count(2)
        assert await here.faults() == []
        assert await here.overflow() <= 0
        text = await main.inner_text()
        assert not [word for word in ("undefined", "NaN", "{n}", "report-meaning") if word in text]
        await here.shot(f"reports-full-{screen}")


async def test_they_are_narrowed_down(tmp_path: Path) -> None:
    async with stage(tmp_path, change=told) as here:
        page = here.page
        await here.sign_in()
        await page.get_by_role("link", name="Reports").click()
        await here.settled()
        await expect(page.get_by_text("All failed: a forger, or a service you forgot")).to_be_visible()
        await page.get_by_text("7 days").click()
        await here.settled()
        week = await page.get_by_text("passed (").inner_text()
        await page.get_by_text("90 days").click()
        await expect(page.get_by_text(week)).to_have_count(0)
        await page.get_by_label("Domain", exact=True).select_option("example.net")
        await expect(page.get_by_text("No reports yet")).to_be_visible()
        switch = page.get_by_role("switch", name="Tell domains who sent in their name")
        await expect(switch).not_to_be_checked()
        await switch.click()
        await expect(switch).to_be_checked()

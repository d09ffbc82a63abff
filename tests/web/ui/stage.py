"""A served nest with a browser before it, for the stories of the pages.

    async with stage(tmp_path) as here:
        await here.sign_in()
        await here.page.get_by_role("link", name="Users").click()

Whatever a page says on the console, every request that leaves the server and every refused script or style fails the story.
Screenshots are kept in $HAWKNEST_SHOTS where that is set.
"""

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from hawknest.accounts import users
from hawknest.doors.web.static import PLACE
from hawknest.store import Connection
from nests import PASSWORD
from web.pages import House, served

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

#: A screen: language, colours, size.
SCREENS = {
    "desk-en-light": ("en-GB", "light", DESK),
    "desk-ja-dark": ("ja-JP", "dark", DESK),
    "phone-en-light": ("en-GB", "light", PHONE),
    "phone-ja-dark": ("ja-JP", "dark", PHONE),
}
DEFAULT = "desk-en-light"


@dataclass
class Stage:
    """A house, and one browser window before it."""

    house: House
    base: str
    browser: Browser
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, name: str = "mia@example.org", password: str = PASSWORD) -> None:
        """Sign in on the page as a person does."""
        await self.page.goto(self.base + "/sign-in")
        await self.page.locator("input[name=name]").fill(name)
        await self.page.locator("input[name=password]").fill(password)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("nav.places").first).to_be_attached()

    async def open(self, path: str) -> None:
        """Open a page, and wait until what it asked for is there."""
        await self.page.goto(self.base + path)
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is loading any more."""
        await expect(self.page.locator("h1").first).to_be_visible()
        await expect(self.page.locator(".bone")).to_have_count(0)

    async def faults(self) -> list[str]:
        """What axe finds that is serious."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        return [
            f"{rule['id']}: {rule['help']}: {json.dumps([node['html'][:160] for node in rule['nodes']][:3])}"
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
        ]

    async def shot(self, name: str) -> None:
        """Keep a picture, where somebody wants to look at it."""
        if place := os.environ.get("HAWKNEST_SHOTS"):
            await self.page.screenshot(path=Path(place) / f"{name}.png", full_page=True)

    async def overflow(self) -> int:
        """How far the page reaches beyond the screen, in pixels."""
        return await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@contextlib.asynccontextmanager
async def stage(
    directory: Path,
    *,
    screen: str = DEFAULT,
    services: tuple[str, ...] = ("http",),
    change: Any = None,
    **more: Any,
) -> AsyncIterator[Stage]:
    """Serve a nest in which mia administers, and open a browser before it."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("there is no Chromium here")
    if not (PLACE / "index.html").is_file():
        pytest.skip("the web pages are not built: ./dev ui")

    def furnish(connection: Connection) -> None:
        users.change(connection, "mia@example.org", admin=True)
        if change is not None:
            change(connection)

    locale, colours, size = SCREENS[screen]
    async with (
        served(directory, services=services, change=furnish, **more) as house,
        async_playwright() as play,
    ):
        browser = await play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        window = await browser.new_context(
            viewport=size,
            locale=locale,
            color_scheme=colours,
            reduced_motion="reduce",
            ignore_https_errors=True,
        )
        page = await window.new_page()
        page.set_default_timeout(10_000)
        here = Stage(house, house.base("http"), browser, page)
        _listen(here)
        yield here
        await window.close()
        await browser.close()
        await asyncio.sleep(0)
    assert here.complaints == []


def _listen(here: Stage) -> None:
    def said(message: Any) -> None:
        # a refusal that the page shows in words is on the console too; whatever else is said there is a fault
        if (
            message.type in {"error", "warning"}
            and "the server responded with a status of" not in message.text
        ):
            here.complaints.append(message.text)

    def asked(request: Any) -> None:
        if not request.url.startswith((here.base, "data:", "blob:")):
            here.complaints.append(f"a request to elsewhere: {request.url}")

    here.page.on("console", said)
    here.page.on("pageerror", lambda error: here.complaints.append(str(error)))
    here.page.on("request", asked)

"""The coach's page: lines turn green by themselves while somebody looks, on every screen, for eyes and ears."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from dnsserver import DnsServer
from hawknest.config import Profile
from hawknest.config.fields import Coach, Dns
from web.ui.stage import AXE, SCREENS, stage
from web.ui.test_pages import looked_at

WORLD: dict[str, Any] = {
    "mx.example.org A": "127.0.0.1",
    "example.org TXT": '"v=spf1 +all"',
    "1.0.0.127.in-addr.arpa PTR": "mx.example.org",
    "_smtp._tls.example.org TXT": '"v=TLSRPTv1; rua=mailto:postmaster@example.org"',
}


def contents(names: DnsServer) -> dict[str, Any]:
    """A nest of this machine whose names are those of a small server here."""
    return {
        "profile": Profile.LOCAL,
        "dns": Dns(resolvers=[f"127.0.0.1:{names.port}"], timeout=1.0),
        "coach": Coach(port=names.port, greeters=["big.example"]),
    }


@pytest.mark.parametrize("screen", SCREENS)
async def test_lines_turn_before_ones_eyes(tmp_path: Path, screen: str) -> None:
    if not AXE.is_file():
        pytest.skip("the npm packages of ui/ are not here: ./dev test gets them")
    with DnsServer(
        WORLD | {"big.example MX": "10 mx.big.example", "mx.big.example A": "127.0.0.77"}, ttl=1
    ) as names:
        names.head("example.org")
        async with stage(tmp_path, screen=screen, contents=contents(names)) as here:
            await here.sign_in()
            await here.open("/coach/example.org")
            line = here.page.locator("#mx")
            await expect(line).to_have_class(re.compile(r"\bbad\b"), timeout=20_000)
            await expect(here.page.locator("#outbound")).to_have_class(re.compile(r"\bbad\b"), timeout=20_000)
            await expect(line.locator("code").first).to_have_text("@")
            await expect(line.locator("code").last).to_have_text("10 mx.example.org.")
            assert await looked_at(here, "coach-begun", screen) == []
            names.add({"example.org MX": "10 mx.example.org", "example.org TXT": '"v=spf1 mx -all"'})
            await expect(line).to_have_class(re.compile(r"\bgood\b"), timeout=10_000)
            await expect(here.page.locator("#spf")).to_have_class(re.compile(r"\bgood\b"), timeout=10_000)
            assert "MX" in await here.page.locator("main [role=status]").last.inner_text()
            await here.shot(f"coach-on-the-way-{screen}")
            await here.page.goto(here.base + "/help")
            await asyncio.sleep(0.1)


async def test_what_is_to_be_entered_is_copied(tmp_path: Path) -> None:
    with DnsServer(WORLD, ttl=1) as names:
        names.head("example.org")
        async with stage(tmp_path, contents=contents(names)) as here:
            await here.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            await here.sign_in()
            await here.open("/options/domains")
            await here.page.get_by_role("link", name="Going live").nth(1).click()
            line = here.page.locator("#mx")
            await line.get_by_role("button", name="Copy MX Value").click(timeout=20_000)
            assert await here.page.evaluate("navigator.clipboard.readText()") == "10 mx.example.org."
            await here.page.get_by_role("button", name="Look again now").click()
            await here.page.locator(".side select, main select").first.select_option("example.net")
            await expect(here.page).to_have_url(re.compile("/coach/example.net$"))

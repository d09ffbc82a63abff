"""The letters that somebody holds, on the pages: found, taken out, removed, one or several, broken ones too (PARITY 78-80)."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from web.test_api_held import BROKEN, filled
from web.ui.stage import stage


@pytest.mark.parametrize("screen", ["desk-en-light", "phone-ja-dark"])
@pytest.mark.parametrize("path", ["/me/held", "/users/mia%40example.org/letters"])
async def test_found_saved_and_removed(tmp_path: Path, path: str, screen: str) -> None:
    async with stage(tmp_path, screen=screen) as here:
        page, rows = here.page, here.page.locator("tbody tr")
        await filled(here.house)
        await here.sign_in()
        await here.open(path)
        await expect(rows).to_have_count(3)
        await page.locator("details.faults summary").first.click()
        await here.shot(f"held-faults{path.replace('/', '-').replace('%40', '-')}-{screen}")
        assert await here.faults() == []
        assert await here.overflow() <= 0
        selects = page.locator(".tools select")
        await selects.nth(1).select_option("nul")
        await expect(rows).to_have_count(1)
        async with page.expect_download() as download:
            await page.locator("a[download]").first.click()
        place = await (await download.value).path()
        assert await asyncio.to_thread(place.read_bytes) == BROKEN
        await selects.nth(1).select_option("")
        await page.locator(".tools button[aria-pressed]").click()
        fields = page.locator(".filter-grid input")
        await fields.nth(0).fill("noor")
        await expect(rows).to_have_count(2)
        await fields.nth(3).fill("2020-01-01")
        await expect(rows).to_have_count(0)
        await fields.nth(3).fill("")
        await expect(rows).to_have_count(2)
        await page.locator(".chosen .check input").check()
        await here.shot(f"held{path.replace('/', '-').replace('%40', '-')}-{screen}")
        assert await here.faults() == []
        await page.locator(".chosen .danger-quiet").click()
        await page.locator("dialog .danger").click()
        await expect(rows).to_have_count(0)
        await page.locator(".tools button:not([aria-pressed])").first.click()
        await expect(rows).to_have_count(1)

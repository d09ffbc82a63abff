"""What the page of a domain says of its records."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from web.ui.stage import SCREENS, stage


@pytest.mark.parametrize("screen", SCREENS)
async def test_the_records_of_a_domain(tmp_path: Path, screen: str) -> None:
    async with stage(tmp_path, screen=screen) as here:
        await here.sign_in()
        await here.open("/options/domains")
        await here.page.get_by_role("button", name=re.compile("^(Check|確認)")).first.click()
        shown = here.page.get_by_role("dialog")
        await expect(shown.get_by_text("v=DMARC1;").first).to_be_visible(timeout=20_000)
        await shown.locator("details summary").last.click()
        await expect(shown.locator("details pre")).to_contain_text("example.org. IN MX 10 ")
        await here.shot(f"records-{screen}")
        assert await here.faults() == []
        assert await here.overflow() <= 0

"""The settings of the machine on the pages: each in the reader's language, changed and taken back (PARITY 14-17)."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest import config
from web.ui.stage import Stage, stage

PLACES = ("/options", "/options/logging", "/options/limits")


def written(here: Stage) -> None:
    """The file that the pages change."""
    file = here.house.nest.config.file
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(config.render(here.house.nest.config.contents))


async def test_a_value_is_changed_and_goes_back_to_its_default(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        written(here)
        await here.sign_in()
        await here.open("/options")
        wait = page.get_by_label("Seconds to wait for a DNS server")
        await wait.fill("3")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Seconds to wait for a DNS server changed")).to_be_visible()
        await page.reload()
        await expect(wait).to_have_value("3")
        await page.get_by_role("button", name="Back to the default").click()
        await expect(wait).to_have_value("5")
        await expect(page.get_by_role("button", name="Back to the default")).to_have_count(0)
        await page.get_by_label("DNS servers", exact=True).fill("no address")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("no")
        assert await here.faults() == []


@pytest.mark.parametrize("screen", ["desk-en-light", "phone-ja-dark"])
async def test_every_setting_has_a_name_and_a_help_of_the_pages_own(tmp_path: Path, screen: str) -> None:
    async with stage(tmp_path, screen=screen) as here:
        await here.sign_in()
        browser = await here.house.browser("http")
        await browser.sign_in("mia@example.org")
        keys = (await browser.ask("GET", "machine")).json()["items"]
        shown = 0
        for path in PLACES:
            await here.open(path)
            text = await here.page.locator("main").inner_text()
            assert [key["name"] for key in keys if "." in key["name"] and key["name"] in text] == []
            assert [key["help"] for key in keys if key["help"] and key["help"] in text] == []
            shown += await here.page.locator(
                "main :is(.rules .field, .rules .switch, .rules .choices)"
            ).count()
            assert await here.overflow() <= 0
            await here.shot(f"machine{path.replace('/', '-')}-{screen}")
        assert shown >= len(keys)

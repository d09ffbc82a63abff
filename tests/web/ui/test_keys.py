"""The keys of a domain on its page: what to enter, how each stands, looked for again, new ones; what a journey says of signatures."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest.store import journey
from hawknest.store.journey import Letter, Step
from signed import Zone
from web.ui.stage import stage

NOW = 1_795_000_000.0


@pytest.mark.parametrize("screen", ["desk-en-light", "phone-ja-dark"])
async def test_the_keys_of_a_domain(tmp_path: Path, screen: str) -> None:
    async with stage(tmp_path, screen=screen) as here:
        page, zone = here.page, Zone()
        here.house.nest.keysmith.resolver = zone
        await here.sign_in()
        await here.open("/options/domains")
        await page.locator("tbody tr").first.locator(".row.end button").first.click()
        keys = page.locator("dialog .keys")
        await expect(keys.locator(".record")).to_have_count(2)
        for number in range(2):
            zone.enter(
                await keys.locator(".record > code").nth(number).inner_text(),
                await keys.locator(".record .copyable code").nth(number).inner_text(),
            )
        await keys.locator("button", has_text="Look again" if "en" in screen else "もう一度確認").click()
        await expect(keys.locator(".tag.good")).to_have_count(2)
        await keys.locator("button").last.click()
        await expect(keys.locator(".record")).to_have_count(4)
        await expect(keys.locator(".tag.warn")).to_have_count(2)
        await keys.scroll_into_view_if_needed()
        await here.shot(f"keys-{screen}")
        assert await here.faults() == []
        assert await here.overflow() <= 0


@pytest.mark.parametrize("screen", ["desk-en-light", "phone-ja-dark"])
async def test_a_journey_tells_who_signed(tmp_path: Path, screen: str) -> None:
    async with stage(tmp_path, screen=screen) as here:
        letter = Letter("06g1h2j3k4m5n6p7", NOW, "submission", "192.0.2.9", "mia@example.org", "", 100, {})
        said = {"attempt": 1, "code": "2.0.0", "said": "250 ok", "host": "mx.far.example"}
        steps = [
            Step(NOW, "delivered", "a@far.example", said | {"signed": "example.org hn2611r hn2611e"}),
            Step(NOW, "delivered", "b@far.example", said | {"unsigned": "not published"}),
            Step(NOW, "deferred", "c@far.example", said | {"rewritten": "example.org", "unsigned": "no key"}),
        ]
        await here.house.write(lambda c: journey.begin(c, [(letter, steps)]))
        await here.sign_in()
        await here.open(f"/letters/{letter.id}")
        await expect(here.page.locator(".moment .found", has_text="hn2611r hn2611e")).to_have_count(1)
        words = "the key is not in the DNS yet" if "en" in screen else "鍵がまだ DNS にありません"
        await expect(here.page.locator(".moment .found", has_text=words)).to_have_count(1)
        await here.shot(f"journey-signed-{screen}")
        assert await here.faults() == []
        assert await here.overflow() <= 0

"""What was found out about a stranger's letter, on its page; and what a domain does with forged ones."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest.store import Connection, journey
from hawknest.store.journey import Letter, Step
from web.ui.stage import SCREENS, stage

AT = 1_790_000_000.0
DETAIL = {
    "author": "bank.example",
    "iprev": {"result": "permerror", "name": ""},
    "spf": {"result": "fail", "domain": "bank.example"},
    "dkim": [
        {
            "result": "fail",
            "domain": "evil.example",
            "selector": "s1",
            "why": "the body is another than the one that was signed",
        }
    ],
    "dmarc": {"result": "fail", "domain": "bank.example", "policy": "reject"},
    "listed": ["zen.example"],
}
BECAUSE = "it was neither sent nor signed by bank.example, which asks to refuse such letters"


def forged(connection: Connection) -> None:
    for letter_id, verdict, event in (
        ("06h0zdke2fwbxzhw", "refuse", "refused"),
        ("06h0zdke2grqsdjx", "junk", "junk"),
    ):
        letter = Letter(
            letter_id, AT, "smtp", "198.51.100.7", "mia@bank.example", "<1@bank.example>", 4321, {}
        )
        steps = [
            Step(AT, "checked", "", DETAIL | {"verdict": verdict, "because": BECAUSE}),
            Step(AT, event, "mia@example.org", {"because": BECAUSE}),
        ]
        journey.begin(connection, [(letter, steps)])


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_letter_that_was_looked_over(screen: str, tmp_path: Path) -> None:
    japanese = "-ja-" in screen
    async with stage(tmp_path, screen=screen, change=forged) as here:
        await here.sign_in()
        await here.open("/letters/06h0zdke2fwbxzhw")
        line = here.page.locator(".timeline")
        await expect(line).to_contain_text(
            "bank.example はこのサーバーからの送信を認めていません"
            if japanese
            else "bank.example does not let this server send its letters"
        )
        await expect(line).to_contain_text(
            "断るよう求めています" if japanese else "bank.example asks to refuse such letters"
        )
        await expect(line).to_contain_text("zen.example")
        await expect(line).to_contain_text("受け取りを断りました" if japanese else "Looked over, and refused")
        assert await here.faults() == []
        assert await here.overflow() <= 0
        await here.shot(f"checked-{screen}")
        await here.open("/letters")
        await expect(here.page.locator("main")).to_contain_text("迷惑メール" if japanese else "junk")
        await here.shot(f"checked-list-{screen}")


async def test_how_far_a_domain_goes(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.sign_in()
        await here.open("/options/domains")
        row = here.page.locator("tr", has_text="example.org").first
        await row.get_by_role("button", name="Change").click()
        dialog = here.page.get_by_role("dialog")
        await dialog.get_by_label("Forged letters").select_option("junk")
        await here.shot("strictness")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_have_count(0)
        await row.get_by_role("button", name="Change").click()
        await expect(dialog.get_by_label("Forged letters")).to_have_value("junk")

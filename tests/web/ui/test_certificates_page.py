"""The page of certificates: what there is, what is wrong, and an authority switched on by who agrees to its terms."""

import time
from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest.accounts import authority
from hawknest.accounts.authority import Wish
from hawknest.net.acme import LETSENCRYPT, STAGING
from hawknest.post.certificates import Certificates
from hawknest.store import Connection, certificates
from hawknest.store.certificates import Kept
from web.ui.stage import stage

TERMS = "https://letsencrypt.org/documents/terms.pdf"


async def terms(_self: Certificates, _url: str) -> str:
    return TERMS


def furnished(connection: Connection) -> None:
    """One certificate that is good, one that is about to end, one that could not be had."""
    now = time.time()
    authority.want(connection, Wish(ca=LETSENCRYPT, terms=TERMS, agreed_at=now - 86400 * 70))
    for subject, left, problem in (
        ("mx.example.org", 50, ""),
        ("example.org", 9, "unauthorized"),
        ("example.net", 0, "rateLimited"),
    ):
        names = (f"mail.{subject}", f"mta-sts.{subject}") if subject != "mx.example.org" else (subject,)
        kept = Kept(
            subject=subject,
            ca=LETSENCRYPT,
            wanted=names,
            names=names if left else (),
            chain="none",
            key="none",
            pin="5e" * 32 if left else "",
            begins_at=now - 86400 * (90 - left) if left else 0.0,
            ends_at=now + 86400 * left if left else 0.0,
            renew_at=now + 86400,
            failures=3 if problem else 0,
            problem=problem,
            about=names[-1] if problem else "",
            detail="192.0.2.1: Invalid response from http://mta-sts.example.org/: 404" if problem else "",
        )
        certificates.put(connection, kept)


@pytest.mark.parametrize("screen", ["desk-en-light", "phone-ja-dark"])
async def test_what_there_is(tmp_path: Path, screen: str) -> None:
    async with stage(tmp_path, screen=screen, change=furnished) as here:
        await here.sign_in()
        await here.open("/options/certificates")
        await here.shot(f"certificates-{screen}")
        await expect(here.page.get_by_text("mta-sts.example.org").first).to_be_visible()
        await expect(here.page.locator(".notice.bad, .notice.warn")).to_have_count(2)
        assert await here.overflow() <= 0
        assert await here.faults() == []


@pytest.mark.parametrize("screen", ["desk-en-light", "phone-ja-dark"])
async def test_switched_on_by_who_agrees(
    tmp_path: Path, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Certificates, "terms", terms)
    english = "en" in screen
    async with stage(tmp_path, screen=screen) as here:
        page = here.page
        await here.sign_in()
        await here.open("/options/certificates")
        await here.shot(f"certificates-off-{screen}")
        await page.get_by_role("button", name="Switch on…" if english else "オンにする…").click()
        await page.locator("dialog input[value=staging]").check()
        await page.get_by_role("button", name="Show its terms" if english else "利用規約を表示").click()
        await expect(page.get_by_role("link", name=TERMS)).to_be_visible()
        go = page.get_by_role("button", name="Agree and switch on" if english else "同意してオンにする")
        await expect(go).to_be_disabled()
        await page.locator("dialog input[type=checkbox]").check()
        await here.shot(f"certificates-dialog-{screen}")
        assert await here.faults() == []
        await go.click()
        await expect(page.locator("dialog input[type=checkbox]")).to_have_count(0)
        await expect(page.locator(".notice.good")).to_contain_text("Let's Encrypt")
        kept = await here.house.nest.store.read(authority.wish)
        assert (kept.ca, kept.terms) == (STAGING, TERMS)
        assert kept.agreed_at > time.time() - 60

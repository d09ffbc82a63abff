"""The second step at sign-in, set up and used in a browser: an authenticator app, recovery codes, a passkey."""

from pathlib import Path

import pyotp
from playwright.async_api import expect

from nests import PASSWORD
from web.ui.stage import Stage, stage


async def sign_in(here: Stage) -> None:
    """Bring name and password, and no more."""
    await here.page.locator("input[name=name]").fill("tom@example.org")
    await here.page.locator("input[name=password]").fill(PASSWORD)
    await here.page.keyboard.press("Enter")


async def test_an_authenticator_app(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        await here.sign_in("tom@example.org")
        await here.open("/me/security")
        await page.get_by_role("button", name="Set it up").click()
        await expect(page.get_by_alt_text("QR code for the authenticator app")).to_be_visible()
        secret = await page.get_by_role("dialog").locator("code").first.inner_text()
        await page.get_by_label("The code that it shows now").fill("000000")
        await page.get_by_role("button", name="Switch it on").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("The code that it shows now").fill(pyotp.TOTP(secret).now())
        await page.get_by_role("button", name="Switch it on").click()
        codes = (await page.locator(".secret").inner_text()).split()
        assert len(codes) >= 5
        await page.get_by_role("button", name="Done").click()
        await expect(page.get_by_text(f"{len(codes)} recovery codes left.")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()

        await sign_in(here)
        await page.get_by_label("Code").fill("000000")
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_role("alert")).to_contain_text("not right")
        await page.get_by_label("Code").fill(codes[0])
        await page.get_by_role("button", name="Continue").click()
        await expect(page.locator(".who-name").first).to_be_attached()
        await here.open("/me/security")
        await expect(page.get_by_text(f"{len(codes) - 1} recovery codes left.")).to_be_visible()
        await page.get_by_role("button", name="Switch it off").click()
        await page.get_by_role("dialog").get_by_label("Current password").fill(PASSWORD)
        await page.get_by_role("dialog").get_by_role("button", name="Switch it off").click()
        await expect(page.get_by_role("button", name="Set it up")).to_be_visible()


async def test_a_passkey(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        here.base = here.base.replace("127.0.0.1", "localhost")  # passkeys are for names
        device = await page.context.new_cdp_session(page)
        await device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        await device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        await here.sign_in("tom@example.org")
        await here.open("/me/security")
        await page.get_by_role("button", name="Add a passkey").click()
        await page.get_by_label("Name of this passkey").fill("laptop")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.get_by_role("heading", name="Your recovery codes").last).to_be_visible()
        await page.get_by_role("button", name="Done").click()
        await expect(page.get_by_text("laptop")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()

        await sign_in(here)
        await page.get_by_role("button", name="Use a passkey").click()
        await expect(page.locator(".who-name").first).to_be_attached()
        await here.open("/me/security")
        await expect(page.get_by_text("last used")).to_be_visible()
        await page.get_by_role("button", name="Remove the passkey laptop?").click()
        await page.get_by_role("button", name="Remove", exact=True).click()
        await expect(page.get_by_text("No passkeys yet.")).to_be_visible()

"""Sign-ins on the pages, of oneself and of a user; app passwords alone for mail programs; the rules of the nest."""

import time
from pathlib import Path

import pytest
from playwright.async_api import expect

from hawknest.accounts import sign_ins, users
from hawknest.accounts.login import Attempt, Failure
from hawknest.accounts.sign_ins import Times
from hawknest.store import Connection
from web.ui.stage import AXE, stage
from web.ui.test_pages import WALKED, looked_at


def signed_in(connection: Connection) -> None:
    """Sign-ins of tom and mia, good and bad."""
    now = time.time()
    for name in ("mia", "tom"):
        account = users.get(connection, f"{name}@example.org").id
        attempts = [
            Attempt(account, "imap", "198.51.100.7", "app:phone of the kitchen", None, now - 60),
            Attempt(account, "smtp", "198.51.100.7", "password", None, now - 4000),
            Attempt(account, "web", "2001:db8:1:2::5", "password, code", None, now - 7000),
            Attempt(account, "imap", "203.0.113.9", "", Failure.APPS_ONLY, now - 90000),
            Attempt(account, "pop3", "203.0.113.9", "", Failure.WRONG, now - 95000),
        ]
        gathered = [(sign_ins.way_of(a), Times(n * n, a.at, a.at, a.peer)) for n, a in enumerate(attempts, 1)]
        sign_ins.add(connection, gathered, 0.0)


@pytest.mark.parametrize("screen", WALKED)
async def test_sign_ins_on_every_screen(tmp_path: Path, screen: str) -> None:
    if not AXE.is_file():
        pytest.skip("the npm packages of ui/ are not here: ./dev test gets them")
    async with stage(tmp_path, screen=screen, change=signed_in) as here:
        await here.sign_in()
        wrong: list[str] = []
        for name, path in (
            ("signins-me", "/me/devices"),
            ("signins-user", "/users/tom%40example.org/security"),
            ("signins-rules", "/options/auth"),
            ("sending-rules", "/options/limits"),
        ):
            await here.open(path)
            wrong += await looked_at(here, name, screen)
        assert wrong == []


async def test_what_they_say(tmp_path: Path) -> None:
    async with stage(tmp_path, change=signed_in) as here:
        await here.sign_in()
        await here.open("/users/tom%40example.org/security")
        table = here.page.get_by_role("table", name="Sign-ins")
        await expect(table).to_contain_text("app password “phone of the kitchen”")
        await expect(table).to_contain_text("password and code")
        await expect(table).to_contain_text("an app password is needed")
        await expect(table).to_contain_text("203.0.113.0/24")
        switch = here.page.get_by_label("Mail programs need app passwords")
        await switch.click()
        await expect(here.page.get_by_text("Saved").first).to_be_visible()

        def asked(connection: Connection) -> bool:
            return users.get(connection, "tom@example.org").app_passwords_only

        assert await here.house.nest.store.read(asked)

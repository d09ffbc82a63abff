"""What people do on the pages, done by a browser over the real server."""

import asyncio
import poplib
import re
import smtplib
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

import smtpsink
from hawknest.accounts import links, users
from hawknest.log import Settings
from hawknest.post.destination_route import Route
from hawknest.post.site import Tls
from hawknest.store import Connection
from nests import PASSWORD
from web.ui.stage import Stage, stage

NEW = "a lantern over seven orchards"


def lenient() -> ssl.SSLContext:
    """The certificate is our own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def can_read(port: int, name: str, password: str) -> bool:
    """Whether POP3 lets somebody in."""
    box = poplib.POP3_SSL("127.0.0.1", port, context=lenient(), timeout=10)
    try:
        box.user(name)
        box.pass_(password)
    except poplib.error_proto:
        return False
    else:
        return True
    finally:
        box.close()


async def test_the_first_link_leads_to_the_overview(tmp_path: Path) -> None:
    def unmade(connection: Connection) -> None:
        users.change(connection, "mia@example.org", admin=False)

    async with stage(tmp_path, change=unmade) as here:
        page = here.page
        secret = await here.house.write(lambda c: links.issue(c, None, time.time(), first=True))
        await page.goto(f"{here.base}/welcome#{secret}")
        await page.get_by_label("Your name").fill("Noor")
        await page.get_by_label("Your domain").fill("nest.test")
        await page.get_by_label("Your address").fill("noor")
        await page.get_by_role("textbox", name="Password").fill("short")
        await page.get_by_role("button", name="Begin").click()
        await expect(page.locator(".error")).to_contain_text("too easy to guess")
        await page.get_by_role("textbox", name="Password").fill(NEW)
        assert secret not in page.url
        await page.get_by_role("button", name="Begin").click()
        await expect(page.get_by_role("heading", name="Three next steps")).to_be_visible()
        await expect(page.locator(".who-name").first).to_have_text("noor@nest.test")
        await page.goto(f"{here.base}/welcome#{secret}")
        await expect(page.get_by_role("heading", name="This link is used up")).to_be_visible()


async def test_a_link_lets_in_who_has_forgotten_the_password(tmp_path: Path) -> None:
    def link(connection: Connection) -> str:
        return links.issue(connection, users.get(connection, "tom@example.org").id, time.time())

    async with stage(tmp_path, services=("http", "pop3s")) as here:
        page = here.page
        await page.goto(f"{here.base}/welcome#{await here.house.write(link)}")
        await expect(page.get_by_text("You can choose a new password now")).to_be_visible()
        await page.get_by_label("New password").fill(NEW)
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.get_by_text("Your password is changed")).to_be_visible()
        port = here.house.ports["pop3s"]
        assert await asyncio.to_thread(can_read, port, "tom@example.org", NEW)


async def test_a_wrong_password_is_said_and_a_right_one_signs_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        await here.open("/users")
        await page.locator("input[name=name]").fill("mia")
        await page.locator("input[name=password]").fill("not this one")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("wrong")
        await page.locator("input[name=password]").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Users")).to_be_visible()  # where one wanted to go
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_user_is_changed_and_the_change_taken_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        await here.sign_in()
        await page.get_by_role("link", name="Users").click()
        await page.get_by_role("link", name="tom@example.org").click()
        await page.get_by_label("Name").fill("Thomas")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Thomas")).to_be_visible()
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_role("heading", name="Tom", exact=True)).to_be_visible()
        await here.open("/audit")
        await expect(page.get_by_text("user.change")).to_have_count(2)


async def test_a_user_is_added_and_removed_by_name(tmp_path: Path) -> None:
    async with stage(tmp_path, services=("http", "pop3s")) as here:
        page = here.page
        await here.sign_in()
        await here.open("/users")
        await page.get_by_role("button", name="Add a user").click()
        await page.get_by_role("textbox", name="Address").fill("noor")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_role("textbox", name="Address").fill("noor@example.org")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.get_by_role("heading", name="noor@example.org is there")).to_be_visible()
        password = await page.locator(".secret").inner_text()
        port = here.house.ports["pop3s"]
        assert await asyncio.to_thread(can_read, port, "noor@example.org", password)
        await page.get_by_role("button", name="Done").click()
        await page.get_by_role("button", name="Remove noor@example.org").click()
        await page.get_by_label("Type “noor@example.org” to confirm").fill("tom@example.org")
        await expect(page.get_by_role("button", name="Remove", exact=True)).to_be_disabled()
        await page.get_by_label("Type “noor@example.org” to confirm").fill("noor@example.org")
        await page.get_by_role("button", name="Remove", exact=True).click()
        await expect(page.get_by_role("link", name="noor@example.org")).to_have_count(0)
        assert not await asyncio.to_thread(can_read, port, "noor@example.org", password)


async def test_a_new_password_locks_the_old_one_out_at_once(tmp_path: Path) -> None:
    """PARITY 44."""
    async with stage(tmp_path, services=("http", "pop3s")) as here:
        page, port = here.page, here.house.ports["pop3s"]
        await here.sign_in("tom@example.org")
        assert await asyncio.to_thread(can_read, port, "tom@example.org", PASSWORD)
        await here.open("/me/security")
        await page.get_by_label("Current password").fill(PASSWORD)
        await page.get_by_label("New password").fill(NEW)
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.get_by_text("Your password is changed")).to_be_visible()
        assert not await asyncio.to_thread(can_read, port, "tom@example.org", PASSWORD)
        assert await asyncio.to_thread(can_read, port, "tom@example.org", NEW)


def figure(here: Stage, name: str) -> Any:
    """A figure of the overview."""
    return here.page.locator(".figure", has_text=name).locator("dd")


async def test_suspend_and_resume(tmp_path: Path) -> None:
    """PARITY 9, 14: three letters wait, and the page says so without being asked again."""
    async with stage(tmp_path, services=("http", "submissions")) as here:
        page = here.page
        await here.sign_in()
        await page.get_by_role("button", name="Suspend delivery").click()
        await expect(figure(here, "Delivery")).to_have_text("off", timeout=3000)
        await expect(page.get_by_role("heading", name="Delivery is suspended")).to_be_visible()
        for number in range(3):
            await asyncio.to_thread(submit, here.house.ports["submissions"], f"friend{number}@example.com")
        await expect(figure(here, "Pending")).to_have_text("3", timeout=3000)
        await page.get_by_role("link", name=re.compile("^Queue")).click()
        await expect(page.get_by_role("link", name="friend1@example.com")).to_be_visible()
        await page.locator("tr", has_text="friend1@").get_by_role("button", name="Hold").click()
        await expect(page.locator("tr", has_text="friend1@")).to_contain_text("held")
        await page.get_by_role("button", name="Drop: friend2@example.com").click()
        await page.get_by_label("Return it to the sender, with the reason").uncheck()
        await page.get_by_role("button", name="Drop", exact=True).click()
        await expect(page.get_by_role("link", name="friend2@example.com")).to_have_count(0)
        await page.get_by_role("link", name="friend1@example.com").click()
        await expect(page.locator(".timeline")).to_contain_text("Held back for friend1@example.com")
        await page.get_by_role("link", name="Overview").click()
        await page.get_by_role("button", name="Resume delivery").click()
        await expect(figure(here, "Delivery")).to_have_text("on", timeout=3000)


async def test_three_letters_wait_and_leave_once_each(tmp_path: Path) -> None:
    """PARITY 9: what was handed in while delivery was suspended leaves when it goes on, each letter once."""
    async with smtpsink.serve() as sink, stage(tmp_path, services=("http", "submissions")) as here:
        page, nest = here.page, here.house.nest
        nest.routes = [Route("*", "127.0.0.1", sink.port, Tls.NEVER, verify=False)]
        delivering = asyncio.create_task(nest.queue.run())
        await here.sign_in()
        await page.get_by_role("button", name="Suspend delivery").click()
        await expect(figure(here, "Delivery")).to_have_text("off", timeout=3000)
        friends = [f"friend{number}@example.com" for number in range(3)]
        for friend in friends:
            await asyncio.to_thread(submit, here.house.ports["submissions"], friend)
        await expect(figure(here, "Pending")).to_have_text("3", timeout=3000)
        assert not sink.letters
        await page.get_by_role("button", name="Resume delivery").click()
        await expect(figure(here, "Pending")).to_have_text("0", timeout=15000)
        assert sorted(address for letter in sink.letters for address, _ in letter.recipients) == friends
        await page.get_by_role("link", name="Letters", exact=True).click()
        await expect(page.locator("tbody tr", has_text="sent on")).to_have_count(3)
        delivering.cancel()


def submit(port: int, recipient: str) -> None:
    """Hand a letter in, as a mail program does."""
    with smtplib.SMTP_SSL("127.0.0.1", port, context=lenient(), timeout=10) as link:
        link.login("mia@example.org", PASSWORD)
        link.sendmail("mia@example.org", [recipient], f"To: {recipient}\r\nSubject: hello\r\n\r\nHello.\r\n")


async def test_the_journey_of_a_letter(tmp_path: Path) -> None:
    """PARITY 50: the administrator sees every letter's, everybody the own ones."""
    async with stage(tmp_path, services=("http", "submissions")) as here:
        page = here.page
        await asyncio.to_thread(submit, here.house.ports["submissions"], "tom@example.org")
        await here.sign_in()
        await page.get_by_role("link", name="Letters", exact=True).click()
        row = page.locator("tbody tr").first
        await expect(row).to_contain_text("delivered")
        await row.get_by_role("link").click()
        await expect(page.locator(".timeline")).to_contain_text("Came from 127.0.0.1")
        await expect(page.locator(".timeline")).to_contain_text("Filed for tom@example.org")
        await page.get_by_role("link", name="All letters").click()
        await page.get_by_role("searchbox").fill("nobody@example.net")
        await expect(page.get_by_text("Nothing found")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await here.sign_in("tom@example.org")
        await here.open("/me/letters")
        await page.locator("tbody tr").first.get_by_role("link").click()
        await expect(page.locator(".timeline")).to_contain_text("Filed for tom@example.org")
        await here.open("/me/held")
        await expect(page.locator("tbody tr")).to_contain_text("hello")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Save as a file").click()
        place = await (await download.value).path()
        assert b"Subject: hello" in await asyncio.to_thread(place.read_bytes)


async def test_stop_and_start(tmp_path: Path) -> None:
    """PARITY 7, 8: the ports close and open again; these pages stay, so that somebody can press Start."""
    async with stage(tmp_path, services=("http", "pop3s")) as here:
        page, port = here.page, here.house.ports["pop3s"]
        await here.sign_in()
        await page.get_by_role("button", name="Stop", exact=True).click()
        await page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
        await expect(page.get_by_role("heading", name="Hawknest is stopped")).to_be_visible()
        await expect(page.locator("tr", has_text="Fetching letters")).to_contain_text("not open")
        with pytest.raises(OSError, match=r".*"):
            await asyncio.to_thread(can_read, port, "tom@example.org", PASSWORD)
        await page.locator(".window").get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_role("heading", name="Hawknest is running")).to_be_visible()
        await expect(page.locator("tr", has_text="Fetching letters")).to_contain_text("open")


async def test_three_idle_sessions_are_three_connections(tmp_path: Path) -> None:
    """PARITY 14: whoever is connected counts, browsers too."""
    async with stage(tmp_path, services=("http", "pop3s")) as here:
        await here.sign_in()
        await expect(figure(here, "Connections")).to_have_text(re.compile(r"\d"))
        before = int(await figure(here, "Connections").inner_text())
        idle = [
            await asyncio.to_thread(
                poplib.POP3_SSL, "127.0.0.1", here.house.ports["pop3s"], context=lenient(), timeout=10
            )
            for _ in range(3)
        ]
        await expect(figure(here, "Connections")).to_have_text(str(before + 3), timeout=3000)
        for box in idle:
            box.close()
        await expect(figure(here, "Connections")).to_have_text(str(before), timeout=3000)


async def test_a_port_in_use_is_named_with_its_owner(tmp_path: Path) -> None:
    """PARITY 36: before anything is changed."""
    async with stage(tmp_path, services=("http", "pop3s")) as here:
        page = here.page
        await here.sign_in()
        await here.open("/options/ports")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            await page.locator("tr", has_text="Fetching letters").get_by_role("button", name="Change").click()
            await page.get_by_role("textbox", name="Port", exact=True).fill(str(port))
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_role("alert")).to_contain_text("in use")
            await expect(page.get_by_role("alert")).to_contain_text(re.compile("Port [0-9]+ is free"))
        assert await asyncio.to_thread(can_read, here.house.ports["pop3s"], "tom@example.org", PASSWORD)


async def test_an_exempt_range_and_its_end(tmp_path: Path) -> None:
    """PARITY 55, 56."""
    async with stage(tmp_path) as here:
        page = here.page
        await here.sign_in()
        await here.open("/options/auth")
        await page.get_by_role("button", name="Add an exemption").click()
        await page.get_by_role("textbox", name="Addresses").fill("pc1")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("host name")
        await page.get_by_role("textbox", name="Addresses").fill("192.168.7.2〜254")
        await page.get_by_label("Note").fill("the hall")
        await page.get_by_label("Until").select_option(label="one hour")
        await page.get_by_role("button", name="Add", exact=True).click()
        row = page.locator("tr", has_text="the hall")
        await expect(row).to_contain_text(re.compile("in (1 hour|60 minutes|59 minutes)"))
        await page.get_by_label("Its network address").fill("192.168.7.3")
        await page.get_by_label("Sender", exact=True).fill("mia@example.org")
        await page.get_by_label("Recipient").fill("friend@example.com")
        await page.get_by_role("button", name="Ask", exact=True).click()
        await expect(page.get_by_role("heading", name="Yes, there is a way")).to_be_visible()
        await row.get_by_role("button", name=re.compile("^Remove")).click()
        await expect(row).to_have_count(0)
        await page.get_by_role("button", name="Ask", exact=True).click()
        await expect(page.get_by_role("heading", name="No, every way is refused")).to_be_visible()


async def test_keyboard_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        await page.goto(here.base + "/users")
        await page.wait_for_selector("input[name=name]")
        await page.locator("input[name=name]").focus()
        await page.keyboard.type("mia@example.org")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await here.settled()
        await page.keyboard.press("Tab")
        for _ in range(60):  # to the button, by Tab alone
            if await focused(here) == "Add a user":
                break
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.type("kay@example.org")  # the first field has the focus
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="kay@example.org is there")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert await focused(here) == "Add a user"  # and comes back to where it was
        await expect(page.get_by_role("link", name="kay@example.org")).to_be_visible()


async def focused(here: Stage) -> str:
    """What the focus is on."""
    return await here.page.evaluate(
        "(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()"
    )


async def test_a_phone_in_japanese(tmp_path: Path) -> None:
    async with stage(tmp_path, screen="phone-ja-dark") as here:
        page = here.page
        await here.sign_in()
        await expect(page.get_by_role("heading", name="Hawknest は動作中です")).to_be_visible()
        await page.get_by_role("button", name="メニュー").click()
        await page.get_by_role("dialog").get_by_role("link", name="設定", exact=True).click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("heading", name="設定", exact=True)).to_be_visible()
        await page.get_by_role("switch", name="インターネットへメールを送る").click()
        await expect(page.get_by_role("switch", name="インターネットへメールを送る")).not_to_be_checked()
        await page.get_by_role("button", name="元に戻す").click()
        await expect(page.get_by_role("switch", name="インターネットへメールを送る")).to_be_checked()


async def test_users_come_and_go_as_csv(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        await here.sign_in()
        await here.open("/users")
        await page.get_by_role("button", name="Import").click()
        file = {"name": "people.csv", "mimeType": "text/csv"}
        wrong = b"address,real_name\nnoor@example.org,Noor\ntom@example.org,Tom again\n"
        await page.get_by_label("CSV file").set_input_files(file | {"buffer": wrong})
        await page.get_by_role("button", name="Show what would happen").click()
        await expect(page.get_by_role("alert")).to_contain_text("tom@example.org")
        await page.get_by_label("CSV file").set_input_files(
            file
            | {"buffer": b"address,real_name\nnoor@example.org,Noor\n\xe9\x88\xb4@example.org,\xe9\x88\xb4\n"}
        )
        await page.get_by_role("button", name="Show what would happen").click()
        await expect(page.get_by_text("2 users would be added:")).to_be_visible()
        await expect(page.get_by_role("link", name="noor@example.org")).to_have_count(0)
        await page.get_by_role("button", name="Add 2 users").click()
        await expect(page.get_by_role("link", name="noor@example.org")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Export").click()
        place = await (await download.value).path()
        assert b"noor@example.org" in await asyncio.to_thread(place.read_bytes)


async def test_a_token_opens_what_it_is_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = here.page
        await here.sign_in()
        await here.open("/access")
        await page.get_by_role("button", name="Make a token").click()
        await page.get_by_label("What it is for").fill("backup")
        await page.get_by_label("users:read").check()
        await page.get_by_role("button", name="Add", exact=True).click()
        secret = await page.locator(".secret").inner_text()
        await page.get_by_role("button", name="Done").click()
        script = await here.house.browser("http")
        bearer = {"Authorization": f"Bearer {secret}"}
        assert (await script.get("/api/v1/users", headers=bearer)).status_code == 200
        assert (await script.get("/api/v1/queue", headers=bearer)).status_code == 403
        await page.get_by_role("button", name="Take back backup?").click()
        await page.get_by_role("button", name="Remove", exact=True).click()
        await expect(page.get_by_text("No tokens yet.")).to_be_visible()
        assert (await script.get("/api/v1/users", headers=bearer)).status_code == 401


async def test_the_recommended_settings_by_one_press(tmp_path: Path) -> None:
    """PARITY 27: and back again."""
    async with stage(tmp_path, policies={"cram_md5": "on", "sender_policy": "off"}) as here:
        page = here.page
        await here.sign_in()
        await expect(page.get_by_text("Weaker than recommended")).to_be_visible()
        await here.open("/options")
        await page.get_by_role("button", name="Use the recommended settings").click()
        await expect(page.get_by_text("Everything is as recommended.")).to_be_visible()
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_text("Some settings differ")).to_be_visible()
        await here.open("/options/limits")
        await expect(page.get_by_role("switch", name=re.compile("CRAM-MD5"))).to_be_checked()
        await page.get_by_label("Largest letter").fill("a lot")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("50M")
        await page.get_by_label("Largest letter").fill("20M")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Largest letter changed")).to_be_visible()
        await page.reload()
        await expect(page.get_by_label("Largest letter")).to_have_value("20M")


async def test_the_log_as_it_is_written(tmp_path: Path) -> None:
    """PARITY 10: one session is followed; nothing that opens a door is shown."""
    async with stage(tmp_path, services=("http", "pop3s")) as here:
        here.house.nest.log.configure(Settings(tmp_path / "log", conversations=True))
        page, port = here.page, here.house.ports["pop3s"]
        await here.sign_in()
        await here.open("/log")
        await asyncio.to_thread(can_read, port, "tom@example.org", "a password that is wrong")
        await expect(page.get_by_role("log")).to_contain_text("denied", timeout=5000)
        await page.get_by_role("button", name="Pause").click()
        await asyncio.to_thread(can_read, port, "tom@example.org", PASSWORD)
        await expect(page.get_by_role("button", name="Go on")).to_contain_text("new line", timeout=5000)
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("log")).to_contain_text("tom@example.org")
        text = await page.get_by_role("log").inner_text()
        assert PASSWORD not in text
        assert "a password that is wrong" not in text

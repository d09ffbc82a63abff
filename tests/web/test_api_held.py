"""The letters that somebody holds, on the pages: found, taken out, removed, broken ones too (PARITY 78-80)."""

from pathlib import Path
from typing import Any

import pytest

from hawknest.accounts import users
from hawknest.store import letters
from hawknest.store.blobs import Content
from hawknest.store.letters import Filing
from web.pages import Browser, House, served

BROKEN = b"Subject: \x8a\xbf\x8e\x9a\r\n\r\n<script>\0\r\n"
PLAIN = b"From: Noor <noor@example.net>\r\nDate: x\r\nSubject: Lunch\r\n\r\nHello\r\n" + b"x\r\n" * 500


async def filled(house: House) -> dict[str, int]:
    """File a broken letter, one that lies in a file, and a plain one for Mia; gives their numbers."""
    files = house.nest.store.blobs.files
    (files / "ab").write_bytes(PLAIN * 3)

    def job(connection: Any) -> dict[str, int]:
        mia = users.get(connection, "mia@example.org").id
        contents = [
            Content(len(BROKEN), BROKEN),
            Content(len(PLAIN) * 3, None, "ab"),
            Content(len(PLAIN), PLAIN),
        ]
        blobs = letters.keep(connection, [(content, 1) for content in contents])
        rows = [Filing(mia, b, c.size, "", 9.0) for b, c in zip(blobs, contents, strict=True)]
        filed = letters.file(connection, rows)
        return dict(zip(("broken", "file", "plain"), [one.email_id for one in filed], strict=True))

    numbers = await house.write(job)
    while await house.nest.indexing.portion():
        pass
    return numbers


async def signed_in(house: House, name: str, *, admin: bool = False) -> Browser:
    if admin:
        await house.write(lambda c: users.change(c, f"{name}@example.org", admin=True))
    browser = await house.browser()
    await browser.sign_in(f"{name}@example.org")
    return browser


@pytest.mark.parametrize("path", ["me/held", "users/mia@example.org/held"])
async def test_looked_over_taken_out_and_removed(tmp_path: Path, path: str) -> None:
    async with served(tmp_path) as house:
        numbers = await filled(house)
        mia = await signed_in(house, "mia", admin=True)

        async def listed(query: str = "") -> list[int]:
            return [one["number"] for one in (await mia.ask("GET", f"{path}?{query}")).json()["items"]]

        assert await listed() == [numbers["file"], numbers["plain"], numbers["broken"]]
        assert await listed("defect=nul") == [numbers["broken"]]
        assert await listed("from=noor&sort=oldest") == [numbers["file"], numbers["plain"]]
        assert await listed("larger=3000") == [numbers["file"]]
        assert await listed("mailbox=Trash") == []
        shown = (await mia.ask("GET", f"{path}/{numbers['broken']}")).json()
        assert shown[0]["defects"] == ["nul", "raw-header", "no-from", "no-date"]
        for name, octets in (("broken", BROKEN), ("file", PLAIN * 3)):
            answer = await mia.ask("GET", f"{path}/{numbers[name]}/octets")
            assert answer.content == octets
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["content-disposition"].startswith("attachment")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]
        for name in ("broken", "file"):
            assert (await mia.ask("DELETE", f"{path}/{numbers[name]}")).json() == {"removed": numbers[name]}
            assert (await mia.ask("DELETE", f"{path}/{numbers[name]}")).status_code == 404
        assert await listed() == [numbers["plain"]]
        assert not (house.nest.store.blobs.files / "ab").exists()
        assert "letter.remove" in (await mia.ask("GET", "audit")).text


async def test_nobody_sees_the_letters_of_others(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        numbers = await filled(house)
        tom = await signed_in(house, "tom")
        assert (await tom.ask("GET", "me/held")).json()["items"] == []
        for path in ("me/held", "users/mia@example.org/held"):
            for number in [*numbers.values(), "../1", "1%2F..%2F2", "-1", "9" * 30, "%00"]:
                for method, more in (("GET", ""), ("GET", "/octets"), ("DELETE", "")):
                    assert (await tom.ask(method, f"{path}/{number}{more}")).status_code == 404


@pytest.mark.parametrize(
    "query", ["defect=ugly", "sort=colour", "larger=much", "limit=0", "after=x", "since=now"]
)
async def test_what_cannot_be_asked(tmp_path: Path, query: str) -> None:
    async with served(tmp_path) as house:
        mia = await signed_in(house, "mia")
        answer = await mia.ask("GET", f"me/held?{query}")
        assert answer.status_code == 422
        assert answer.json()["field"] == query.partition("=")[0]

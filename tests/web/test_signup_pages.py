"""Accounts that people make for themselves on the pages: where it is off nothing is there (PARITY 45, 46, N6)."""

from pathlib import Path
from typing import Any

import pytest

from hawknest.accounts import settings, users
from hawknest.store import Connection
from nests import converse
from web.pages import Browser, House, served

NEW = "a phrase of Noor's own 7"


def wanted(address: str = "noor@example.org", **more: Any) -> dict[str, Any]:
    return {"address": address, "password": NEW, "real_name": "Noor", **more}


async def opened(house: House, mode: str) -> Browser:
    """Allow it, and give the administrator's browser."""

    def job(connection: Connection) -> None:
        users.change(connection, "mia@example.org", admin=True)
        settings.set_policy(connection, "sign_up", mode)

    await house.write(job)
    mia = await house.browser()
    await mia.sign_in("mia@example.org")
    return mia


async def everybody(house: House) -> list[str]:
    return [user.address for user in await house.nest.store.read(users.listing)]


async def test_off_nothing_is_there(tmp_path: Path) -> None:
    """PARITY N6: a POST to where the link would lead makes no account either."""
    async with served(tmp_path) as house:
        before = await everybody(house)
        stranger = await house.browser()
        assert (await stranger.ask("GET", "sign-up")).status_code == 404
        assert (await stranger.ask("POST", "sign-up", wanted())).status_code == 404
        assert (await stranger.ask("POST", "sign-up", wanted(invitation="x"))).status_code == 404
        assert (await stranger.ask("POST", "sign-up/invitation", {"invitation": "x"})).status_code == 404
        assert await everybody(house) == before
        mia = await opened(house, "off")
        answer = await mia.ask("POST", "invitations", {"to": "example.org"})
        assert answer.status_code == 422
        assert "sign_up" in answer.json()["detail"]


async def test_somebody_is_invited(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        mia = await opened(house, "invited")
        made = (await mia.ask("POST", "invitations", {"to": "example.org", "note": "for Noor"})).json()
        secret = made["secret"]
        assert made["link"] == f"/join#{secret}"
        assert made["page"] == f"{house.base()}/join#{secret}"
        listed = (await mia.ask("GET", "invitations")).text
        assert "for Noor" in listed
        assert secret not in listed
        stranger = await house.browser()
        assert (await stranger.ask("GET", "sign-up")).json() == {
            "way": "invited",
            "domains": [],
            "page": f"{house.base()}/join",
            "local": "",
        }
        assert (await stranger.ask("POST", "sign-up", wanted())).status_code == 404  # without one
        shown = await stranger.ask("POST", "sign-up/invitation", {"invitation": secret})
        assert shown.json()["domains"] == ["example.org"]
        answer = await stranger.ask("POST", "sign-up", wanted(invitation=secret))
        assert (answer.status_code, answer.json()) == (201, {"address": "noor@example.org", "waits": False})
        assert (await stranger.sign_in("noor@example.org", NEW)).status_code == 200
        assert (await stranger.ask("GET", "users")).status_code == 404  # nobody's administrator
        assert (
            await stranger.ask("POST", "sign-up", wanted("kim@example.org", invitation=secret))
        ).status_code == 404
        lines = f"USER noor@example.org\r\nPASS {NEW}\r\nQUIT\r\n".encode()
        said = await converse(house.nest, "pop3", lines, peer="127.0.0.1")
        assert said.count(b"+OK") == 4, said


async def test_somebody_asks_and_is_admitted(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        mia = await opened(house, "approved")
        stranger = await house.browser()
        assert (await stranger.ask("GET", "sign-up")).json()["domains"] == ["example.org"]
        for address in ("noor@example.org", "tom@example.org"):  # one is taken, and nobody is told
            answer = await stranger.ask("POST", "sign-up", wanted(address, note="It is me"))
            assert (answer.status_code, answer.json()["waits"]) == (202, True)
        assert (await stranger.sign_in("noor@example.org", NEW)).status_code == 401
        waiting = (await mia.ask("GET", "applicants")).json()["items"]
        assert {one["address"]: one["taken"] for one in waiting} == {
            "noor@example.org": False,
            "tom@example.org": True,
        }
        assert NEW not in repr(waiting)
        numbers = {one["address"]: one["id"] for one in waiting}
        answer = await mia.ask("POST", f"applicants/{numbers['noor@example.org']}/admit")
        assert answer.json()["address"] == "noor@example.org"
        assert (await mia.ask("DELETE", f"applicants/{numbers['tom@example.org']}")).status_code == 204
        assert (await mia.ask("POST", f"applicants/{numbers['tom@example.org']}/admit")).status_code == 404
        assert (await stranger.sign_in("noor@example.org", NEW)).status_code == 200
        audit = (await mia.ask("GET", "audit")).text
        assert "applicant.admit" in audit
        assert "applicant.refuse" in audit


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postmaster@example.org", "speaks for"),
        ("security@example.org", "speaks for"),
        ("noor@elsewhere.example", "elsewhere.example"),
        ("a/../b@example.org/..", "example.org"),
    ],
)
async def test_names_that_nobody_gets(tmp_path: Path, address: str, said: str) -> None:
    async with served(tmp_path) as house:
        await opened(house, "approved")
        stranger = await house.browser()
        answer = await stranger.ask("POST", "sign-up", wanted(address))
        assert answer.status_code == 422
        assert said in answer.json()["detail"]


async def test_not_too_many_ask(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        await opened(house, "approved")
        stranger = await house.browser()
        codes = [
            (await stranger.ask("POST", "sign-up", wanted(f"a{nth}@example.org"))).status_code
            for nth in range(4)
        ]
        assert codes == [202, 202, 202, 429]


async def test_a_weak_password_is_none(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        await opened(house, "approved")
        stranger = await house.browser()
        answer = await stranger.ask("POST", "sign-up", wanted() | {"password": "password1"})
        assert (answer.status_code, "easy to guess" in answer.json()["detail"]) == (422, True)


async def test_who_administers_another_domain_sees_none_of_it(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        mia = await opened(house, "invited")
        await mia.ask("POST", "domains", {"name": "club.example"})
        await mia.ask("PATCH", "users/tom@example.org", {"admin_domains": ["club.example"]})
        made = (await mia.ask("POST", "invitations", {"to": "example.org"})).json()["invitation"]
        tom = await house.browser()
        await tom.sign_in("tom@example.org")
        assert (await tom.ask("GET", "invitations")).json()["items"] == []
        assert (await tom.ask("POST", "invitations", {"to": "example.org"})).status_code == 404
        assert (await tom.ask("DELETE", f"invitations/{made['id']}")).status_code == 404
        assert (await tom.ask("POST", "invitations", {"to": "club.example"})).status_code == 201

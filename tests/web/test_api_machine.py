"""The settings of the machine on the pages: listed with their help, changed all or none, and never where files lie."""

from pathlib import Path
from typing import Any

import pytest

from hawknest import config
from hawknest.accounts import users
from hawknest.config import Listener
from web.pages import Browser, House, served


async def administrator(house: House) -> Browser:
    await house.write(lambda c: users.change(c, "mia@example.org", admin=True))
    file = house.nest.config.file
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(config.render(house.nest.config.contents))
    mia = await house.browser()
    await mia.sign_in("mia@example.org")
    return mia


async def test_listed_and_changed(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        mia = await administrator(house)
        items = {one["name"]: one for one in (await mia.ask("GET", "machine")).json()["items"]}
        assert items["log.days"] == {
            "name": "log.days",
            "value": 30,
            "default": 30,
            "help": "Days until a log file is removed.",
            "kind": "int",
            "least": 1,
            "most": 36500,
        }
        assert items["log.categories.smtp"]["value"] is True
        assert items["dns.resolvers"]["kind"] == "list"
        hidden = ("user", "database.url", "log.directory", "tls.key", "workers", "letters.inline")
        assert not items.keys() & set(hidden)
        wanted = {"log.days": 7, "log.categories.pop3": False, "dns.resolvers": ["127.0.0.1:5353"]}
        answer = await mia.ask("PATCH", "machine", wanted)
        assert answer.status_code == 200
        changed = {one["name"]: one["value"] for one in answer.json()["items"]}
        assert {name: changed[name] for name in wanted} == wanted
        assert "days = 7" in house.nest.config.file.read_text()
        back = (await mia.ask("PATCH", "machine", {"log.days": None})).json()["items"]
        assert next(one["value"] for one in back if one["name"] == "log.days") == 30
        assert "machine.change" in (await mia.ask("GET", "audit")).text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("log.days", 0, "log.days"),
        ("log.days", "soon", "log.days"),
        ("log.level", "loud", "log.level"),
        ("dns.resolvers", ["nonsense"], "resolvers"),
        ("hostname", None, "must say something"),
        ("hostname", "", "hostname"),
        ("log.directory", "/etc", "no setting log.directory"),  # PARITY N14
        ("database.url", "postgresql://x", "no setting"),
        ("listener.1.port", 25, "no setting"),
        ("../../etc", "x", "no setting"),
    ],
)
async def test_what_cannot_be(tmp_path: Path, name: str, value: Any, said: str) -> None:
    async with served(tmp_path) as house:
        mia = await administrator(house)
        before = house.nest.config.file.read_text()
        answer = await mia.ask("PATCH", "machine", {"log.megabytes": 5, name: value})
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
        assert house.nest.config.file.read_text() == before


async def test_for_administrators_of_everything_alone(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        tom = await house.browser()
        assert (await tom.ask("GET", "machine")).status_code == 401
        await tom.sign_in("tom@example.org")
        assert (await tom.ask("GET", "machine")).status_code == 404


async def test_not_where_the_nest_is_not_administered(tmp_path: Path) -> None:
    async with served(tmp_path, admin=False) as house:
        mia = await administrator(house)
        assert (await mia.ask("GET", "machine")).status_code == 404


def test_a_listener_for_administration_is_one_that_says_so() -> None:
    assert not Listener(service="https").admin


async def test_new_versions_are_not_looked_for_unless_that_is_wanted(tmp_path: Path) -> None:
    """PARITY 6: off from the start, and the page's button does nothing then."""
    async with served(tmp_path) as house:
        mia = await administrator(house)
        standing = (await mia.ask("GET", "update")).json()
        assert (standing["enabled"], standing["named"], standing["newer"]) == (False, False, [])
        answer = await mia.ask("POST", "update/check")
        assert (answer.status_code, "update_check" in answer.json()["detail"]) == (422, True)
        await mia.ask("PATCH", "policies", {"update_check": True})
        standing = (await mia.ask("POST", "update/check")).json()
        assert "[updates]" in standing["error"]

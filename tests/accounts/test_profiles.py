"""Profiles: what each says, what it leaves alone, and that the owner's page says the same."""

import re
from pathlib import Path

import pytest
from people import NOW

from hawknest.accounts import exempt, profiles
from hawknest.accounts.profiles import GUARDS, PROFILES, Profile
from hawknest.accounts.settings import Policies, policies, set_policy
from hawknest.store import Connection

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"


def test_a_new_nest_has_what_is_recommended(connection: Connection) -> None:
    assert profiles.active(policies(connection)) is Profile.RECOMMENDED
    assert profiles.weaker(policies(connection)) == []


def test_the_profile_of_old_and_back(connection: Connection) -> None:
    set_policy(connection, "queue_days", "2")
    set_policy(connection, "clear_login", "on")
    found = profiles.apply(connection, Profile.ORIGINAL)
    assert (found.send_to_internet, found.sender_policy, found.message_size_limit) == (
        True,
        False,
        5 * 1024 * 1024,
    )
    assert profiles.active(found) is Profile.ORIGINAL
    assert profiles.weaker(found) == ["sender_policy", "clear_login"]
    assert profiles.apply(connection, Profile.RECOMMENDED) == Policies(queue_days=2.0)
    set_policy(connection, "message_size_limit", "7M")
    assert profiles.active(policies(connection)) is None


@pytest.mark.parametrize("name", GUARDS)
def test_each_weaker_mode_is_named_while_it_is_on(connection: Connection, name: str) -> None:
    set_policy(connection, name, "off" if getattr(Policies(), name) else "on")
    found = profiles.standing(connection, NOW, [])
    assert (found["profile"], found["weaker"]) == ("own", [name])


def test_exempt_addresses_are_named_until_they_end(connection: Connection) -> None:
    """PARITY 59, 61."""
    exempt.add(connection, "127.0.0.1", expires_at=NOW)
    exempt.add(connection, "192.168.1.*", expires_at=NOW + 1)
    found = profiles.standing(connection, NOW, ["192.168.1.1"])
    assert found["exempt"] == [{"addresses": "192.168.1.*", "until": NOW + 1}]
    assert found["routers_not_exempt"] == ["192.168.1.1"]


def test_the_page_for_owners_lists_what_the_profiles_say() -> None:
    """PARITY 27: what the preset does equals the documented list."""
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+?) \| ([^|]+?) \| ([^|]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert {name: (recommended, original) for name, recommended, original, _ in rows} == {
        name: (_words(value), _words(PROFILES[Profile.ORIGINAL].get(name)))
        for name, value in PROFILES[Profile.RECOMMENDED].items()
    }


def _words(value: object) -> str:
    match value:
        case None:
            return "as it is"
        case bool():
            return "on" if value else "off"
        case _:
            assert isinstance(value, int)
            return f"{value >> 20}M"

"""Policies that belong together, by one word; and what makes this server weaker than it could be, by name.

`original` is the profile of the system that Hawknest descends from, as far as it is safe: no switch of it lets a stranger send.
`recommended` is what the page about that system advised, in its safe form; it is also what a new nest has.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from hawknest.accounts import exempt, settings
from hawknest.accounts.settings import Policies
from hawknest.store import Connection


class Profile(StrEnum):
    """A set of policies."""

    RECOMMENDED = "recommended"
    ORIGINAL = "original"


#: What each profile says; other policies it leaves alone.
PROFILES: Final[dict[Profile, dict[str, Any]]] = {
    Profile.RECOMMENDED: {
        "send_to_internet": True,
        "sender_policy": True,
        "message_size_limit": 50 * 1024 * 1024,
        "pop_before_smtp": False,
        "cram_md5": False,
        "clear_login": False,
        "mend_newlines": False,
    },
    Profile.ORIGINAL: {
        "send_to_internet": True,
        "sender_policy": False,
        "message_size_limit": 5 * 1024 * 1024,
    },
}
#: Policies that weaken the server where they are not what is recommended.
GUARDS: Final = ("sender_policy", "pop_before_smtp", "cram_md5", "clear_login", "mend_newlines")


def apply(connection: Connection, profile: Profile) -> Policies:
    """Set the policies of a profile, and leave the others as they are."""
    return settings.set_values(connection, PROFILES[profile])


def active(policies: Policies) -> Profile | None:
    """Tell which profile holds; None: the owner's own choice."""
    return next((profile for profile, values in PROFILES.items() if holds(policies, values)), None)


def holds(policies: Policies, values: Mapping[str, Any]) -> bool:
    """Tell whether policies are as a profile says."""
    return all(getattr(policies, name) == value for name, value in values.items())


def weaker(policies: Policies) -> list[str]:
    """Name the policies that make the server weaker than is recommended."""
    recommended = PROFILES[Profile.RECOMMENDED]
    return [name for name in GUARDS if getattr(policies, name) != recommended[name]]


def standing(connection: Connection, now: float, gateways: Collection[str]) -> dict[str, Any]:
    """Tell what `status` shows of this.

    That is the profile, whether letters are taken in, what makes the server weaker, the exempt addresses, and the routers among them that are not exempt by
    that; `now` is in seconds since the epoch, `gateways` are the routers of this machine.
    """
    policies, entries = settings.policies(connection), exempt.active(connection, now)
    return {
        "profile": str(active(policies) or "own"),
        "receiving": "on" if policies.receive else "suspended",
        "weaker": weaker(policies),
        "exempt": [{"addresses": entry.spec, "until": entry.expires_at} for entry in entries],
        "routers_not_exempt": exempt.hidden_in(entries, gateways),
    }

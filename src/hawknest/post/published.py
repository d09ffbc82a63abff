"""How the house stands with being found, for the status and the pages: its address, and the zones that it keeps in step."""

from typing import Any

from hawknest.accounts import address, publishing
from hawknest.accounts.address import Source
from hawknest.store import Connection


def standing(connection: Connection) -> dict[str, Any]:
    """Tell it as data: `address` where one is followed, `publishing` where domains are published."""
    told: dict[str, Any] = {}
    if (kept := address.standing(connection)).source is not Source.OFF:
        told["address"] = {
            "source": str(kept.source),
            "addresses": list(kept.known),
            "since": kept.known_since,
            "problem": kept.problem,
            "provider": kept.provider.host if kept.provider else "",
            "provider_problem": kept.refused,
        }
    if found := publishing.listing(connection):
        told["publishing"] = [
            {
                "domain": one.domain,
                "zone": one.zone.name,
                "looked_at": one.looked_at,
                "problem": one.problem,
                "conflicts": one.conflicts,
            }
            for one in found
        ]
    return told

"""Refusals of the API: one value, one form on the wire. RFC 9457.

A handler refuses by raising `Problem`; an `AccountError` becomes one by itself, with its own words.
"""

from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.responses import Response

MEDIA: Final = "application/problem+json"


@dataclass(slots=True, eq=False)
class Problem(Exception):
    """A request that is refused. `detail` is for people; `field` names the member of the request that is at fault."""

    status: int
    title: str
    detail: str
    field: str | None = None
    headers: dict[str, str] | None = None

    def response(self) -> Response:
        """Write it down (RFC 9457 §3)."""
        members: dict[str, object] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.field is not None:
            members["field"] = self.field
        return Response(
            msgspec.json.encode(members),
            self.status,
            {"cache-control": "no-store"} | (self.headers or {}),
            MEDIA,
        )


def not_found() -> Problem:
    """Nothing is here, or nothing that may be seen."""
    return Problem(404, "Not found", "There is nothing at this address")


def unauthorized() -> Problem:
    """Nobody is signed in (RFC 9110 §15.5.2)."""
    challenge = {"www-authenticate": 'Bearer realm="hawknest"'}
    return Problem(401, "Not signed in", "Please sign in first", headers=challenge)


def forbidden(detail: str) -> Problem:
    """Somebody is signed in and may not do this."""
    return Problem(403, "Not allowed", detail)


def refused(detail: str, field: str | None = None) -> Problem:
    """What was asked for is understood and cannot be done."""
    return Problem(422, "Not possible", detail, field)

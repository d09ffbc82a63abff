"""What the API is made of: one row a route, a question, an answer.

From the rows come the routing, the checks before a handler, the tests that sweep all routes, and the description of the
API: nothing is typed twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hawknest.accounts.sessions import Bearer, Session
from hawknest.doors.web.rooms import Rooms, Site, Who

BODY: Final = 256 * 1024  # octets of a request


class Need(Enum):
    """Who may ask."""

    NOBODY = auto()  # anybody at all
    USER = auto()  # who is signed in
    DOMAINS = auto()  # who administers something: the handler looks whether it is what is asked about
    ADMIN = auto()  # who administers the whole nest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request that may be answered."""

    rooms: Rooms
    site: Site
    who: Who
    session: Session | None  # of a browser, also one that still has to bring its second factor
    bearer: Bearer | None  # whose the session or token is
    path: Mapping[str, str]  # the parts of the path that the route names
    query: Mapping[str, str]
    body: Any  # of the type that the route names
    peer: str
    request: Request
    stopping: asyncio.Event  # the server is about to stop: answers without an end end now


Answer = Any  # a value that is written as JSON, None for no content, or a Response
Handler = Callable[[Ask], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the API."""

    method: str
    path: str  # with {name} for a part that is a value
    handler: Handler = field(repr=False)
    need: Need
    summary: str
    scope: str = ""  # of the API tokens that open it; '': none does, only a session
    body: type[Any] | None = None  # a Struct that comes as JSON; bytes: as it is
    media: str = "application/json"  # of the body
    limit: int = BODY  # octets of the body
    answer: Any = None  # the type of the answer, for the description
    query: Mapping[str, str] = field(default_factory=dict[str, str])  # parameters and what they mean
    foreign: bool = False  # programs that are no browsers of ours post here: no check for forged requests
    aside: bool = False  # no part of the API, and not in its description

    @property
    def administration(self) -> bool:
        """Whether it answers on listeners for administration alone."""
        return self.need in {Need.ADMIN, Need.DOMAINS}

    @property
    def changes(self) -> bool:
        """Whether asking can change something (RFC 9110 §9.2.1)."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Write a value as JSON."""
    kept = {"cache-control": "no-store"} | dict(headers or {})
    return Response(msgspec.json.encode(value, enc_hook=str), status, kept, "application/json")

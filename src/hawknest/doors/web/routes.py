"""The table of all routes, and the way from a request to its row.

The path is divided at its slashes before it is decoded, so that a slash inside a name (%2F) stays part of the name, and a part
is compared or taken as a value, never put together to a path again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from hawknest.doors.web import (
    api,
    describe,
    links,
    me,
    metrics,
    mykeys,
    second,
    setup,
    signin,
    signup,
    wellknown,
)
from hawknest.doors.web.errors import Problem, not_found
from hawknest.doors.web.route import Route

#: Every route there is.
ROUTES: Final[tuple[Route, ...]] = (
    *signin.ROUTES,
    *second.ROUTES,
    *links.ROUTES,
    *signup.ROUTES,
    *me.ROUTES,
    *mykeys.ROUTES,
    *setup.ROUTES,
    *api.ROUTES,
    *metrics.ROUTES,
    *wellknown.ROUTES,
    *describe.rows(lambda: ROUTES),
)

LONGEST: Final = 2048  # octets of a path


@dataclass(slots=True)
class _Node:
    """A place that paths lead through."""

    named: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    any: "_Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict[str, Route])  # that end here, by method


class Table:
    """Routes, to be found by what was asked for."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for part in route.path.strip("/").split("/"):
                if part.startswith("{"):
                    node.any = node = node.any or _Node()
                else:
                    node = node.named.setdefault(part, _Node())
            assert route.method not in node.routes, route.path
            node.routes[route.method] = route

    def knows(self, path: bytes) -> bool:
        """Tell whether any method answers at a path."""
        return bool(self._routes(path))

    def find(self, method: str, path: bytes) -> tuple[Route, dict[str, str]]:
        """Find the route, and the values in the path; HEAD is GET without the answer's body. Raises Problem."""
        if len(path) > LONGEST:
            raise Problem(414, "Address too long", f"An address may have {LONGEST} octets")
        routes = self._routes(path)
        if not routes:
            raise not_found()
        route = routes.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed: list[str] = sorted(routes.keys() | ({"HEAD"} if "GET" in routes else set()))
            raise Problem(
                405, "Not here", f"{method} is not understood here", headers={"allow": ", ".join(allowed)}
            )
        names = route.path.strip("/").split("/")
        values = zip(names, parts(path), strict=True)
        return route, {name[1:-1]: value for name, value in values if name.startswith("{")}

    def _routes(self, path: bytes) -> dict[str, Route]:
        try:
            steps = list(parts(path))
        except UnicodeDecodeError:
            return {}
        node = self._root
        for step in steps:
            found = node.named.get(step) or node.any
            if found is None or not step or "\0" in step:
                return {}
            node = found
        return node.routes


def parts(path: bytes) -> Iterator[str]:
    """Divide a path as it came, and decode the parts. Raises UnicodeDecodeError."""
    for part in path.removeprefix(b"/").split(b"/"):
        yield unquote_to_bytes(part).decode()

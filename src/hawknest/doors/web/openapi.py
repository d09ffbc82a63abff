"""The description of the API, made of the table of routes and the types that they name. OpenAPI 3.1.

Nothing of it is written by hand: a route that is added is described, and what it takes and gives follows from its types.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hawknest import __version__
from hawknest.doors.web.api.changing import HEADER as IDEMPOTENCY
from hawknest.doors.web.api.changing import is_once
from hawknest.doors.web.route import Need, Route

_REF: Final = "#/components/schemas/{name}"
_PLACE: Final = re.compile(r"\{(\w+)\}")

_ABOUT: Final = (
    "Everything that the pages of Hawknest can do, for programs. Times are seconds since the epoch, sizes octets. "
    "A program shows an API token: `Authorization: Bearer hawknest-…`. A page sends the cookie of its session, and with "
    "whatever changes something the header `X-Hawknest: 1`. What is refused is answered with a problem (RFC 9457) whose "
    "`detail` is for people. Routes of the administration answer on listeners with `admin = true` alone."
)


class ProblemDetails(msgspec.Struct, kw_only=True):
    """Why something was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe routes."""
    told = [route for route in routes if not route.aside]
    types = [t for route in told for t in (_taken(route), route.answer) if t is not None]
    schemas, components = msgspec.json.schema_components([*types, ProblemDetails], ref_template=_REF)
    of = dict(zip(map(_key, [*types, ProblemDetails]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in told:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hawknest", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {"Problem": _problem(of[_key(ProblemDetails)])},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token, with scopes"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-hawknest"},
            },
        },
    }


def noun(route: Route) -> str:
    """The noun that a route is about, by which routes are put together."""
    parts = route.path.removeprefix("/api/v1/").strip("/").split("/")
    return parts[0].partition(".")[0]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a type."""

    name: str
    kind: str
    meaning: str
    needed: bool


def members(described: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Member]:
    """List the members of a type in a description; none where it has none."""
    found = _found(described, schema)
    needed = found.get("required", ())
    return [
        Member(name, kind_of(one), _meaning(described, one), name in needed)
        for name, one in found.get("properties", {}).items()
    ]


def kind_of(schema: Mapping[str, Any]) -> str:
    """Say what a value is, in a word."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(kind_of(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        items: Any = schema.get("items", {})
        return f"list of {kind_of(items)}" if items else "list"
    return str(schema.get("type", "anything"))


def _found(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The type that a reference means, or the schema itself."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return described["components"]["schemas"][name] if name else schema


def _meaning(described: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    return str(schema.get("description") or _found(described, schema).get("description", ""))


def _operation(route: Route, of: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PLACE.findall(route.path)
    ]
    parameters += [
        {"name": name, "in": "query", "description": words, "schema": {"type": "string"}}
        for name, words in route.query.items()
    ]
    if is_once(route.handler):
        parameters.append(
            {
                "name": IDEMPOTENCY,
                "in": "header",
                "description": "Sent again with the same key, it is not done again",
                "schema": {"type": "string", "maxLength": 200},
            }
        )
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.summary,
        "tags": [noun(route)],
        "parameters": parameters,
        "responses": _responses(route, of),
        "security": _security(route),
    }
    if route.need in {Need.ADMIN, Need.DOMAINS}:
        who = "the whole nest" if route.need is Need.ADMIN else "the nest or the domain in question"
        operation["description"] = f"For who administers {who}."
    if route.body is not None:
        kind = _taken(route)
        schema = {"type": "string", "format": "binary"} if kind is None else of[_key(kind)]
        operation["requestBody"] = {"required": True, "content": {route.media: {"schema": schema}}}
    return operation


def _responses(route: Route, of: Mapping[str, Any]) -> dict[str, Any]:
    if route.answer is None:
        done: dict[str, Any] = {"description": "It is done, or given in another form than JSON"}
        found = {"2XX": done}
    else:
        content = {"application/json": {"schema": of[_key(route.answer)]}}
        found = {"2XX": {"description": "It is done", "content": content}}
    return found | {"default": {"$ref": "#/components/responses/Problem"}}


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.need is Need.NOBODY:
        return []
    return [{"session": []}, *([{"token": [str(route.scope)]}] if route.scope else [])]


def _problem(schema: Any) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": schema}}
    return {"description": "It was refused, and why", "content": content}


def _taken(route: Route) -> Any:
    """The type of a request's body, where it is JSON."""
    return None if route.body is bytes else route.body


def _key(kind: Any) -> str:
    return repr(kind)


def _name(route: Route) -> str:
    """A name for an operation, that no other has."""
    path = _PLACE.sub(r"by-\1", route.path.removeprefix("/api/v1/").strip("/"))
    return "-".join([route.method.lower(), *re.split(r"[/.]", path)])

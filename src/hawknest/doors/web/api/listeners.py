"""Listeners by the API: where each service answers, changed in hawknest.toml and taken at once.

A change is made whole or not at all. Where a port is in use, the answer names the program that has it, and nothing is changed.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import note
from hawknest.doors.web.api.paging import Page, number
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, not_found, refused
from hawknest.doors.web.rooms import Entry
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.net import listen


class OneListener(msgspec.Struct, kw_only=True):
    """A listener."""

    name: Annotated[str, Meta(description="The service and the number of its entry in hawknest.toml")]
    service: str
    address: str
    port: Annotated[int, Meta(description="That is asked for; 0: any free one")]
    tls: Annotated[str, Meta(description="none, starttls or implicit")]
    enabled: Annotated[bool, Meta(description="Off keeps the entry and closes the port")]
    admin: Annotated[bool, Meta(description="For http and https: the nest can be administered here")]
    allow: Annotated[list[str], Meta(description="Networks that may connect; empty: everybody")]
    open: Annotated[bool, Meta(description="It is listened on now")]
    open_port: Annotated[int, Meta(description="On which port, also where any free one was asked for")]


class ListenerChange(Body):
    """What is to be different about a listener."""

    address: Annotated[str, Meta(max_length=60)] | UnsetType = UNSET
    port: Annotated[int, Meta(ge=0, le=65535)] | UnsetType = UNSET
    tls: Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    admin: bool | UnsetType = UNSET
    allow: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=100)] | UnsetType = UNSET


class ChangedListener(msgspec.Struct, kw_only=True):
    """A listener after a change, and what the server says of it: '' where it is done, else what needs a restart."""

    listener: OneListener
    said: str


class Port(msgspec.Struct, kw_only=True):
    """Whether a port can be listened on."""

    free: bool
    why: Annotated[str, Meta(description="Why not: the program that has it, by name")]
    proposal: Annotated[int, Meta(description="A port that is free; 0: none was found near")]


async def listing(ask: Ask) -> Page[OneListener]:
    """List the listeners."""
    found = [_shown(entry) for entry in ask.rooms.steward.house().listeners]
    return Page(items=found, total=len(found))


async def alter(ask: Ask) -> ChangedListener:
    """Change a listener."""
    entry, body = _entry(ask), ask.body
    wanted = {f: v for f in body.__struct_fields__ if (v := getattr(body, f)) is not UNSET}
    if _reached_by(ask, entry) and _goes(wanted):
        raise Problem(
            409,
            "You are here",
            "This is the listener that you reach this page by: use another one to change it",
            next(iter(wanted)),
        )
    before = msgspec.to_builtins(_shown(entry))
    changes = {f"listener.{entry.number}.{name}": _in_toml(value) for name, value in wanted.items()}
    said = await ask.rooms.steward.configure(changes) if changes else ""
    shown = _shown(_entry(ask))
    after = msgspec.to_builtins(shown)
    different = {name: after[name] for name in wanted if before[name] != after[name]}
    if different:
        await note(ask, "listener.change", shown.name, different)
    return ChangedListener(listener=shown, said=said)


async def act(ask: Ask) -> OneListener:
    """Open or close one listener, until the next start of the server."""
    entry, what = _entry(ask), ask.path["act"]
    if what not in {"start", "stop"}:
        raise not_found()
    if what == "stop" and _reached_by(ask, entry):
        raise Problem(409, "You are here", "This is the listener that you reach this page by")
    port = entry.open_port if what == "stop" and entry.open_port else entry.port
    await ask.rooms.steward.listener(entry.service, port, on=what == "start")
    shown = _shown(_entry(ask))
    await note(ask, f"listener.{what}", shown.name)
    return shown


async def examine(ask: Ask) -> Port:
    """Tell whether a port could be listened on, who has it, and one that is free."""
    address, port = ask.query.get("address", "127.0.0.1"), number(ask, "port", 0, 0, 65535)
    try:
        why = listen.obstacle(address, port)
    except ValueError:
        raise refused("that is not an IP address of this machine", "address") from None
    if not why:
        return Port(free=True, why="", proposal=port)
    near = [p for p in range(port + (8000 if port < 1024 else 1), port + 8050) if p <= 65535][:50]
    return Port(free=False, why=why, proposal=next((p for p in near if not listen.obstacle(address, p)), 0))


def _entry(ask: Ask) -> Entry:
    """Find the listener that a path names. Raises Problem."""
    for entry in ask.rooms.steward.house().listeners:
        if _name(entry) == ask.path["name"]:
            return entry
    raise not_found()


def _reached_by(ask: Ask, entry: Entry) -> bool:
    """Whether a request came by a listener."""
    server: tuple[str, int] | None = ask.request.scope["server"]
    return server is not None and entry.open_port == server[1] and entry.service == ask.site.service


def _goes(wanted: dict[str, Any]) -> bool:
    """Whether a change takes the page away from who makes it."""
    return (
        wanted.get("enabled") is False
        or wanted.get("admin") is False
        or bool({"address", "port", "tls", "allow"} & wanted.keys())
    )


def _in_toml(value: Any) -> str:
    """A value as `configure` takes it."""
    return msgspec.json.encode(value).decode()


def _name(entry: Entry) -> str:
    return f"{entry.service}-{entry.number}"


def _shown(entry: Entry) -> OneListener:
    return OneListener(
        name=_name(entry),
        service=entry.service,
        address=entry.address,
        port=entry.port,
        tls=entry.tls,
        enabled=entry.enabled,
        admin=entry.admin,
        allow=[*entry.allow],
        open=entry.open_port != 0,
        open_port=entry.open_port,
    )


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/listeners",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.LISTENERS,
        summary="List the listeners, and which ports are open",
        answer=Page[OneListener],
    ),
    Route(
        method="PATCH",
        path="/api/v1/listeners/{name}",
        handler=alter,
        need=Need.ADMIN,
        scope=Scope.LISTENERS_CHANGE,
        summary="Change a listener, at once; a port in use is named with its owner, and nothing is changed",
        body=ListenerChange,
        answer=ChangedListener,
    ),
    Route(
        method="POST",
        path="/api/v1/listeners/{name}/{act}",
        handler=act,
        need=Need.ADMIN,
        scope=Scope.SERVICE,
        summary="start or stop one listener, until the next start of the server",
        answer=OneListener,
    ),
    Route(
        method="GET",
        path="/api/v1/ports",
        handler=examine,
        need=Need.ADMIN,
        scope=Scope.LISTENERS,
        summary="Tell whether a port could be listened on, which program has it, and one that is free",
        answer=Port,
        query={"address": "Of this machine; 127.0.0.1 unless said", "port": "The port"},
    ),
)

"""The settings of this machine by the API: those of hawknest.toml that a page may change, each with its help."""

import asyncio
import contextlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hawknest.dns import AAAA, A, DnsError, Kind
from hawknest.doors.web.api.changing import note
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import refused
from hawknest.doors.web.rooms import MachineKey
from hawknest.doors.web.route import Ask, Need, Route

PATIENCE: Final = 3.0  # seconds for names to be found

Value = bool | int | float | str | list[str]


class Machine(msgspec.Struct, kw_only=True):
    """The settings, and what the server says of a change: '' where it is done, else what needs a restart."""

    items: list[MachineKey]
    said: str = ""
    hints: Annotated[list[str], Meta(description="What is allowed and probably not meant")] = []


async def listing(ask: Ask) -> Machine:
    """List the settings."""
    items = list(ask.rooms.steward.machine())
    return Machine(items=items, hints=await _hints(ask, items))


async def alter(ask: Ask) -> Machine:
    """Change settings, all or none; null takes one back to its default."""
    before = {key.name: key for key in ask.rooms.steward.machine()}
    changes: dict[str, str] = {}
    for name, value in ask.body.items():
        if name not in before:
            raise refused(f"there is no setting {name[:80]} that a page may change", name[:80])
        wanted = before[name].default if value is None else value
        if wanted is None:
            raise refused(f"{name} must say something", name)
        changes[name] = msgspec.json.encode(wanted).decode()
    said = await ask.rooms.steward.configure(changes) if changes else ""
    items = list(ask.rooms.steward.machine())
    different = {key.name: key.value for key in items if key.value != before[key.name].value}
    if different:
        await note(ask, "machine.change", ", ".join(sorted(different)), different)
    return Machine(items=items, said=said, hints=await _hints(ask, items))


async def _hints(ask: Ask, items: list[MachineKey]) -> list[str]:
    """Say what is allowed and probably not meant."""
    values: dict[str, Any] = {key.name: key.value for key in items}
    resolvers: list[str] = values.get("dns.resolvers", [])
    if not resolvers:
        return []
    own = {*await _addresses(ask, A), *await _addresses(ask, AAAA)}
    return [
        f"{resolver} is the address of this server itself, which changes with some providers, and no resolver of theirs: name "
        "your router's or your provider's"
        for resolver in resolvers
        if resolver in own
    ]


async def _addresses(ask: Ask, kind: Kind[Any]) -> list[str]:
    """Find the addresses that others know this server by."""
    with contextlib.suppress(DnsError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            found = await ask.rooms.resolver.ask(ask.rooms.steward.house().hostname, kind)
            return [str(address) for address in found.records]
    return []


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/machine",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.POLICIES,
        summary="List the settings of this machine that a page may change, each with its help, kind, default and value",
        answer=Machine,
    ),
    Route(
        method="PATCH",
        path="/api/v1/machine",
        handler=alter,
        need=Need.ADMIN,
        scope=Scope.POLICIES_CHANGE,
        summary="Change settings of this machine by their names, all or none; null takes one back to its default",
        body=dict[str, Value | None],
        answer=Machine,
    ),
)

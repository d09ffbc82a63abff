"""What is written into the log, by the API: categories, level, conversations, and how long and how much is kept."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import note
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.log import CATEGORIES, Level

MEGABYTE: Final = 1_000_000  # octets


class LogSettings(msgspec.Struct, kw_only=True):
    """What is written, and how long it is kept."""

    categories: list[str]
    level: Annotated[str, Meta(description=f"The least that is written: {', '.join(Level)}")]
    conversations: Annotated[bool, Meta(description="Every line that is said, without passwords and letters")]
    days: Annotated[int, Meta(description="Until a file is removed")]
    octets: Annotated[int, Meta(description="Room for all files together; the oldest go first")]
    known: Annotated[list[str], Meta(description="All categories that there are")]


class LogChange(Body):
    """What is to be different about the log; what is not named stays."""

    categories: Annotated[tuple[str, ...], Meta(max_length=50)] | UnsetType = UNSET
    level: str | UnsetType = UNSET
    conversations: bool | UnsetType = UNSET
    days: Annotated[int, Meta(ge=1, le=36500)] | UnsetType = UNSET
    octets: Annotated[int, Meta(ge=MEGABYTE, le=1 << 50)] | UnsetType = UNSET


async def look(ask: Ask) -> LogSettings:
    """Tell what is written."""
    return _settings(ask)


async def alter(ask: Ask) -> LogSettings:
    """Change what is written, at once."""
    body: LogChange = ask.body
    wanted: dict[str, Any] = {}
    if body.categories is not UNSET:
        if unknown := set(body.categories) - set(CATEGORIES):
            raise refused(
                f"there is no category {min(unknown)[:40]}; there are {', '.join(CATEGORIES)}", "categories"
            )
        wanted |= {f"log.categories.{name}": name in body.categories for name in CATEGORIES}
    if body.level is not UNSET:
        if body.level not in list(Level):
            raise refused(f"level must be one of {', '.join(Level)}", "level")
        wanted["log.level"] = body.level
    if body.conversations is not UNSET:
        wanted["log.conversations"] = body.conversations
    if body.days is not UNSET:
        wanted["log.days"] = body.days
    if body.octets is not UNSET:
        wanted["log.megabytes"] = body.octets // MEGABYTE
    now = _values(ask)
    different = {name: value for name, value in wanted.items() if now[name] != value}
    if different:
        await ask.rooms.steward.configure(
            {name: msgspec.json.encode(value).decode() for name, value in different.items()}
        )
        await note(ask, "log.change", ", ".join(sorted(different)), different)
    return _settings(ask)


def _values(ask: Ask) -> dict[str, Any]:
    return {key.name: key.value for key in ask.rooms.steward.machine()}


def _settings(ask: Ask) -> LogSettings:
    values = _values(ask)
    return LogSettings(
        categories=[name for name in CATEGORIES if values[f"log.categories.{name}"]],
        level=str(values["log.level"]),
        conversations=values["log.conversations"],
        days=values["log.days"],
        octets=values["log.megabytes"] * MEGABYTE,
        known=[*CATEGORIES],
    )


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/log/settings",
        handler=look,
        need=Need.ADMIN,
        scope=Scope.POLICIES,
        summary="What is written into the log, and how long it is kept",
        answer=LogSettings,
    ),
    Route(
        method="PATCH",
        path="/api/v1/log/settings",
        handler=alter,
        need=Need.ADMIN,
        scope=Scope.POLICIES_CHANGE,
        summary="Change what is written into the log, at once",
        body=LogChange,
        answer=LogSettings,
    ),
)

"""Policies by the API: what the owner decided, each with its help, its kind and its default; and the profiles of them."""

from functools import partial
from typing import Annotated, Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Meta

from hawknest.accounts import profiles, settings
from hawknest.accounts.profiles import PROFILES, Profile
from hawknest.accounts.settings import Policies
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found, refused
from hawknest.doors.web.members import field_of
from hawknest.doors.web.route import Ask, Need, Route


class Policy(msgspec.Struct, kw_only=True):
    """A policy."""

    name: str
    help: str
    kind: Annotated[str, Meta(description="bool, int, float or str")]
    default: Any
    value: Any
    least: float | None = None
    most: float | None = None
    weaker: Annotated[bool, Meta(description="Its value makes the server weaker than is recommended")] = False


class ProfilesStanding(msgspec.Struct, kw_only=True):
    """Which profile holds, what is weaker than is recommended, and what each profile says."""

    active: Annotated[str, Meta(description="recommended, original, or own: the owner's own choice")]
    weaker: list[str]
    profiles: dict[str, dict[str, Any]]


async def listing(ask: Ask) -> Page[Policy]:
    """List the policies."""
    return _page(await ask.rooms.store.read(settings.policies))


async def alter(ask: Ask) -> Page[Policy]:
    """Change policies, at once; null takes one back to its default."""
    usual = Policies()
    wanted: dict[str, Any] = {}
    for name, value in ask.body.items():
        if name not in Policies.__struct_fields__:
            raise refused(f"there is no policy {name[:80]}", name[:80])
        wanted[name] = getattr(usual, name) if value is None else value
    try:
        msgspec.convert(wanted, Policies)
    except msgspec.ValidationError as error:
        field, words = field_of(error)
        raise refused(words, field) from None
    changed = await change(
        ask,
        "policy.change",
        ", ".join(sorted(wanted)),
        partial(settings.set_values, values=wanted),
        settings.policies,
    )
    return _page(changed)


async def show_profiles(ask: Ask) -> ProfilesStanding:
    """Tell which profile holds."""
    return _standing(await ask.rooms.store.read(settings.policies))


async def apply(ask: Ask) -> ProfilesStanding:
    """Set the policies of a profile, and leave the others as they are."""
    try:
        profile = Profile(ask.path["name"])
    except ValueError:
        raise not_found() from None
    job = partial(profiles.apply, profile=profile)
    return _standing(await change(ask, "policy.profile", str(profile), job, settings.policies))


def _standing(policies: Policies) -> ProfilesStanding:
    return ProfilesStanding(
        active=str(profiles.active(policies) or "own"),
        weaker=profiles.weaker(policies),
        profiles={str(name): dict(values) for name, values in PROFILES.items()},
    )


def _page(policies: Policies) -> Page[Policy]:
    usual, weaker = Policies(), profiles.weaker(policies)
    hints = get_type_hints(Policies, include_extras=True)
    items: list[Policy] = []
    for name in Policies.__struct_fields__:
        meta = next(note for note in get_args(hints[name]) if isinstance(note, Meta))
        items.append(
            Policy(
                name=name,
                help=meta.description or "",
                kind=type(getattr(usual, name)).__name__,
                default=getattr(usual, name),
                value=getattr(policies, name),
                least=meta.ge if meta.ge is not None else meta.gt,
                most=meta.le if meta.le is not None else meta.lt,
                weaker=name in weaker,
            )
        )
    return Page(items=items, total=len(items))


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/policies",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.POLICIES,
        summary="List the policies, each with its help, kind, default and value",
        answer=Page[Policy],
    ),
    Route(
        method="PATCH",
        path="/api/v1/policies",
        handler=alter,
        need=Need.ADMIN,
        scope=Scope.POLICIES_CHANGE,
        summary="Change policies by their names, at once; null takes one back to its default",
        body=dict[str, bool | int | float | str | None],
        answer=Page[Policy],
    ),
    Route(
        method="GET",
        path="/api/v1/profiles",
        handler=show_profiles,
        need=Need.ADMIN,
        scope=Scope.POLICIES,
        summary="Tell which profile of policies holds, and what is weaker than is recommended",
        answer=ProfilesStanding,
    ),
    Route(
        method="POST",
        path="/api/v1/profiles/{name}",
        handler=apply,
        need=Need.ADMIN,
        scope=Scope.POLICIES_CHANGE,
        summary="Set the policies of a profile: recommended or original",
        answer=ProfilesStanding,
    ),
)

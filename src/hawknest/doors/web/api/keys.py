"""The keys that a domain's letters are signed with, by the API: how each stands, the record to enter, new ones."""

from functools import partial
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hawknest.accounts import dkim_keys, domains
from hawknest.accounts.dkim_keys import OVERLAP, Key, State
from hawknest.doors.web.api import rights
from hawknest.doors.web.api.changing import note
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route


class SigningKey(msgspec.Struct, kw_only=True):
    """A key; its secret never leaves the server."""

    selector: str
    algorithm: Annotated[str, Meta(description="rsa-sha256 or ed25519-sha256")]
    state: Annotated[
        str,
        Meta(
            description="new: it signs as soon as the DNS has it; active: it signs; retiring: it signs no more, and its record stays until "
            "`leaves_at`; retired: the record can be taken out"
        ),
    ]
    missing: Annotated[bool, Meta(description="Whether the DNS was asked and has not got it")]
    name: Annotated[str, Meta(description="Where the TXT record belongs")]
    record: Annotated[str, Meta(description="The text of the record")]
    created_at: float
    since: Annotated[float, Meta(description="When it came into its state")]
    looked_at: Annotated[float | None, Meta(description="When the DNS last answered about it")]
    seen_at: Annotated[float | None, Meta(description="When it was last found there")]
    leaves_at: Annotated[float | None, Meta(description="Until when a retiring key stays in the DNS")]


async def listing(ask: Ask) -> Page[SigningKey]:
    """List the keys of a domain, retired ones too, the oldest first."""
    return await _shown(ask, await _domain(ask))


async def rotate(ask: Ask) -> Page[SigningKey]:
    """Make new keys, unless new ones wait already for the DNS to have them."""
    domain = await _domain(ask)
    added = await ask.rooms.keysmith.rotate(domain)
    await note(ask, "domain.keys", domain, {"made": [key.selector for key in added]})
    return await _shown(ask, domain)


async def look(ask: Ask) -> Page[SigningKey]:
    """Ask the DNS for the keys now, and begin to sign with those that it has."""
    domain = await _domain(ask)
    found = await ask.rooms.store.read(partial(dkim_keys.listing, domain=domain))
    await ask.rooms.keysmith.look([key for key in found if key.state is not State.RETIRED])
    return await _shown(ask, domain)


async def _domain(ask: Ask) -> str:
    """The domain that is meant, with keys where it had none yet. Raises AccountError, Problem."""
    name = rights.over_domain(ask, ask.path["name"])
    domain = (await ask.rooms.store.read(partial(domains.get, text=name))).name
    await ask.rooms.keysmith.complete()
    return domain


async def _shown(ask: Ask, domain: str) -> Page[SigningKey]:
    found = await ask.rooms.store.read(partial(dkim_keys.listing, domain=domain))
    return Page(items=[_one(key) for key in found], total=len(found))


def _one(key: Key) -> SigningKey:
    return SigningKey(
        selector=key.selector,
        algorithm=key.algorithm.value,
        state=key.state.value,
        missing=key.missing,
        name=key.name,
        record=key.record,
        created_at=key.created_at,
        since=key.since,
        looked_at=key.looked_at,
        seen_at=key.seen_at,
        leaves_at=key.since + OVERLAP if key.state is State.RETIRING else None,
    )


_KEYS: Final = "/api/v1/domains/{name}/keys"
ROUTES: Final = (
    Route(
        method="GET",
        path=_KEYS,
        handler=listing,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="List the keys that a domain's letters are signed with (DKIM), with the records to enter",
        answer=Page[SigningKey],
    ),
    Route(
        method="POST",
        path=f"{_KEYS}/rotate",
        handler=rotate,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS_CHANGE,
        summary="Make new keys for a domain; they take over when the DNS has them",
        answer=Page[SigningKey],
    ),
    Route(
        method="POST",
        path=f"{_KEYS}/look",
        handler=look,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS_CHANGE,
        summary="Ask the DNS now for a domain's keys, and sign with those that it has",
        answer=Page[SigningKey],
    ),
)

"""API tokens by the API: who is signed in makes them, and no token makes another."""

from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hawknest.accounts import apitokens
from hawknest.accounts.apitokens import Token
from hawknest.accounts.errors import AccountError
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.scopes import SCOPES
from hawknest.doors.web.errors import not_found, refused
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.store import Connection


class NewToken(Body):
    """A token to be."""

    label: str
    scopes: Annotated[tuple[str, ...], Meta(max_length=100, description="What it may do: see the routes")]
    expires_at: Annotated[float | None, Meta(description="When it ends; null: never")] = None


class MadeToken(msgspec.Struct, kw_only=True):
    """A token, with its secret, shown once."""

    token: Token
    secret: str


class Tokens(msgspec.Struct, kw_only=True):
    """The tokens that there are, and the scopes that a new one can have."""

    items: list[Token]
    scopes: list[str]


async def listing(ask: Ask) -> Tokens:
    """List one's own tokens."""
    found = await ask.rooms.store.read(partial(apitokens.listing, account_id=ask.who.account_id))
    return Tokens(items=found, scopes=sorted(SCOPES))


@once
async def add(ask: Ask) -> Any:
    """Make a token."""
    body: NewToken = ask.body
    if unknown := set(body.scopes) - SCOPES:
        raise refused(f"there is no scope {min(unknown)[:40]}", "scopes")

    def job(connection: Connection) -> tuple[Token, str]:
        there = apitokens.listing(connection, ask.who.account_id)
        if any(token.label == body.label.strip() for token in there):
            raise AccountError(f"there is a token {body.label.strip()[:64]} already")
        return apitokens.add(
            connection,
            ask.who.account_id,
            label=body.label,
            scopes=body.scopes,
            expires_at=body.expires_at,
            now=ask.rooms.clock(),
        )

    token, secret = await change(ask, "token.add", f"{body.label[:100]}: {' '.join(body.scopes)}"[:300], job)
    return reply(MadeToken(token=token, secret=secret), 201)


async def remove(ask: Ask) -> None:
    """Take a token back; it opens nothing any more."""
    token = ask.path["id"]
    there = await ask.rooms.store.read(partial(apitokens.listing, account_id=ask.who.account_id))
    label = next((one.label for one in there if one.id == token), None)
    if label is None:
        raise not_found()
    job = partial(apitokens.remove, account_id=ask.who.account_id, token_id=token)
    await change(ask, "token.remove", label, job)


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/tokens",
        handler=listing,
        need=Need.DOMAINS,
        summary="List your tokens, and the scopes that there are",
        answer=Tokens,
    ),
    Route(
        method="POST",
        path="/api/v1/tokens",
        handler=add,
        need=Need.DOMAINS,
        summary="Make a token for a program: with scopes, and until a time; its secret is shown once",
        body=NewToken,
        answer=MadeToken,
    ),
    Route(
        method="DELETE",
        path="/api/v1/tokens/{id}",
        handler=remove,
        need=Need.DOMAINS,
        summary="Take a token back; it opens nothing any more",
    ),
)

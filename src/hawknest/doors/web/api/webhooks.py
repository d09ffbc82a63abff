"""Webhooks by the API: which programs are told of what happens."""

from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hawknest.accounts.errors import AccountError
from hawknest.doors.web.api import paging
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.post import webhooks
from hawknest.post.webhooks import EVENTS, Webhook
from hawknest.store import Connection

Events = Annotated[tuple[str, ...], Meta(max_length=20, description=f"Of {', '.join(EVENTS)}")]


class NewWebhook(Body):
    """A webhook to be."""

    url: str
    events: Events = EVENTS
    private: Annotated[
        bool, Meta(description="It is on this machine or in its network, and may do without TLS")
    ] = False


class WebhookChange(Body):
    """What is to be different about a webhook; what is null stays."""

    url: str | None = None
    events: Events | None = None
    active: bool | None = None
    private: bool | None = None
    new_secret: Annotated[bool, Meta(description="Make another secret, and show it once")] = False


class MadeWebhook(msgspec.Struct, kw_only=True):
    """A webhook, with the secret that signs what it is told where that is new."""

    webhook: Webhook
    secret: str | None = None


async def listing(ask: Ask) -> Page[Webhook]:
    """List the webhooks."""
    return paging.cut(await ask.rooms.store.read(webhooks.listing), ask)


@once
async def add(ask: Ask) -> Any:
    """Add a webhook."""
    body: NewWebhook = ask.body
    job = partial(webhooks.add, url=body.url, events=body.events, now=ask.rooms.clock(), private=body.private)
    made, secret = await change(ask, "webhook.add", body.url[:300], job)
    return reply(MadeWebhook(webhook=made, secret=secret), 201)


async def alter(ask: Ask) -> MadeWebhook:
    """Change a webhook, or its secret."""
    number, body = await _number(ask), ask.body

    def job(connection: Connection) -> MadeWebhook:
        hook = webhooks.change(
            connection,
            number,
            url=body.url,
            events=body.events,
            active=body.active,
            private=body.private,
        )
        secret = webhooks.renew_secret(connection, number) if body.new_secret else None
        return MadeWebhook(webhook=hook, secret=secret)

    made = await change(ask, "webhook.change", ask.path["id"], job, partial(webhooks.get, webhook_id=number))
    ask.rooms.hooks.poke()
    return made


async def remove(ask: Ask) -> None:
    """Remove a webhook."""
    number = await _number(ask)
    get = partial(webhooks.get, webhook_id=number)
    await change(ask, "webhook.remove", ask.path["id"], partial(webhooks.remove, webhook_id=number), get)


async def _number(ask: Ask) -> int:
    """Find the webhook that a path names. Raises Problem, StoreError."""
    text = ask.path["id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise not_found()
    try:
        await ask.rooms.store.read(partial(webhooks.get, webhook_id=int(text)))
    except AccountError:
        raise not_found() from None
    return int(text)


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/webhooks",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.WEBHOOKS,
        summary="List webhooks, with what each still waits for and its last answer",
        answer=Page[Webhook],
        query=paging.PARAMETERS,
    ),
    Route(
        method="POST",
        path="/api/v1/webhooks",
        handler=add,
        need=Need.ADMIN,
        scope=Scope.WEBHOOKS_CHANGE,
        summary="Add a webhook; the secret that signs what it is told is shown once",
        body=NewWebhook,
        answer=MadeWebhook,
    ),
    Route(
        method="PATCH",
        path="/api/v1/webhooks/{id}",
        handler=alter,
        need=Need.ADMIN,
        scope=Scope.WEBHOOKS_CHANGE,
        summary="Change a webhook, or its secret",
        body=WebhookChange,
        answer=MadeWebhook,
    ),
    Route(
        method="DELETE",
        path="/api/v1/webhooks/{id}",
        handler=remove,
        need=Need.ADMIN,
        scope=Scope.WEBHOOKS_CHANGE,
        summary="Remove a webhook, with all that it was still to be told",
    ),
)

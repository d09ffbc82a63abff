"""Invitations by the API: who may make an account without asking."""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hawknest.accounts import invitations, signup
from hawknest.accounts.errors import AccountError
from hawknest.accounts.invitations import Invitation
from hawknest.accounts.signup import Mode
from hawknest.doors.web import reach
from hawknest.doors.web.api import paging, rights
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found
from hawknest.doors.web.qr import picture
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.store import Connection


class NewInvitation(Body):
    """An invitation to be."""

    to: Annotated[str, Meta(description="A domain, or one address of it")]
    days: float = invitations.DAYS
    count: Annotated[int, Meta(description="Accounts that it is good for")] = 1
    note: str = ""


class Given(msgspec.Struct, kw_only=True):
    """An invitation, with the secret of its link, shown once."""

    invitation: Invitation
    secret: str
    link: Annotated[str, Meta(description="The path of the page, with the secret behind its #")]
    page: Annotated[str, Meta(description="The whole address to pass on")]
    svg: Annotated[str, Meta(description="The same as a QR code")]


async def listing(ask: Ask) -> Page[Invitation]:
    """List the invitations that are good."""
    found = await ask.rooms.store.read(lambda c: invitations.listing(c, ask.rooms.clock()))
    return paging.cut([one for one in found if ask.who.administers(one.domain)], ask)


@once
async def add(ask: Ask) -> Any:
    """Make an invitation, and show its secret once."""
    body: NewInvitation = ask.body
    to = rights.over_address(ask, body.to) if "@" in body.to else rights.over_domain(ask, body.to)

    def job(connection: Connection) -> tuple[Invitation, str]:
        if signup.mode(connection) is Mode.OFF:
            raise AccountError("nobody makes an account for oneself here: set the policy sign_up first")
        if "@" in to:
            signup.checked(connection, to)
        return invitations.add(
            connection,
            to,
            by=ask.who.address,
            now=ask.rooms.clock(),
            days=body.days,
            count=body.count,
            note=body.note,
        )

    made, secret = await change(ask, "invitation.add", to, job)
    link = f"/join#{secret}"
    page = reach.pages(ask) + link
    drawn = await asyncio.to_thread(picture, page)
    return reply(Given(invitation=made, secret=secret, link=link, page=page, svg=drawn), 201)


async def remove(ask: Ask) -> None:
    """Take an invitation back."""
    number, now = ask.path["id"], ask.rooms.clock()

    def job(connection: Connection) -> None:
        found = next((one for one in invitations.listing(connection, now) if one.id == number), None)
        if found is None or not ask.who.administers(found.domain):
            raise not_found()
        invitations.remove(connection, number)

    await change(ask, "invitation.remove", number, job)


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/invitations",
        handler=listing,
        need=Need.DOMAINS,
        scope=Scope.USERS,
        summary="List the invitations that are good",
        query=paging.PARAMETERS,
        answer=Page[Invitation],
    ),
    Route(
        method="POST",
        path="/api/v1/invitations",
        handler=add,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Invite people to make an account; the link's secret is shown once",
        body=NewInvitation,
        answer=Given,
    ),
    Route(
        method="DELETE",
        path="/api/v1/invitations/{id}",
        handler=remove,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Take an invitation back",
    ),
)

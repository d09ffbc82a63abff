"""The letters that somebody holds, by the API: looked over, taken out octet for octet, and removed, however broken they are.

Everybody sees the own ones; who administers sees those of the users there, and what such a one takes out or removes is written
down. A letter is given as a file to be kept, never as a page: no browser looks at what is in it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from hawknest.doors.web.api import paging, rights
from hawknest.doors.web.api.changing import change, note
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.mail.defects import Defect
from hawknest.post import holdings
from hawknest.post.holdings import ANY, Held, NoSuchLetter, Order, Wanted
from hawknest.store import Connection
from hawknest.store.blobs import Content

T = TypeVar("T")

DIGITS: Final = 18  # of a letter's number

_QUERY: Final = paging.PARAMETERS | {
    "larger": "Octets: letters of this size or more",
    "smaller": "Octets: letters of this size or less",
    "since": "Seconds since the epoch: what came then or later",
    "before": "Seconds since the epoch: what came earlier",
    "from": "A part of From",
    "subject": "A part of the subject",
    "mailbox": "The name of a mailbox",
    "defect": f"What is wrong: {', '.join([ANY, *Defect])}",
    "sort": f"One of {', '.join(Order)}; size unless said",
}


class Gone(msgspec.Struct, kw_only=True):
    """What was removed."""

    removed: Annotated[int, Meta(description="The letter's number")]


async def listing(ask: Ask) -> Page[Held]:
    """List letters."""
    before, count, wanted, order = paging.skip(ask), paging.limit(ask), _wanted(ask), _order(ask)
    files = ask.rooms.store.blobs.files

    def question(connection: Connection) -> tuple[list[Held], int]:
        account = _account(connection, ask)
        found = holdings.listing(connection, files, account, wanted, order, count=count, skip=before)
        return found, holdings.count(connection, account, wanted)[0]

    found, total = await ask.rooms.store.read(question)
    return paging.portion(found, before, count, total)


async def look(ask: Ask) -> list[Held]:
    """Look at one letter, in each mailbox that holds it."""
    number, files = _number(ask), ask.rooms.store.blobs.files
    return await _found(ask, lambda c: holdings.get(c, files, _account(c, ask), number))


async def raw(ask: Ask) -> Response:
    """Give a letter's octets, as a file."""
    number = _number(ask)
    content: Content = await _found(ask, lambda c: holdings.content(c, _account(c, ask), number))
    if "address" in ask.path:
        await note(ask, "letter.take", f"{ask.path['address']} {number}"[:300])
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="letter-{number}.eml"',
        "content-length": str(content.size),
        "content-security-policy": "sandbox; default-src 'none'",
    }
    if content.place is None:
        return Response(content.data or b"", 200, headers, "application/octet-stream")
    return StreamingResponse(_blocks(ask, content.place), 200, headers, "application/octet-stream")


async def remove(ask: Ask) -> Gone:
    """Remove a letter from all mailboxes, for good."""
    number = _number(ask)

    def job(connection: Connection) -> list[str]:
        account = _account(connection, ask)
        holdings.content(connection, account, number)
        return holdings.remove(connection, account, [number])

    whose = ask.path.get("address", ask.who.address)
    try:
        places = await change(ask, "letter.remove", f"{whose} {number}"[:300], job)
    except NoSuchLetter:
        raise not_found() from None
    for place in places:
        await asyncio.to_thread(ask.rooms.store.blobs.remove, place)
    return Gone(removed=number)


async def _blocks(ask: Ask, place: str) -> AsyncIterator[bytes]:
    async for block in ask.rooms.store.blobs.read(place):
        yield block


async def _found(ask: Ask, question: Callable[[Connection], T]) -> T:
    """Ask about one letter. Raises Problem where it is not there."""
    try:
        return await ask.rooms.store.read(question)
    except NoSuchLetter:
        raise not_found() from None


def _account(connection: Connection, ask: Ask) -> int:
    """Find whose letters are meant: one's own, or of a user whom one administers. Raises Problem."""
    if "address" not in ask.path:
        return ask.who.account_id
    address = rights.over_address(ask, ask.path["address"])
    user = rights.found(connection, address)
    rights.see_not_above(ask, connection, user)  # such letters may let somebody in
    return user.id


def _number(ask: Ask) -> int:
    text = ask.path["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise not_found()
    return int(text)


def _order(ask: Ask) -> Order:
    try:
        return Order(ask.query.get("sort", Order.SIZE))
    except ValueError:
        raise refused(f"sort must be one of {', '.join(Order)}", "sort") from None


def _wanted(ask: Ask) -> Wanted:
    usual, mailbox, defect = Wanted(), ask.query.get("mailbox", ""), ask.query.get("defect", "")
    if defect not in {"", ANY, *Defect}:
        raise refused(f"defect must be one of {', '.join([ANY, *Defect])}", "defect")
    return Wanted(
        larger=paging.number(ask, "larger", 0, 0, usual.smaller),
        smaller=paging.number(ask, "smaller", usual.smaller, 0, usual.smaller),
        since=paging.moment(ask, "since", usual.since),
        before=paging.moment(ask, "before", usual.before),
        sender=ask.query.get("from", "")[:1000],
        subject=ask.query.get("subject", "")[:1000],
        mailbox="INBOX" if mailbox.upper() == "INBOX" else mailbox[:1000],
        defect=defect,
    )


def _routes(path: str, need: Need, whose: str) -> tuple[Route, ...]:
    row = partial(Route, need=need)
    return (
        row(
            method="GET",
            path=f"/api/v1/{path}",
            handler=listing,
            scope=Scope.LETTERS,
            summary=f"List {whose} letters: by size, date, sender, mailbox, or by what is wrong with them",
            query=_QUERY,
            answer=Page[Held],
        ),
        row(
            method="GET",
            path=f"/api/v1/{path}/{{number}}",
            handler=look,
            scope=Scope.LETTERS,
            summary=f"Look at one of {whose} letters, in each mailbox that holds it",
            answer=list[Held],
        ),
        row(
            method="GET",
            path=f"/api/v1/{path}/{{number}}/octets",
            handler=raw,
            summary=f"Take out one of {whose} letters, octet for octet",
        ),
        row(
            method="DELETE",
            path=f"/api/v1/{path}/{{number}}",
            handler=remove,
            scope=Scope.LETTERS_CHANGE,
            summary=f"Remove one of {whose} letters from all mailboxes, for good",
            answer=Gone,
        ),
    )


ROUTES: Final = (
    *_routes("me/held", Need.USER, "one's own"),
    *_routes("users/{address}/held", Need.DOMAINS, "a user's"),
)

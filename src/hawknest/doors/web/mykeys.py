"""What opens one's own account beside the password: app passwords, sessions, the authenticator app, passkeys."""

import asyncio
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hawknest.accounts import apps, passkeys, passwords, proofs, second, sessions
from hawknest.accounts.apps import AppPassword
from hawknest.accounts.passkeys import Passkey
from hawknest.accounts.sessions import Session
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.errors import refused
from hawknest.doors.web.me import current_needed, prove
from hawknest.doors.web.qr import picture
from hawknest.doors.web.route import Ask, Handler, Need, Route
from hawknest.doors.web.second import place_of
from hawknest.store import Connection


class MadeApp(msgspec.Struct):
    """A new app password."""

    label: str
    services: tuple[str, ...]
    password: Annotated[str, Meta(description="Shown this once")]


class Begun(msgspec.Struct):
    """What an authenticator app has to know."""

    secret: str
    uri: Annotated[str, Meta(description="What the QR code says")]
    svg: Annotated[str, Meta(description="The QR code")]


class Recovery(msgspec.Struct):
    """Codes for the day that the second factor is lost; none where there are some already."""

    recovery: list[str]


class Browser(msgspec.Struct, kw_only=True):
    """A session."""

    id: str
    created_at: float
    used_at: float
    peer: str
    agent: Annotated[str, Meta(description="What the browser calls itself")]
    way: Annotated[str, Meta(description="What it was signed in by: password or link")]
    current: Annotated[bool, Meta(description="Whether it is this one")]


class Ended(msgspec.Struct):
    """How many sessions were ended."""

    ended: int


class Key(msgspec.Struct, kw_only=True):
    """A passkey."""

    id: str
    label: str
    host: Annotated[str, Meta(description="Where it works")]
    created_at: float
    used_at: float | None


class NewKey(Key, kw_only=True):
    """A new passkey, and recovery codes where it is the first second factor."""

    recovery: list[str]


class NewApp(msgspec.Struct, forbid_unknown_fields=True):
    """An app password that is to be made."""

    label: str
    services: list[str] = msgspec.field(default_factory=lambda: ["smtp", "pop3", "imap"])


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """A code of an authenticator app."""

    code: Annotated[str, Meta(max_length=100)]


class Current(msgspec.Struct, forbid_unknown_fields=True):
    """The account's password, so that nobody at an open browser takes a lock away."""

    current: Annotated[str, Meta(max_length=1024)] = ""


class NewPasskey(msgspec.Struct, forbid_unknown_fields=True):
    """What the browser tells of a new passkey."""

    passkey: dict[str, Any]
    label: str = ""


async def list_apps(ask: Ask) -> Page[AppPassword]:
    """List one's app passwords, without the passwords."""
    found = await ask.rooms.store.read(partial(apps.listing, user=ask.who.address))
    return Page(items=found, total=len(found))


async def add_app(ask: Ask) -> MadeApp:
    """Make an app password, and show it this once."""
    body: NewApp = ask.body
    address, rooms = ask.who.address, ask.rooms
    password = passwords.generate_app()
    terms = await rooms.store.write(partial(proofs.terms, name=address))
    derived = await asyncio.to_thread(passwords.derived_of, password, terms.salt)
    job = partial(
        apps.add, user=address, label=body.label, services=body.services, derived=derived, now=rooms.clock()
    )
    made = await change(ask, "app-password.add", f"{address} {body.label.strip()[:64]}", job)
    return MadeApp(made.label, made.services, password)


async def remove_app(ask: Ask) -> None:
    """Take an app password back: whoever uses it is out at once."""
    address, label = ask.who.address, ask.path["label"]
    job = partial(apps.remove, user=address, label=label)
    await change(ask, "app-password.remove", f"{address} {label[:64]}", job)


async def list_sessions(ask: Ask) -> Page[Browser]:
    """List one's sessions, this one among them."""
    found = await ask.rooms.store.read(
        partial(sessions.listing, account_id=ask.who.account_id, now=ask.rooms.clock())
    )
    return Page(items=[_session(one, ask.who.session) for one in found], total=len(found))


async def end_session(ask: Ask) -> None:
    """End one of one's sessions."""
    job = partial(sessions.end, session_id=ask.path["id"], account_id=ask.who.account_id)
    await change(ask, "session.end", ask.who.address, job)


async def end_sessions(ask: Ask) -> Ended:
    """End all of one's sessions but this one."""
    job = partial(sessions.end_others, account_id=ask.who.account_id, keep=ask.who.session)
    return Ended(await change(ask, "session.end", ask.who.address, job))


async def begin_totp(ask: Ask) -> Begun:
    """Begin to set an authenticator app up."""
    issuer = ask.rooms.steward.house().hostname
    begun = await ask.rooms.store.write(
        partial(second.begin, account_id=ask.who.account_id, address=ask.who.address, issuer=issuer)
    )
    return Begun(begun.secret, begun.uri, await asyncio.to_thread(picture, begun.uri))


async def confirm_totp(ask: Ask) -> Recovery:
    """Take the first code of an authenticator app: from now on one is asked for at sign-in."""
    body: Code = ask.body
    job = partial(second.confirm, account_id=ask.who.account_id, code=body.code, now=ask.rooms.clock())
    return Recovery(await change(ask, "totp.add", ask.who.address, job))


async def remove_totp(ask: Ask) -> None:
    """Take the authenticator app away."""
    await _prove(ask)
    await change(ask, "totp.remove", ask.who.address, partial(second.remove, account_id=ask.who.account_id))


async def renew_recovery(ask: Ask) -> Recovery:
    """Make new recovery codes in place of the old ones."""
    await _prove(ask)

    def job(connection: Connection) -> list[str]:
        if not second.standing(connection, ask.who.account_id).asked:
            raise refused("There is no second factor that could be lost")
        return second.recovery(connection, ask.who.account_id, anew=True)

    return Recovery(await change(ask, "recovery.renew", ask.who.address, job))


async def list_passkeys(ask: Ask) -> Page[Key]:
    """List one's passkeys."""
    found = await ask.rooms.store.read(partial(passkeys.listing, account_id=ask.who.account_id))
    return Page(items=[Key(**_passkey(one)) for one in found], total=len(found))


async def begin_passkey(ask: Ask) -> dict[str, Any]:
    """Begin to make a passkey; the answer is what the browser's `navigator.credentials.create` takes."""
    place = place_of(ask)
    if not any(c.isalpha() for c in place.host):
        raise refused(
            f"Passkeys need a name and no address: open these pages by a name instead of {place.host}"
        )
    known = await ask.rooms.store.read(partial(passkeys.listing, account_id=ask.who.account_id))
    asked = await asyncio.to_thread(passkeys.offer, place, ask.who.account_id, ask.who.address, known)
    await ask.rooms.store.write(partial(sessions.challenge, session_id=ask.who.session, text=asked.challenge))
    return asked.options


async def finish_passkey(ask: Ask) -> NewKey:
    """Keep a new passkey."""
    body: NewPasskey = ask.body
    challenge = await ask.rooms.store.write(partial(sessions.challenged, session_id=ask.who.session))
    place = place_of(ask)
    made = await asyncio.to_thread(passkeys.made, place, challenge, body.passkey)
    job = partial(
        passkeys.add,
        account_id=ask.who.account_id,
        label=body.label,
        host=place.host,
        made=made,
        now=ask.rooms.clock(),
    )
    passkey, recovery = await change(ask, "passkey.add", ask.who.address, job)
    return NewKey(**_passkey(passkey), recovery=recovery)


async def remove_passkey(ask: Ask) -> None:
    """Take a passkey away."""
    job = partial(passkeys.remove, account_id=ask.who.account_id, passkey_id=ask.path["id"])
    await change(ask, "passkey.remove", ask.who.address, job)


async def _prove(ask: Ask) -> None:
    """See that who asks knows the password, where it is asked for at all. Raises Problem."""
    body: Current = ask.body
    if await ask.rooms.store.read(partial(current_needed, ask=ask)):
        await prove(ask, body.current)


def _session(session: Session, current: str) -> Browser:
    return Browser(
        id=session.id,
        created_at=session.created_at,
        used_at=session.seen_at,
        peer=session.peer,
        agent=session.agent,
        way=session.way,
        current=session.id == current,
    )


def _passkey(passkey: Passkey) -> dict[str, Any]:
    return {
        "id": passkey.id,
        "label": passkey.label,
        "host": passkey.host,
        "created_at": passkey.created_at,
        "used_at": passkey.used_at,
    }


def _own(
    method: str, path: str, handler: Handler, summary: str, *, body: Any = None, answer: Any = None
) -> Route:
    """A route of these: all are for who is signed in, and none for a token."""
    return Route(
        method=method,
        path=f"/api/v1/me/{path}",
        handler=handler,
        need=Need.USER,
        summary=summary,
        body=body,
        answer=answer,
    )


ROUTES: Final = (
    _own("GET", "app-passwords", list_apps, "List one's app passwords", answer=Page[AppPassword]),
    _own("POST", "app-passwords", add_app, "Make an app password", body=NewApp, answer=MadeApp),
    _own("DELETE", "app-passwords/{label}", remove_app, "Take an app password back"),
    _own("GET", "sessions", list_sessions, "List one's sessions", answer=Page[Browser]),
    _own("DELETE", "sessions", end_sessions, "End all of one's sessions but this one", answer=Ended),
    _own("DELETE", "sessions/{id}", end_session, "End one of one's sessions"),
    _own("POST", "totp/begin", begin_totp, "Begin to set an authenticator app up", answer=Begun),
    _own("POST", "totp/confirm", confirm_totp, "Take an app's first code", body=Code, answer=Recovery),
    _own("DELETE", "totp", remove_totp, "Take the authenticator app away", body=Current),
    _own("POST", "recovery", renew_recovery, "Make new recovery codes", body=Current, answer=Recovery),
    _own("GET", "passkeys", list_passkeys, "List one's passkeys", answer=Page[Key]),
    _own("POST", "passkeys/begin", begin_passkey, "Begin to make a passkey", answer=dict[str, Any]),
    _own("POST", "passkeys/finish", finish_passkey, "Keep a new passkey", body=NewPasskey, answer=NewKey),
    _own("DELETE", "passkeys/{id}", remove_passkey, "Take a passkey away"),
)

"""From a request to its answer: the checks in their order, the handler, and one place for whatever goes wrong."""

import asyncio
import re
import secrets
from email.utils import formatdate
from typing import Any, Final, cast

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from hawknest.accounts.errors import AccountError
from hawknest.doors.web.errors import Problem, forbidden, not_found, refused, unauthorized
from hawknest.doors.web.gate import Names, check_origin, dress, host_of, is_loopback, misdirected
from hawknest.doors.web.members import field_of
from hawknest.doors.web.rooms import Rooms, Site
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.doors.web.routes import ROUTES, Table
from hawknest.doors.web.session import Asker, asker
from hawknest.doors.web.static import Shelf
from hawknest.net.owndoor import PLACE
from hawknest.store import StoreError

API: Final = "/api/"  # what is asked there is written down; what the pages themselves are made of is not
FORGOTTEN: Final = 4 * 1024 * 1024  # octets beyond the limit that are still read
PATIENCE: Final = 60.0  # seconds for the body of a request to come

_TABLE: Final = Table(ROUTES)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,200}")


class Application:
    """What answers the requests of one listener."""

    def __init__(self, site: Site, rooms: Rooms, shelf: Shelf) -> None:
        self._site = site
        self._rooms = rooms
        self._shelf = shelf
        self._names = Names(rooms)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        request = Request(scope, receive)
        secure = scope["scheme"] == "https"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.setdefault("date", formatdate(usegmt=True))  # RFC 9110 §6.6.1
                dress(headers, secure=secure)
            await send(message)

        response = await self._answer(request)
        if request.url.path.startswith(API):
            self._rooms.log.web.info(
                "asked",
                peer=_peer(request),
                method=request.method,
                path=request.url.path[:200],
                status=response.status_code,
            )
        try:
            await response(scope, receive, sending)
        except Exception as error:
            self._wonder(request, error)
            raise

    async def _answer(self, request: Request) -> Response:
        """Answer, whatever happens."""
        try:
            return await self._lead(request)
        except Problem as problem:
            return problem.response()
        except AccountError as error:
            return refused(str(error)).response()
        except ClientDisconnect:
            return Response(status_code=400)
        except StoreError as error:
            self._rooms.log.system.error("web request not answered", error=str(error))
            return Problem(503, "Not now", "The database does not answer; please try again later").response()
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must go on)
            incident = self._wonder(request, error)
            return Problem(
                500, "Something is wrong here", f"The log tells more under {incident}", headers=_CLOSE
            ).response()

    def _wonder(self, request: Request, error: Exception) -> str:
        incident = secrets.token_hex(4)
        self._rooms.log.system.error(
            "internal error",
            incident=incident,
            peer=_peer(request),
            method=request.method,
            path=request.url.path[:200],
            error=repr(error),
        )
        return incident

    async def _lead(self, request: Request) -> Response:
        if self._site.service == "http" and request.url.path.startswith(PLACE):
            return await self._proof(request.url.path.removeprefix(PLACE))
        name, local = host_of(request.headers), _local(request)
        if not await self._names.ours(name, local):
            raise misdirected(name)
        if request.url.scheme != "https" and not (
            is_loopback(name) and is_loopback(local) and is_loopback(_peer(request))
        ):
            return self._to_https(request, name)
        path: bytes = request.scope["raw_path"]
        if not _TABLE.knows(path):
            rules = await self._rooms.directory.look()
            return self._shelf.give(request, sign_up=rules.policies.sign_up != "off")
        route, values = _TABLE.find(request.method, path)
        return await self._handle(request, route, values)

    async def _proof(self, token: str) -> Response:
        """Answer an authority that looks whether a name is ours; by which name it comes is no matter (RFC 8555 §8.3)."""
        answer = await self._rooms.certificates.answer(token) if _TOKEN.fullmatch(token) else None
        if answer is None:
            raise not_found()
        return Response(answer, media_type="application/octet-stream", headers=_PRIVATE)

    def _to_https(self, request: Request, name: str) -> Response:
        """Lead a browser to HTTPS; what others send in the clear is refused, for it may be a password."""
        port = self._rooms.steward.house().open_port("https")
        if request.method not in {"GET", "HEAD"} or not port:
            raise forbidden("Pages are given over HTTPS only, except to this machine itself")
        host = f"[{name}]" if ":" in name else name
        where = host if port == 443 else f"{host}:{port}"
        target = cast("bytes", request.scope["raw_path"]).decode("ascii", "replace")
        query = cast("bytes", request.scope["query_string"]).decode("ascii", "replace")
        return RedirectResponse(f"https://{where}{target}{'?' if query else ''}{query}", 308)

    async def _handle(self, request: Request, route: Route, values: dict[str, str]) -> Response:
        if route.administration and not self._site.admin:
            raise not_found()
        asking = await asker(request, self._rooms, _peer(request))
        _check_rights(route, asking)
        if route.changes and not route.foreign and not asking.by_token:
            check_origin(request)
        ask = Ask(
            rooms=self._rooms,
            site=self._site,
            who=asking.who,
            session=asking.session,
            bearer=asking.bearer,
            path=values,
            query=dict(request.query_params),
            body=await _body(request, route),
            peer=_peer(request),
            request=request,
            stopping=cast("asyncio.Event", request.scope["state"]["stopping"]),
        )
        answer: Any = await route.handler(ask)
        if isinstance(answer, Response):
            return answer
        return Response(status_code=204, headers=_PRIVATE) if answer is None else reply(answer)


_PRIVATE: Final = {"cache-control": "no-store"}
_CLOSE: Final = {"connection": "close"}


def _check_rights(route: Route, asking: Asker) -> None:
    """See that who asks may. Raises Problem."""
    who = asking.who
    if route.need is Need.NOBODY:
        return
    if not who.account_id:
        raise unauthorized()
    if (route.need is Need.ADMIN and not who.whole) or (route.need is Need.DOMAINS and not who.admin):
        raise not_found()  # as if it were not there
    if who.scopes is not None and (not route.scope or route.scope not in who.scopes):
        needs = f"needs the scope {route.scope}" if route.scope else "takes no token, only somebody signed in"
        raise forbidden(f"This {needs}")


async def _body(request: Request, route: Route) -> Any:
    """Read what a request brings, in the type that its route names. Raises Problem."""
    if route.body is None:
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != route.media:
        raise Problem(415, "Not in this form", f"This takes {route.media}")
    octets = await _octets(request, route.limit)
    if route.body is bytes:
        return octets
    try:
        return msgspec.json.decode(octets, type=route.body)
    except msgspec.ValidationError as error:
        field, words = field_of(error)
        raise refused(words, field) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem(400, "Not understood", "The request is not JSON in UTF-8") from None


async def _octets(request: Request, limit: int) -> bytes:
    """Read a body. Raises Problem where it is too long or too slow.

    One that is somewhat too long is read to its end and forgotten: who still sends would not see the answer (RFC 9112 §9.6).
    """
    gathered, count = bytearray(), 0
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                count += len(chunk)
                if count <= limit:
                    gathered += chunk
                elif count > limit + FORGOTTEN:
                    break
    except TimeoutError:
        raise Problem(408, "Too slow", "The request did not come to its end", headers=_CLOSE) from None
    if count > limit:
        raise Problem(413, "Too long", f"This takes {limit} octets", headers=_CLOSE)
    return bytes(gathered)


def _peer(request: Request) -> str:
    return request.client.host.removeprefix("::ffff:").partition("%")[0] if request.client else ""


def _local(request: Request) -> str:
    server: tuple[str, int] | None = request.scope["server"]
    return server[0].removeprefix("::ffff:").partition("%")[0] if server else ""

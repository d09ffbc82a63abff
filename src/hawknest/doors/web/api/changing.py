"""Changes by the API: each in one transaction with its line about who made it, and then made known.

A POST that makes something may carry an `Idempotency-Key`: sent again with the same key, by the same account and with the
same body, it is not done again, and answered as the first time. Answers are kept for a while in the memory of one process, since
there may be a password in them; whatever is made has a name or an address, so that even elsewhere nothing is made twice.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from starlette.responses import Response

from hawknest.accounts import audit
from hawknest.accounts.audit import By
from hawknest.doors.web.errors import Problem
from hawknest.doors.web.route import Ask, Handler, reply
from hawknest.store import Connection

T = TypeVar("T")

HEADER: Final = "idempotency-key"
KEY_LIMIT: Final = 200  # characters
KEPT: Final = 1000  # answers
LIFETIME: Final = 3600.0  # seconds


def by(ask: Ask) -> By:
    """Say who asks, as the audit has it."""
    return By(ask.who.address, "session" if ask.who.scopes is None else "token")


async def change(
    ask: Ask,
    action: str,
    subject: str,
    job: Callable[[Connection], T],
    look: Callable[[Connection], Any] | None = None,
) -> T:
    """Change something in the database and write down who did; `look` gives what is changed, before and after.

    Raises StoreError, and what the job raises.
    """
    rooms = ask.rooms
    recorded = audit.recorded(job, by(ask), action, subject, now=rooms.clock(), look=look)
    result = await rooms.store.write(recorded)
    rooms.directory.refresh()
    return result


async def note(ask: Ask, action: str, subject: str, after: dict[str, Any] | None = None) -> None:
    """Write down a change that is not made in the database. Raises StoreError."""
    now = ask.rooms.clock()
    await ask.rooms.store.write(lambda c: audit.note(c, by(ask), action, subject, now, after=after))


class _Once:
    """The answers that were given under a key."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[Any, ...], tuple[float, bytes, asyncio.Future[Response]]] = (
            OrderedDict()
        )

    async def answer(self, ask: Ask, handler: Handler, key: str) -> Response:
        """Answer as the first time, or now for the first time. Raises Problem, and what the handler raises."""
        if len(key) > KEY_LIMIT or not key.isprintable():
            raise Problem(
                400, "Not understood", f"An Idempotency-Key has at most {KEY_LIMIT} printable characters"
            )
        now, mark = ask.rooms.clock(), await _mark(ask)
        name = (id(ask.rooms.store), ask.who.account_id, ask.request.url.path, key)
        self._forget(now)
        if (kept := self._answers.get(name)) is not None:
            if kept[1] != mark:
                raise Problem(
                    422, "Not the same request", "This Idempotency-Key was used for another request before"
                )
            return _again(await asyncio.shield(kept[2]))
        first: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._answers[name] = now, mark, first
        try:
            answer = await handler(ask)
        except BaseException as error:
            del self._answers[name]  # nothing was made: it may be tried again
            if isinstance(error, Exception):
                first.set_exception(error)
                first.exception()  # seen here, whether somebody waits or not
            else:
                first.cancel()
            raise
        made = answer if isinstance(answer, Response) else reply(answer)
        first.set_result(made)
        return made

    def _forget(self, now: float) -> None:
        while self._answers:
            at, _, answer = next(iter(self._answers.values()))
            if len(self._answers) < KEPT and at > now - LIFETIME:
                return
            if not answer.done() and len(self._answers) < 2 * KEPT:
                return
            self._answers.popitem(last=False)


_ONCE: Final = _Once()


def once(handler: Handler) -> Handler:
    """Make a handler that answers a request with an Idempotency-Key only once anew."""

    @wraps(handler)
    async def answer(ask: Ask) -> Any:
        key = ask.request.headers.get(HEADER)
        return await handler(ask) if key is None else await _ONCE.answer(ask, handler, key)

    _MARKED.add(answer)
    return answer


def is_once(handler: Handler) -> bool:
    """Tell whether a handler heeds an Idempotency-Key."""
    return handler in _MARKED


_MARKED: Final[set[Handler]] = set()


async def _mark(ask: Ask) -> bytes:
    """Tell one request from another."""
    return hashlib.sha256(f"{ask.request.url.query}\0{ask.body!r}".encode("utf-8", "replace")).digest()


def _again(first: Response) -> Response:
    """Give an answer once more."""
    return Response(
        bytes(first.body),
        first.status_code,
        {"cache-control": "no-store", "idempotent-replayed": "true"},
        first.media_type,
    )

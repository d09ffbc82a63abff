"""Webhooks: addresses of other programs that are told of what happens here. What there is, and what each is still to be told.

What happens is written down for each webhook in the transaction in which it happens, so that none of it is forgotten;
`post.hooks` tells it. What is told has ids, addresses and the other server's words, and never anything out of a letter.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from hawknest.accounts.errors import AccountError
from hawknest.store import Connection, Statement

EVENTS: Final = ("delivered", "bounced", "sign_in_failed")
URL_LIMIT: Final = 1000  # characters
MOST: Final = 50  # webhooks
WAITING: Final = (
    10_000  # calls that may wait for one webhook; beyond them nothing more is written down for it
)
ANSWER: Final = 300  # characters of an answer that are kept
TAIL: Final = 7 * 86400.0  # seconds that a call is kept when it is done with
PREFIX: Final = "hook_"

_UNFIT: Final = re.compile(r"[\x00-\x20\x7f-\uffff\\]")


@dataclass(frozen=True, slots=True)
class Webhook:
    """A program that is told."""

    id: int
    url: str
    events: tuple[str, ...]
    active: bool
    private: bool  # it may be on this machine or in its network, and without TLS there
    created_at: float  # seconds since the epoch
    waiting: int = 0  # calls that it is still to get
    answer: str = ""  # the last one


@dataclass(frozen=True, slots=True)
class Call:
    """Something that a webhook is to be told."""

    id: int
    webhook: Webhook
    event: str
    body: str  # JSON
    attempts: int
    secret: str = field(repr=False)


_FIELDS: Final = """SELECT w.id, w.url, w.events, w.active, w.private, w.created_at,
      (SELECT count(*) FROM hook_call c WHERE c.webhook_id = w.id AND c.next_at IS NOT NULL),
      (SELECT c.answer FROM hook_call c WHERE c.webhook_id = w.id AND c.answer <> '' ORDER BY c.id DESC LIMIT 1)
    FROM webhook w"""
_ADD: Final = Statement(
    """INSERT INTO webhook (url, secret, events, active, private, created_at)
       VALUES (:url, :secret, :events, 1, :private, :now) RETURNING id"""
)
_LIST: Final = Statement(f"{_FIELDS} ORDER BY w.id")
_GET: Final = Statement(f"{_FIELDS} WHERE w.id = :id")
_CHANGE: Final = Statement(
    "UPDATE webhook SET url = :url, events = :events, active = :active, private = :private WHERE id = :id"
)
_SECRET: Final = Statement("UPDATE webhook SET secret = :secret WHERE id = :id")
_REMOVE: Final = Statement("DELETE FROM webhook WHERE id = :id")
_WANTING: Final = Statement("SELECT id, events FROM webhook WHERE active = 1")
_TELL: Final = Statement(
    """INSERT INTO hook_call (webhook_id, event, body, attempts, next_at, answer)
       SELECT :webhook, :event, :body, 0, :now, ''
       WHERE (SELECT count(*) FROM hook_call WHERE webhook_id = :webhook AND next_at IS NOT NULL) < :limit"""
)
#: Of each webhook so many and no more, so that one that is dead keeps no other waiting.
_DUE: Final = Statement(
    """SELECT c.id, c.event, c.body, c.attempts, w.secret, w.id, w.url, w.events, w.active, w.private, w.created_at
       FROM (SELECT d.*, row_number() OVER (PARTITION BY d.webhook_id ORDER BY d.next_at, d.id) AS nth
             FROM hook_call d WHERE d.next_at IS NOT NULL AND d.next_at <= :now) c
         JOIN webhook w ON w.id = c.webhook_id
       WHERE c.nth <= :each AND w.active = 1 ORDER BY c.next_at, c.id LIMIT :count"""
)
_NEXT: Final = Statement(
    """SELECT min(c.next_at) FROM hook_call c JOIN webhook w ON w.id = c.webhook_id
       WHERE c.next_at IS NOT NULL AND w.active = 1"""
)
_POSTPONE: Final = Statement(
    "UPDATE hook_call SET next_at = :until WHERE webhook_id = :webhook AND next_at IS NOT NULL AND next_at < :until"
)
_DONE: Final = Statement(
    """UPDATE hook_call SET attempts = attempts + 1, next_at = :next, done_at = :done, answer = :answer
       WHERE id = :id"""
)
_FORGET: Final = Statement("DELETE FROM hook_call WHERE next_at IS NULL AND coalesce(done_at, 0) < :before")


def add(
    connection: Connection, url: str, events: Iterable[str], now: float, *, private: bool = False
) -> tuple[Webhook, str]:
    """Add a webhook; `private` says that it may be on this machine or in its network. `now` is in seconds since the epoch.

    Returns it with the secret that signs what it is told. Raises AccountError.
    """
    wanted = _events(events)
    url = _url(url, private=private)
    there = listing(connection)
    if len(there) >= MOST:
        raise AccountError(f"there are {MOST} webhooks already: remove one first")
    if any(hook.url == url for hook in there):
        raise AccountError(f"{url} is told already")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = connection.one(_ADD, url=url, secret=secret, events=" ".join(wanted), private=int(private), now=now)
    assert row is not None
    return Webhook(row[0], url, wanted, active=True, private=private, created_at=now), secret


def change(
    connection: Connection,
    webhook_id: int,
    *,
    url: str | None = None,
    events: Iterable[str] | None = None,
    active: bool | None = None,
    private: bool | None = None,
) -> Webhook:
    """Change a webhook; None leaves something as it is. Raises AccountError."""
    old = get(connection, webhook_id)
    private = old.private if private is None else private
    new = replace(
        old,
        url=_url(old.url if url is None else url, private=private),
        events=old.events if events is None else _events(events),
        active=old.active if active is None else active,
        private=private,
    )
    if any(hook.url == new.url and hook.id != new.id for hook in listing(connection)):
        raise AccountError(f"{new.url} is told already")
    connection.run(
        _CHANGE,
        id=new.id,
        url=new.url,
        events=" ".join(new.events),
        active=int(new.active),
        private=int(new.private),
    )
    return new


def renew_secret(connection: Connection, webhook_id: int) -> str:
    """Give a webhook another secret, which is returned. Raises AccountError."""
    secret = PREFIX + secrets.token_urlsafe(32)
    connection.run(_SECRET, id=get(connection, webhook_id).id, secret=secret)
    return secret


def remove(connection: Connection, webhook_id: int) -> Webhook:
    """Remove a webhook, with all that it is still to be told. Raises AccountError."""
    found = get(connection, webhook_id)
    connection.run(_REMOVE, id=found.id)
    return found


def get(connection: Connection, webhook_id: int) -> Webhook:
    """Look at one webhook. Raises AccountError."""
    row = connection.one(_GET, id=webhook_id)
    if row is None:
        raise AccountError("there is no such webhook")
    return _webhook(row)


def listing(connection: Connection) -> list[Webhook]:
    """List the webhooks."""
    return [_webhook(row) for row in connection.all(_LIST)]


def tell(connection: Connection, news: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> int:
    """Write down what happened for those who want to know: each event with what there is to say of it.

    Returns how many are to be told.
    """
    wanting = [(hook, events.split()) for hook, events in connection.all(_WANTING)]
    if not wanting:
        return 0
    count = 0
    for event, what in news:
        body = msgspec.json.encode({"event": event, "at": now, **what}, enc_hook=str).decode()
        for hook, events in wanting:
            if event in events:
                count += connection.run(
                    _TELL,
                    webhook=hook,
                    event=event,
                    body=body.replace("\\u0000", ""),
                    now=now,
                    limit=WAITING,
                )
    return count


def due(connection: Connection, now: float, count: int, each: int = 2) -> list[Call]:
    """List what is to be told now, the oldest first, of each webhook so many at the most."""
    return [
        Call(call, _webhook((*hook, 0, "")), event, body, attempts, secret)
        for call, event, body, attempts, secret, *hook in connection.all(
            _DUE, now=now, count=count, each=each
        )
    ]


def next_due(connection: Connection) -> float | None:
    """When something is to be told next, in seconds since the epoch; None: nothing is."""
    row = connection.one(_NEXT)
    return row[0] if row else None


def answered(
    connection: Connection, call_id: int, answer: str, *, done_at: float | None, next_at: float | None
) -> None:
    """Note how a call went: done at a time, to be tried again at one, or with neither given up."""
    connection.run(_DONE, id=call_id, answer=answer.replace("\0", "")[:ANSWER], done=done_at, next=next_at)


def postpone(connection: Connection, webhook_id: int, until: float) -> None:
    """Tell a webhook nothing before a time in seconds since the epoch: it does not answer."""
    connection.run(_POSTPONE, webhook=webhook_id, until=until)


def forget(connection: Connection, before: float) -> int:
    """Forget the calls that were done with before a time in seconds since the epoch. Returns how many."""
    return connection.run(_FORGET, before=before)


def _events(names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    if unknown := wanted.difference(EVENTS):
        raise AccountError(f"there is no event {min(unknown)[:40]}; there are {', '.join(EVENTS)}")
    if not wanted:
        raise AccountError(f"a webhook needs at least one event of {', '.join(EVENTS)}")
    return tuple(name for name in EVENTS if name in wanted)


def _url(text: str, *, private: bool) -> str:
    text = text.strip()
    if len(text) > URL_LIMIT or _UNFIT.search(text):
        raise AccountError(
            f"a URL has no spaces or signs of other scripts, and at most {URL_LIMIT} characters"
        )
    try:
        found = urlsplit(text)
        host, port = found.hostname, found.port
    except ValueError:
        raise AccountError(f"{text[:80]} is not a URL such as https://example.org/hawknest") from None
    if not host or found.username is not None or found.password is not None or found.fragment or port == 0:
        raise AccountError(
            f"{text[:80]} is not a URL such as https://example.org/hawknest, without a name, a password or a #"
        )
    match found.scheme:
        case "https":
            return text
        case "http" if private:
            return text
        case "http":
            raise AccountError(
                "a webhook needs https; without it only on this machine or in its network, if you say so (private)"
            )
        case _:
            raise AccountError("a webhook's URL begins with https://")


def _webhook(row: tuple[Any, ...]) -> Webhook:
    hook, url, events, active, private, created_at, waiting, answer = row
    return Webhook(
        hook, url, tuple(events.split()), bool(active), bool(private), created_at, waiting, answer or ""
    )

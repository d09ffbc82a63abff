"""Users as CSV by the API: out for spreadsheets and moving, in as all of them or none, and first what would happen."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hawknest.accounts import proofs, roll
from hawknest.accounts.errors import AccountError
from hawknest.accounts.roll import Entry
from hawknest.doors.web.api import paging
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import Connection
from hawknest.wire.sasl.values import Salt

LIMIT: Final = 4 * 1024 * 1024  # octets of a file
MOST: Final = 5000  # users of a file that have passwords in the clear: each takes a moment to hash


class Imported(msgspec.Struct, kw_only=True):
    """What came of a file, or would."""

    added: Annotated[list[str], Meta(description="The addresses")]
    dry_run: bool


class _Undone(Exception):
    """What a trial ends with, so that nothing of it stays."""

    def __init__(self, added: list[str]) -> None:
        super().__init__()
        self.added = added


async def export(ask: Ask) -> Response:
    """Give all users as CSV, without anything of their passwords."""
    text = await ask.rooms.store.read(lambda c: roll.export(c, with_secrets=False))
    headers = {"content-disposition": 'attachment; filename="users.csv"', "cache-control": "no-store"}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


@once
async def read_in(ask: Ask) -> Imported:
    """Add the users of a CSV file, all or none; with `dry_run=1` only say whether that would go well."""
    trial = paging.flag(ask, "dry_run")
    try:
        entries = roll.read(ask.body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Problem(400, "Not understood", "The file is not text in UTF-8") from None
    if sum(1 for entry in entries if entry.password) > MOST:
        raise refused(f"a file may bring {MOST} passwords in the clear; divide it")
    ready = _without_passwords(entries) if trial else await _hashed(ask, entries)
    now = ask.rooms.clock()

    def job(connection: Connection) -> list[str]:
        added = [user.address for user in roll.add_all(connection, ready, now)]
        if trial:
            raise _Undone(added)
        return added

    try:
        return Imported(added=await change(ask, "user.import", f"{len(entries)} users", job), dry_run=False)
    except _Undone as undone:
        return Imported(added=undone.added, dry_run=True)


def _without_passwords(entries: Sequence[Entry]) -> list[Entry]:
    """Entries to try: hashing takes long, and what is wrong with a password is known without it."""
    wrong = [
        f"line {entry.line}: {error}"
        for entry in entries
        if entry.password and (error := _wrong(entry.password))
    ]
    if wrong:
        raise AccountError("\n".join(wrong[: roll.SHOWN]))
    return [replace(entry, password="") for entry in entries]


def _wrong(password: str) -> str:
    try:
        proofs.chosen(password, ())
    except AccountError as error:
        return str(error)
    return ""


async def _hashed(ask: Ask, entries: Sequence[Entry]) -> list[Entry]:
    """Hash the passwords beside the loop. Raises StoreError, AccountError."""
    _without_passwords(entries)

    def terms(connection: Connection) -> tuple[dict[str, Salt], bool]:
        found = {e.user.address: proofs.terms(connection, e.user.address) for e in entries if e.password}
        return {name: one.salt for name, one in found.items()}, any(one.cram_md5 for one in found.values())

    salts, legacy = await ask.rooms.store.write(terms)
    return await asyncio.to_thread(roll.hashed, entries, salts.__getitem__, cram_md5=legacy)


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/users.csv",
        handler=export,
        need=Need.ADMIN,
        scope=Scope.USERS,
        summary="All users as CSV, without anything of their passwords",
    ),
    Route(
        method="POST",
        path="/api/v1/users/import",
        handler=read_in,
        need=Need.ADMIN,
        scope=Scope.USERS_CHANGE,
        summary="Add the users of a CSV file: all of them, or none and what is wrong with each line",
        body=bytes,
        media="text/csv",
        limit=LIMIT,
        answer=Imported,
        query={"dry_run": "1: only say what would happen"},
    ),
)

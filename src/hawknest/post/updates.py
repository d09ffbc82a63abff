"""Whether there is a new version: asked only where the owner wants it, told only what is signed, installed by nobody but the owner. RFC 8032 §5.1.

The list of versions is fetched whole, by everybody the same: there is no word in the request about who asks or which version
runs. It counts only with the signature of the key that the owner's file names, so whoever holds the address, or the way to it,
can keep news back and invent none.

    {"versions": [{"version": "0.2.0", "released": "2026-12-01", "page": "https://…",
                   "changes": {"en": ["…"], "ja": ["…"]}}]}
"""

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hawknest import __version__
from hawknest.accounts import settings
from hawknest.dns import IpAddress
from hawknest.log import Log
from hawknest.net import webcall
from hawknest.net.tls import client_context
from hawknest.net.webcall import CallError
from hawknest.store import Connection, Store, StoreError, leases

PERIOD: Final = 86400.0  # seconds from one look to the next
WAKE: Final = 3600.0  # seconds between two thoughts of it
PATIENCE: Final = 30.0  # seconds
LIMIT: Final = 256 * 1024  # octets of a list
HELD: Final = 300.0  # seconds that the lease lasts
_LEASE: Final = "updates"


class UpdateError(Exception):
    """It could not be found out; the text says why."""


class Version(msgspec.Struct, kw_only=True, frozen=True):
    """A version that there is."""

    version: str
    released: str = ""  # the day, such as 2026-12-01
    page: str = ""  # where it is told about and to be had
    changes: dict[str, list[str]] = {}  # by language


class _List(msgspec.Struct, frozen=True):
    versions: list[Version]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the list is, and who signs it."""

    url: str
    key: str  # base64

    @property
    def named(self) -> bool:
        """Whether the owner has named them."""
        return bool(self.url and self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersions:
    """What is known of new versions."""

    enabled: bool  # it is looked for once a day
    named: bool  # hawknest.toml says where
    current: str
    newer: tuple[Version, ...]  # than the current one, the newest first
    checked_at: float | None  # seconds since the epoch; None: never yet
    error: str  # why the last look came to nothing; '': it did not


def verified(octets: bytes, signature: bytes, key: str) -> list[Version]:
    """Read a list that is signed with a key. Raises UpdateError."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        raise UpdateError("the key in hawknest.toml is not 32 octets in base64") from None
    try:
        public.verify(base64.b64decode(signature.strip(), validate=True), octets)
    except (InvalidSignature, binascii.Error, ValueError):
        raise UpdateError("the list of versions is not signed with the key in hawknest.toml") from None
    try:
        return msgspec.json.decode(octets, type=_List).versions
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UpdateError("the list of versions is signed, and cannot be read") from None


def newer(versions: list[Version], current: str) -> tuple[Version, ...]:
    """Choose the versions that are newer than one, the newest first; one whose number is none is passed over."""
    here = _number(current)
    found = [(number, one) for one in versions if (number := _number(one.version)) and number > here]
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0], reverse=True))


def _number(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    return tuple(map(int, parts)) if all(p.isascii() and p.isdigit() and len(p) < 9 for p in parts) else ()


@dataclass(slots=True)
class Updates:
    """Who looks, in one worker."""

    store: Store
    log: Log
    owner: str
    clock: Callable[[], float]
    source: Callable[[], Source]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Look once a day, while that is wanted, until cancelled."""
        while True:
            with contextlib.suppress(StoreError):  # in an hour, then
                standing = await self.standing()
                due = (standing.checked_at or 0.0) + PERIOD <= self.clock()
                if standing.enabled and standing.named and due and await self._mine():
                    await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAKE):
                    await self._wake.wait()
            self._wake.clear()

    async def _mine(self) -> bool:
        now = self.clock()
        return await self.store.write(
            partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        )

    async def standing(self) -> NewVersions:
        """Tell what is known. Raises StoreError."""
        named = self.source().named

        def question(connection: Connection) -> NewVersions:
            kept: dict[str, Any] = settings.state(connection, "update") or {}
            versions = msgspec.convert(kept.get("versions", []), list[Version])
            return NewVersions(
                enabled=settings.policies(connection).update_check,
                named=named,
                current=__version__,
                newer=newer(versions, __version__),
                checked_at=kept.get("checked_at"),
                error=kept.get("error", ""),
            )

        return await self.store.read(question)

    async def look(self) -> NewVersions:
        """Look now, and keep what was found. Raises StoreError."""
        found: dict[str, Any] = {"checked_at": self.clock(), "error": "", "versions": []}
        try:
            found["versions"] = msgspec.to_builtins(await self._fetched())
        except (UpdateError, CallError) as error:
            found["error"] = str(error)
            self.log.system.warning("new versions not looked for", error=str(error))

        def keep(connection: Connection) -> None:
            if found["error"]:  # what was known stays known
                before: dict[str, Any] = settings.state(connection, "update") or {}
                found["versions"] = before.get("versions", [])
            settings.set_state(connection, "update", found)

        await self.store.write(keep)
        standing = await self.standing()
        if standing.newer and not standing.error:
            self.log.system.info("new version", version=standing.newer[0].version)
        return standing

    async def _fetched(self) -> list[Version]:
        """Fetch the list and its signature. Raises UpdateError, CallError."""
        source = self.source()
        if not source.named:
            raise UpdateError("hawknest.toml does not say where: name url and key under [updates]")
        if urlsplit(source.url).scheme not in {"https", "http"} or not urlsplit(source.url).hostname:
            raise UpdateError(f"{source.url} is no address of a page")
        fetch = partial(
            webcall.get, context=client_context(verify=True), may=_anywhere, seconds=PATIENCE, limit=LIMIT
        )
        octets = await fetch(source.url)
        return verified(octets, await fetch(f"{source.url}.sig"), source.key)


def _anywhere(_: IpAddress) -> bool:
    """The address stands in the owner's own file."""
    return True

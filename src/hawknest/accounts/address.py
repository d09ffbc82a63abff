"""The address on the Internet that this server is reached at: where it is learnt, what it is, and who is told when it changes.

A server behind a router does not know it by itself, and a line at home gets another one now and then. So the owner says
how it is learnt: it is named (*fixed*), it is that of this machine's own interface, or a page says it (*https*). A provider of
dynamic names is told by the protocol that dyndns.org began and nearly all of them speak.
"""

import ipaddress
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from hawknest.accounts import settings
from hawknest.accounts.errors import AccountError
from hawknest.accounts.vault import Vault
from hawknest.dns import IpAddress, canonical_name
from hawknest.store import Connection

_STATE: Final = "address"
_PURPOSE: Final = "dynamic dns"


class Source(StrEnum):
    """Where the address is learnt."""

    OFF = "off"
    FIXED = "fixed"
    INTERFACE = "interface"
    HTTPS = "https"


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider of dynamic names, by the dyndns2 protocol."""

    url: str  # up to the question mark, such as https://members.dyndns.org/nic/update
    host: str  # the name that is to lead here
    user: str
    sealed: str

    def __repr__(self) -> str:
        """Never the password."""
        return f"Provider(url={self.url!r}, host={self.host!r}, user={self.user!r})"

    def password(self, vault: Vault) -> str:
        """Open the password. Raises VaultError."""
        return vault.open(self.sealed, _PURPOSE).decode()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known. Times are seconds since the epoch."""

    source: Source = Source.OFF
    url: str = ""  # of the page that says it
    known: tuple[str, ...] = ()
    known_since: float | None = None
    looked_at: float | None = None
    problem: str = ""  # why it could not be learnt; '': it could
    provider: Provider | None = None
    told: tuple[str, ...] = ()  # what the provider has been told, and took
    told_at: float | None = None
    refused: str = ""  # why the provider did not take it; '': it did
    final: bool = False  # and there is no use in asking again until something is changed here
    tried_at: float | None = None  # when the provider was last asked

    @property
    def addresses(self) -> tuple[IpAddress, ...]:
        """What is known, as addresses."""
        return tuple(ipaddress.ip_address(text) for text in self.known)


def standing(connection: Connection) -> Standing:
    """Tell what is known."""
    kept: dict[str, Any] = settings.state(connection, _STATE) or {}
    return msgspec.convert(kept, Standing)


def keep(connection: Connection, found: Standing) -> Standing:
    """Keep what is known."""
    settings.set_state(connection, _STATE, msgspec.to_builtins(found))
    return found


def fix(connection: Connection, texts: Sequence[str], now: float) -> Standing:
    """Name the addresses. Raises AccountError."""
    known = tuple(dict.fromkeys(str(_address(text)) for text in texts))
    if not known:
        raise AccountError("name at least one IP address")
    old = standing(connection)
    since = old.known_since if old.known == known else now
    return keep(
        connection,
        msgspec.structs.replace(
            old, source=Source.FIXED, url="", known=known, known_since=since, problem="", final=False
        ),
    )


def watch(connection: Connection, source: Source, url: str = "") -> Standing:
    """Learn the address from the interface, or from a page at an HTTPS address. Raises AccountError."""
    if source is Source.HTTPS:
        _https(url)
    elif url:
        raise AccountError("only with https there is an address of a page to name")
    old = standing(connection)
    return keep(
        connection,
        msgspec.structs.replace(old, source=source, url=url, looked_at=None, problem="", final=False),
    )


def stop(connection: Connection) -> Standing:
    """Learn and tell nothing any more, and forget what was known."""
    return keep(connection, Standing())


def tell(connection: Connection, vault: Vault, *, url: str, host: str, user: str, password: str) -> Standing:
    """Tell a provider from now on. Raises AccountError."""
    _https(url)
    if (name := canonical_name(host)) is None or "." not in name:
        raise AccountError(f"{host[:100]} cannot be the name of a host")
    if not user or not password or ":" in user or not (user + password).isprintable():
        raise AccountError("the provider wants a user name and a password, in one line each")
    provider = Provider(url=url, host=name, user=user, sealed=vault.seal(password.encode(), _PURPOSE))
    old = standing(connection)
    if old.source is Source.OFF:
        raise AccountError(
            "say first where the address is learnt: hawknest address watch, or hawknest address set"
        )
    return keep(
        connection,
        msgspec.structs.replace(
            old, provider=provider, told=(), told_at=None, refused="", final=False, tried_at=None
        ),
    )


def tell_nobody(connection: Connection) -> Standing:
    """Tell no provider any more."""
    old = standing(connection)
    return keep(
        connection,
        msgspec.structs.replace(
            old, provider=None, told=(), told_at=None, refused="", final=False, tried_at=None
        ),
    )


def _address(text: str) -> IpAddress:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        raise AccountError(f"{text[:100]} is not an IP address") from None


def _https(url: str) -> None:
    """Raise AccountError where a URL is not one of HTTPS, or has a password in it."""
    try:
        parts = urlsplit(url)
        right = parts.scheme == "https" and parts.hostname and parts.username is None and url.isascii()
    except ValueError:
        right = False
    if not right or not url.isprintable() or " " in url:
        raise AccountError(
            f"{url[:200]} is not an address that begins with https://, without a password in it"
        )

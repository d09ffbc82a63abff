"""Which authority the owner wants certificates of, and that its terms were agreed to. RFC 8555 §7.3.

The terms are a contract, and nobody but the owner can enter into one. So an authority is never asked by default: whoever
switches it on has said yes to its terms, in that very step, and it is written down when, and which terms they were.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from hawknest.accounts import settings
from hawknest.accounts.errors import AccountError
from hawknest.net.acme import KINDS, KNOWN, LETSENCRYPT, STAGING
from hawknest.store import Connection, certificates

AUTO: Final = "auto"
#: Where the terms of authorities are, for who agrees to them without asking the authority first.
TERMS: Final[dict[str, str]] = dict.fromkeys((LETSENCRYPT, STAGING), "https://letsencrypt.org/repository/")
_STATE: Final = "acme"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner wants; `ca` is the address of the authority's directory, '' for none."""

    ca: str = ""
    challenge: str = AUTO
    contact: str = ""  # an address that the authority may write to
    terms: str = ""  # where those that were agreed to are
    agreed_at: float = 0.0  # seconds since the epoch

    @property
    def name(self) -> str:
        """What the authority is called: its short name, where it has one."""
        return called(self.ca)


def called(ca: str) -> str:
    """Give the short name of an authority, or its address where it has none."""
    return next((name for name, url in KNOWN.items() if url == ca), ca)


def named(text: str) -> str:
    """Read an authority as an owner types it: a short name, or an address. Raises AccountError."""
    text = text.strip()
    if (known := KNOWN.get(text.lower())) is not None:
        return known
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname:
        raise AccountError(
            f"an authority is {', '.join(KNOWN)} or the https address of its directory, not {text[:100]}"
        )
    return text


def wish(connection: Connection) -> Wish:
    """Read what the owner wants."""
    kept: dict[str, Any] = settings.state(connection, _STATE) or {}
    return msgspec.convert(kept, Wish)


def want(connection: Connection, wanted: Wish) -> Wish:
    """Want certificates of an authority whose terms were agreed to. Raises AccountError."""
    if wanted.challenge not in {AUTO, *KINDS}:
        raise AccountError(f"the challenge is {AUTO}, {', '.join(KINDS)}, not {wanted.challenge[:50]}")
    if wanted.contact and ("@" not in wanted.contact or any(c in wanted.contact for c in " ,\r\n")):
        raise AccountError(f"{wanted.contact[:100]} is not an address that the authority could write to")
    if not wanted.agreed_at:
        raise AccountError("an authority is asked only when its terms were agreed to")
    settings.set_state(connection, _STATE, msgspec.to_builtins(wanted))
    certificates.hasten_wanted(connection, wanted.ca)
    return wanted


def want_none(connection: Connection) -> None:
    """Ask no authority any more; the certificates that are there are shown until they end."""
    settings.set_state(connection, _STATE, {})
    certificates.changed(connection)

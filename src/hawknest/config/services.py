"""The services that a nest can listen for, and the two profiles that a nest begins with. RFC 8314 §3, RFC 6409 §3.1.

The table is the one list of services: the file's reader, the profiles, the documents and the status take it from here, so
that a new protocol is one more row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Tls(StrEnum):
    """How TLS begins on a listener."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


class Profile(StrEnum):
    """What a nest is for."""

    LOCAL = "local"
    INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class Service:
    """One protocol that peers or mail programs speak to us."""

    title: str
    port: int  # the standard one
    local_port: int  # the one of the profile `local`, which needs no root
    tls: Tls
    on: bool = True  # in a new nest
    everywhere: bool = True  # listed in a new nest's file


SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {
        "smtp": Service("letters from other servers (MX)", 25, 2525, Tls.STARTTLS),
        "submission": Service("letters from mail programs, STARTTLS", 587, 2587, Tls.STARTTLS),
        "submissions": Service("letters from mail programs, TLS", 465, 2465, Tls.IMPLICIT),
        "lmtp": Service("letters from another server on this machine", 24, 2024, Tls.NONE, everywhere=False),
        "pop3": Service("reading, STLS", 110, 2110, Tls.STARTTLS),
        "pop3s": Service("reading, TLS", 995, 2995, Tls.IMPLICIT),
        "imap": Service("reading and keeping, STARTTLS", 143, 2143, Tls.STARTTLS),
        "imaps": Service("reading and keeping, TLS", 993, 2993, Tls.IMPLICIT),
        "http": Service("the pages, for this machine itself; others are led to https", 80, 8080, Tls.NONE),
        "https": Service("the pages", 443, 8443, Tls.IMPLICIT),
        "finger": Service("what users chose to tell", 79, 2079, Tls.NONE, on=False),
    }
)

#: The services that pages are given by.
WEB: Final = ("http", "https")

"""What is wrong with a certificate: its key, its time, its names. RFC 5280 §4.1.2.5, RFC 6125 §6.4."""

import ssl
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from cryptography import x509

from hawknest.net.tls import names_of

SOON: Final = 14 * 86400.0  # seconds before its end at which somebody should see to it


class Flaw(Enum):
    """What can be wrong."""

    UNUSABLE = auto()  # not there, not readable, or the key is another's
    OVER = auto()
    SOON_OVER = auto()
    NOT_YET = auto()
    OTHER_NAME = auto()


@dataclass(frozen=True, slots=True)
class Examined:
    """A flaw, with what belongs to it."""

    flaw: Flaw
    words: str = ""  # of the system, or the names that are in it
    at: float = 0.0  # when it begins or ends, in seconds since the epoch


def examine(chain: Path, key: Path, hostname: str, now: float) -> list[Examined]:
    """Look a certificate over; `now` is in seconds since the epoch, an empty `hostname` is not compared."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
        first = x509.load_pem_x509_certificates(chain.read_bytes())[0]
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return [Examined(Flaw.UNUSABLE, _reason(error))]
    found: list[Examined] = []
    begins, ends = first.not_valid_before_utc.timestamp(), first.not_valid_after_utc.timestamp()
    if begins > now:
        found.append(Examined(Flaw.NOT_YET, at=begins))
    if ends <= now:
        found.append(Examined(Flaw.OVER, at=ends))
    elif ends <= now + SOON:
        found.append(Examined(Flaw.SOON_OVER, at=ends))
    names = names_of(first)
    if hostname and not any(_matches(name, hostname) for name in names):
        found.append(Examined(Flaw.OTHER_NAME, ", ".join(names)))
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "the key does not belong to it" if "MISMATCH" in str(error.reason) else "this is no PEM file"
    return getattr(error, "strerror", None) or str(error)


def _matches(name: str, hostname: str) -> bool:
    """Whether a name of a certificate is a host's; `*` stands for its whole first label."""
    name, hostname = name.lower(), hostname.lower().rstrip(".")
    return name == hostname or (name.startswith("*.") and name[2:] == hostname.partition(".")[2])

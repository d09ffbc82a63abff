"""What an SMTP server offers: the lines of its answer to EHLO, each computed from what there is. RFC 5321 §4.1.1.1."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Offers:
    """What the door can do, as far as it depends on the door."""

    size: int = 0  # octets a letter may have; 0: any number
    starttls: bool = False
    auth: tuple[str, ...] = ()
    requiretls: bool = False  # over TLS alone: RFC 8689 §2


#: The lines of the answer to EHLO, each computed from what is offered.
KEYWORDS: Final[tuple[Callable[[Offers], str | None], ...]] = (
    lambda _: "PIPELINING",
    lambda offers: f"SIZE {offers.size}",  # 0: no fixed maximum (RFC 1870 §4)
    lambda _: "8BITMIME",
    lambda _: "SMTPUTF8",
    lambda _: "CHUNKING",
    lambda _: "BINARYMIME",
    lambda _: "DSN",
    lambda _: "ENHANCEDSTATUSCODES",
    lambda offers: "REQUIRETLS" if offers.requiretls else None,
    lambda offers: "STARTTLS" if offers.starttls else None,
    lambda offers: " ".join(("AUTH", *offers.auth)) if offers.auth else None,
    lambda _: "HELP",
)


def keywords(offers: Offers) -> list[str]:
    """Give the lines of what is offered now."""
    return [line for keyword in KEYWORDS if (line := keyword(offers)) is not None]

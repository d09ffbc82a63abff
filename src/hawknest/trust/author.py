"""Whose letter it says it is: the one domain in From that can be asked about it, or why there is none. RFC 9989 §4.3, RFC 5322 §3.6.2.

Programs differ in what they show of a From that is not as it should be, and a forger picks the one that shows the bank. So a domain
is named only where every program must come to the same; everything else is a fault, and a letter with a fault passes no check.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hawknest.mail.mailboxes import Mailbox, mailboxes
from hawknest.trust import canonical

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")


class Fault(StrEnum):
    """Why nobody can be asked."""

    MISSING = "the letter does not say whom it is from"
    SEVERAL_FIELDS = "the letter has several From fields, of which programs show one or the other"
    SEVERAL_DOMAINS = "the letter names authors of several domains"
    UNREADABLE = "what the letter says of whom it is from cannot be read without doubt"


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a letter says it is from."""

    domain: str  # A-labels in lower case; empty where there is a fault
    fault: Fault | None = None


def author(header: bytes) -> Author:
    """Find the author's domain in a header section, any octets."""
    fields = [raw for name, raw in canonical.fields(header) if name == b"from"]
    if not fields:
        return Author("", Fault.MISSING)
    if len(fields) > 1:
        return Author("", Fault.SEVERAL_FIELDS)
    value = fields[0].partition(b":")[2]
    if _CONTROL.search(value.removesuffix(b"\r\n").removesuffix(b"\n")):
        return Author("", Fault.UNREADABLE)
    found = mailboxes(value)
    if not found:
        return Author("", Fault.MISSING)
    domains = {one.address.domain for one in found if one.address is not None and _certain(one)}
    if len(domains) > 1:
        return Author("", Fault.SEVERAL_DOMAINS)
    if len(domains) < 1 or not all(one.address is not None and _certain(one) for one in found):
        return Author("", Fault.UNREADABLE)
    (domain,) = domains
    if not domain or domain.startswith("["):
        return Author("", Fault.UNREADABLE)
    return Author(domain)


def _certain(one: Mailbox) -> bool:
    """Whether an address reads the same everywhere: one @, unless in quotes that all know."""
    return one.text.count("@") == 1

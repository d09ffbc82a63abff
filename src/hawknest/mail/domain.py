"""The part of an address after the @: a domain name or an address literal. RFC 5321 §4.1.2, RFC 5890, UTS 46.

A domain has one spelling inside Hawknest: lower case, A-labels (`xn--…`) for anything beyond ASCII, no dot at
the end; an address literal is in brackets with the shortest form of the address, `[192.0.2.1]` or
`[IPv6:2001:db8::1]`. So two domains are the same exactly when their texts are the same.
"""

import ipaddress
import re
from functools import lru_cache
from typing import Final

import idna

DOMAIN_LIMIT: Final = 255  # octets, RFC 5321 §4.5.3.1

# Domain     = sub-domain *("." sub-domain)
# sub-domain = Let-dig [Ldh-str]                      ; RFC 5321 §4.1.2, at most 63 octets: RFC 1035 §2.3.4
# quirk_underscore: real hosts have names with "_" in them; every resolver and server takes them.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*+", re.ASCII)
_NUMERIC_END: Final = re.compile(r"(?:.*\.)?[0-9]+", re.ASCII)
_BARE_IPV6: Final = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*", re.ASCII | re.IGNORECASE)


class AddressError(ValueError):
    """The text is not an address, or not a domain; the message is plain ASCII and fit to be sent to the peer."""


def canonical_domain(text: str) -> str:
    """The one spelling of a domain as it stands in an SMTP path.

    A dot at the end is refused: RFC 5321 §4.1.2 has none there, and a name that some hosts call the same and
    others call different is how a filter is walked around.

    Args:
        text: a domain name (A-labels or U-labels, any case) or an address literal in its brackets.

    Raises:
        AddressError: it is neither.
    """
    if len(text) > DOMAIN_LIMIT:
        raise AddressError("the domain is longer than 255 octets")
    return _canonical(text)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    if text.startswith("["):
        return _literal(text)
    if not text:
        raise AddressError("the domain is missing")
    name = text.lower() if text.isascii() else _a_labels(text)
    if len(name) > DOMAIN_LIMIT:
        raise AddressError("the domain is longer than 255 octets")
    if not _DOMAIN.fullmatch(name):
        raise AddressError(_what_is_wrong(name))
    if _NUMERIC_END.fullmatch(name):
        raise AddressError(
            "no domain ends in a number; an IP address stands in brackets, as in user@[192.0.2.1]"
        )
    return name


def _what_is_wrong(name: str) -> str:
    if name.endswith("."):
        return "the domain must not end with a dot"
    if name.startswith(".") or ".." in name:
        return "the domain has an empty part between dots"
    if any(len(label) > 63 for label in name.split(".")):
        return "a part of the domain is longer than 63 octets"
    if _BARE_IPV6.fullmatch(name):
        return "an IP address must stand in brackets, as in user@[IPv6:2001:db8::1]"
    return "the domain has a character that no domain name can have"


def _a_labels(text: str) -> str:
    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except UnicodeError:
        raise AddressError("the domain is not a valid internationalized domain name") from None


def _literal(text: str) -> str:
    """An address literal in its shortest form.

    address-literal      = "[" ( IPv4-address-literal / IPv6-address-literal / … ) "]"   ; RFC 5321 §4.1.3
    IPv6-address-literal = "IPv6:" IPv6-addr
    """
    if not text.endswith("]"):
        raise AddressError("the address in brackets has no closing bracket")
    inside = text[1:-1]
    try:
        if inside[:5].lower() == "ipv6:" and "%" not in inside:
            return f"[IPv6:{ipaddress.IPv6Address(inside[5:])}]"
        return f"[{ipaddress.IPv4Address(inside)}]"
    except ValueError:
        raise AddressError(
            "the brackets must hold an address, as in [192.0.2.1] or [IPv6:2001:db8::1]"
        ) from None


def domain_name(text: str) -> str:
    """The one spelling of a domain that a person typed: spaces around it and a dot at its end are forgiven.

    Args:
        text: `Example.COM.`, `bücher.example`, `[192.0.2.1]`, …

    Raises:
        AddressError: it is no domain; the message says what to write instead where that is clear.
    """
    name = text.strip()
    if "@" in name:
        raise AddressError("a domain is what stands after the @, without the @")
    if bracketed := _bracketed(name):
        raise AddressError(f"an IP address must stand in brackets: write {bracketed}")
    return canonical_domain(name.removesuffix("."))


def _bracketed(text: str) -> str | None:
    """How a bare IP address is to be written as a domain, or None when it is none."""
    try:
        address = ipaddress.ip_address(text.lower().removeprefix("ipv6:"))
    except ValueError:
        return None
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def to_unicode(domain: str) -> str:
    """A domain as people read it: A-labels become U-labels where that is valid, else they stay.

    Args:
        domain: a domain in its one spelling.
    """
    if "xn--" not in domain:
        return domain
    return ".".join(_u_label(label) for label in domain.split("."))


def _u_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return idna.decode(label)
    except UnicodeError:
        return label

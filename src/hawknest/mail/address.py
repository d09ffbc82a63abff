"""Mail addresses and SMTP paths as values. RFC 5321 §4.1.2, RFC 6531 §3.3.

An `Address` holds what an address means, not how it was spelled: the local part without quotes, the domain in its
one spelling (see `hawknest.mail.domain`). `str(address)` spells it again, with quotes only where they are needed.

A `Path` is what stands after MAIL FROM: and RCPT TO:. The relay tricks of old are either no address here
(`<user@foreign@local>`, `"user%foreign"`) or an address whose local part is just a name to look up
(`user%foreign@local`, `"user@foreign"@local`): nothing in Hawknest looks into a local part for another host.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from hawknest.mail.domain import DOMAIN_LIMIT, AddressError, canonical_domain, domain_name, to_unicode

__all__ = [
    "DOMAIN_LIMIT",
    "LOCAL_LIMIT",
    "PATH_LIMIT",
    "Address",
    "AddressError",
    "Path",
    "canonical_domain",
    "domain_name",
    "parse_address",
    "parse_path",
    "take_path",
    "to_unicode",
]

LOCAL_LIMIT: Final = 64  # octets, RFC 5321 §4.5.3.1
PATH_LIMIT: Final = 256  # octets with the angle brackets, RFC 5321 §4.5.3.1

# atext = ALPHA / DIGIT / "!" / "#" / … / "~"           ; RFC 5322 §3.2.3
# atext =/ UTF8-non-ascii                               ; RFC 6531 §3.3
# Of UTF-8 we leave out what no one can see or type: controls, spaces, direction marks, lone surrogates, and
# U+FFFD, which stands for bytes that were no UTF-8.
_ATEXT = r"A-Za-z0-9!#$%&'*+\-/=?^_`{|}~"
_UTF8 = (
    "\xa1-\xac\xae-\u167f\u1681-\u1fff\u200c\u200d\u2010-\u2027\u2030-\u205e\u2070-\u2fff"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\uffef\U00010000-\U000e0000\U000e0100-\U000effff"
)

# Mailbox    = Local-part "@" ( Domain / address-literal )
# Dot-string = Atom *("." Atom)                         ; RFC 5321 §4.1.2
_PLAIN: Final = re.compile(rf"<([{_ATEXT}]++(?:\.[{_ATEXT}]++)*+)@([A-Za-z0-9.-]++)>", re.ASCII)
_DOT_STRING: Final = re.compile(rf"[{_ATEXT}]++(?:\.[{_ATEXT}]++)*+", re.ASCII)
# quirk_loose_dots: Japanese carriers gave out addresses such as `a..b.@docomo.ne.jp`; they are still in use.
_LOOSE_DOTS: Final = re.compile(rf"[.{_ATEXT}{_UTF8}]++")
# Quoted-string = DQUOTE *QcontentSMTP DQUOTE
# QcontentSMTP  = qtextSMTP / quoted-pairSMTP           ; RFC 5321 §4.1.2, with UTF-8 by RFC 6531 §3.3
_QUOTED: Final = re.compile(rf'"((?:[ !#-\[\]-~{_UTF8}]|\\[ -~])*+)"')
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_TO_QUOTE: Final = re.compile(r'(["\\])')
# A path ends at its ">" or, without brackets, at a space; neither counts inside quotes.
_BRACKETED: Final = re.compile(r'<(?:"(?:[^"\\]|\\.)*+"|[^">])*+>', re.DOTALL)
_BARE: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|[^" ])*+', re.DOTALL)
# A-d-l     = At-domain *( "," At-domain )              ; RFC 5321 §4.1.2
# At-domain = "@" Domain
_SOURCE_ROUTE: Final = re.compile(
    r"((?:@[^@,:\"\[\] ]++|@\[[^\]\[]*+\])(?:,(?:@[^@,:\"\[\] ]++|@\[[^\]\[]*+\]))*+):"
)
_AT_DOMAIN: Final = re.compile(r"@(\[[^\]]*+\]|[^,]++)")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: who, and at which domain.

    Two addresses are equal when they are spelled alike (quotes aside); `key` compares them as a mailbox does.
    """

    #: The local part without quotes, as it was given: any printable text, even empty.
    local: str
    #: The domain in its one spelling; empty only for the bare `postmaster` (RFC 5321 §4.1.1.3).
    domain: str

    def __str__(self) -> str:
        """The address as it stands in a path: quoted where it must be, A-labels."""
        if not self.domain:
            return self.local
        return f"{self._spelled()}@{self.domain}"

    def _spelled(self) -> str:
        local = self.local
        if _DOT_STRING.fullmatch(local):
            return local
        if not local.isascii() and _LOOSE_DOTS.fullmatch(local) and _dots_are_single(local):
            return local
        return '"' + _TO_QUOTE.sub(r"\\\1", local) + '"'

    @property
    def key(self) -> str:
        """The text under which the mailbox is looked up: without case, NFC, so that one person has one key."""
        local = self.local
        if local.isascii():
            return f"{local.lower()}@{self.domain}"
        folded = unicodedata.normalize("NFD", local).casefold()
        return f"{unicodedata.normalize('NFC', folded)}@{self.domain}"

    @property
    def display(self) -> str:
        """The address as people read it: U-labels."""
        return f"{self._spelled()}@{to_unicode(self.domain)}" if self.domain else self.local

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server with SMTPUTF8 can take it: a domain has an ASCII spelling, a local part not."""
        return not self.local.isascii()

    def split_plus(self, separator: str = "+") -> tuple["Address", str | None]:
        """The mailbox and the detail of `user+detail@domain`. RFC 5233 §1.

        Args:
            separator: the character, or characters, after which the detail begins.

        Returns:
            The address without the detail, and the detail; the address itself and None when it has none.
        """
        user, found, detail = self.local.partition(separator)
        if not found or not user:
            return self, None
        return Address(user, self.domain), detail


def _dots_are_single(local: str) -> bool:
    return not (local.startswith(".") or local.endswith(".") or ".." in local)


@dataclass(frozen=True, slots=True)
class Path:
    """What stands after MAIL FROM: or RCPT TO:. RFC 5321 §4.1.2."""

    #: None is the null reverse-path `<>`.
    address: Address | None
    #: The hosts of a source route, which is obsolete and else ignored. RFC 5321 §C
    route: tuple[str, ...] = ()
    #: Whether the path was written with characters beyond ASCII, so that the peer owed us SMTPUTF8.
    utf8: bool = False


NULL_PATH: Final = Path(None)


def parse_path(text: str, *, local_limit: int = LOCAL_LIMIT) -> Path:
    """The path that a whole text is: `<user@example.com>`, `user@example.com`, `<>`, `<postmaster>`, …

    Args:
        text: the path, decoded as UTF-8.
        local_limit: octets that a local part may have. RFC 5321 §4.5.3.1 lets a server take more than 64, and
            the bounce addresses of some large senders have more.

    Raises:
        AddressError: it is none; the message is fit to be sent to the peer.
    """
    if plain := _PLAIN.fullmatch(text):
        local, domain = plain.groups()
        return Path(_checked(local, canonical_domain(domain), local_limit))
    path, rest = take_path(text, local_limit=local_limit)
    if rest.strip(" "):
        raise AddressError("there is something after the address")
    return path


def take_path(text: str, *, local_limit: int = LOCAL_LIMIT) -> tuple[Path, str]:
    """The path at the start of a text, and what follows it (the parameters of MAIL and RCPT).

    quirk_space_before_path: `MAIL FROM: <a@b>` is common, though RFC 5321 §4.1.1.2 has no space there.
    quirk_no_brackets: `RCPT TO:a@b` was always understood.

    Args:
        text: all that stands after the colon, decoded as UTF-8.
        local_limit: see `parse_path`.

    Returns:
        The path, and the rest without the spaces at its start.

    Raises:
        AddressError: no path stands there; the message is fit to be sent to the peer.
    """
    text = text.lstrip(" ")
    if plain := _PLAIN.match(text):
        local, domain = plain.groups()
        path = Path(_checked(local, canonical_domain(domain), local_limit))
        return path, _after(text, plain.end())
    if text.startswith("<"):
        found = _BRACKETED.match(text)
        if found is None:
            raise AddressError("the address has no closing >")
        inside = found[0][1:-1]
        if not inside:
            return NULL_PATH, _after(text, found.end())
    else:
        found = _BARE.match(text)
        inside = found[0] if found else ""
        if not inside:
            raise AddressError("the address is missing")
    return _path(inside, local_limit), _after(text, len(found[0]) if found else 0)


def _after(text: str, end: int) -> str:
    rest = text[end:]
    if rest and not rest.startswith(" "):
        raise AddressError("a space must follow the address")
    return rest.lstrip(" ")


def _path(inside: str, local_limit: int) -> Path:
    route: tuple[str, ...] = ()
    mailbox = inside
    if inside.startswith("@") and (found := _SOURCE_ROUTE.match(inside)):
        route = tuple(canonical_domain(host) for host in _AT_DOMAIN.findall(found[1]))
        mailbox = inside[found.end() :]
    utf8 = not inside.isascii()
    if not route and mailbox.lower() == "postmaster":
        return Path(Address(mailbox, ""))
    return Path(_mailbox(mailbox, local_limit), route, utf8)


def parse_address(text: str, *, local_limit: int = LOCAL_LIMIT) -> Address:
    """The address that a text is, without brackets, route or anything else: `user@example.com`.

    Args:
        text: the address; its domain may be written with U-labels.
        local_limit: see `parse_path`.

    Raises:
        AddressError: it is no address; the message says what is wrong.
    """
    return _mailbox(text, local_limit)


def _mailbox(text: str, local_limit: int) -> Address:
    if quoted := _QUOTED.match(text):
        local = _QUOTED_PAIR.sub(r"\1", quoted[1])
        at, domain = text[quoted.end() : quoted.end() + 1], text[quoted.end() + 1 :]
    else:
        local, at, domain = text.partition("@")
        if at and not _LOOSE_DOTS.fullmatch(local):
            raise AddressError(_what_is_wrong(local))
    if at != "@":
        raise AddressError("the address has no domain: it must be like user@example.com")
    if "@" in domain:
        raise AddressError("the address has more than one @")
    return _checked(local, canonical_domain(domain), local_limit)


def _what_is_wrong(local: str) -> str:
    if not local:
        return "nothing stands before the @"
    if '"' in local:
        return "the quotes before the @ are not well-formed"
    return "the part before the @ has a character that must be quoted, or cannot be used at all"


def _checked(local: str, domain: str, local_limit: int) -> Address:
    size = len(local) if local.isascii() else len(local.encode())
    if size > local_limit:
        raise AddressError(f"the part before the @ is longer than {local_limit} octets")
    if size + len(domain) + 3 > PATH_LIMIT:
        raise AddressError("the address is longer than 254 octets")
    return Address(local, domain)

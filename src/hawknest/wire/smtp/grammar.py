"""How the command lines of SMTP and LMTP are read. RFC 5321 §4.1, RFC 2033.

Each row of `GRAMMAR` is one verb. An argument that cannot be read raises `CommandError`, which carries the reply it deserves.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Final

from hawknest.mail.address import AddressError, Path, take_path
from hawknest.mail.envelope import Body, EnvelopeError, Ret, parse_envid, parse_notify, parse_orcpt
from hawknest.wire.errors import ProtocolError
from hawknest.wire.smtp import replies
from hawknest.wire.smtp.command import (
    Auth,
    Bdat,
    Command,
    Data,
    Ehlo,
    Helo,
    Help,
    Lhlo,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Unimplemented,
    Vrfy,
)
from hawknest.wire.smtp.reply import Reply


class CommandError(ProtocolError):
    """A line that is no command of ours; `reply` is what it deserves."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


_HTTP: Final = re.compile(rb"(?:GET|POST|HEAD|PUT|OPTIONS|CONNECT|DELETE|PATCH|TRACE) ")
# esmtp-param   = esmtp-keyword ["=" esmtp-value]
# esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
# esmtp-value   = 1*(%d33-60 / %d62-126)                      ; RFC 5321 §4.1.2; UTF-8 for ORCPT by RFC 6533 §3
_PARAMETER: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\x80-\U0010ffff]+))?")
_SIZE: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
# bdat-cmd   = "BDAT" SP chunk-size [ SP end-marker ] CR LF    ; RFC 3030 §2
_BDAT: Final = re.compile(r"([0-9]{1,20})( +LAST)?", re.ASCII | re.IGNORECASE)
_MECHANISM: Final = re.compile(r"[A-Za-z0-9_-]{1,20}", re.ASCII)
_NAME: Final = 255  # octets of a host name


def parse(line: bytes) -> Command:
    """Read a command line, without its CRLF. Raises CommandError."""
    verb, _, rest = line.rstrip(b" \t").partition(b" ")  # RFC 5321 §4.1.1 bears white space at the end
    read = GRAMMAR.get(verb.upper())
    if read is None:
        if _HTTP.match(line):
            raise CommandError(replies.NOT_HTTP)
        raise CommandError(replies.UNKNOWN_COMMAND)
    try:
        return read(rest.decode("utf-8"))
    except UnicodeDecodeError:
        raise CommandError(replies.BAD_SYNTAX) from None


def base64(text: str) -> bytes:
    """Read a base64 string of a SASL exchange; "=" stands for an empty one (RFC 4954 §4). Raises CommandError."""
    if text == "=":
        return b""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CommandError(replies.BAD_BASE64) from None


def _name(rest: str) -> str:
    name = rest.strip(" ")
    if not name or len(name) > _NAME or not name.isprintable():
        raise CommandError(Reply(501, (5, 5, 4), "Say your own host name after the command"))
    return name


def _nothing(command: Command) -> Callable[[str], Command]:
    """A command that has no arguments."""

    def read(rest: str) -> Command:
        if rest.strip(" "):
            raise CommandError(Reply(501, (5, 5, 4), "This command has no arguments"))
        return command

    return read


def _anything(command: Command) -> Callable[[str], Command]:
    """A command whose arguments do not matter."""
    return lambda _: command


def _path(rest: str, keyword: str) -> tuple[Path, str]:
    if rest[: len(keyword)].upper() != keyword:
        raise CommandError(Reply(501, (5, 5, 4), f"{keyword} must follow the command"))
    try:
        return take_path(rest[len(keyword) :])
    except AddressError as error:
        code = (5, 1, 7) if keyword == "FROM:" else (5, 1, 3)
        raise CommandError(Reply(553, code, f"This is not an address: {error}")) from None


def _parameters(text: str) -> list[tuple[str, str]]:
    """Read the parameters of MAIL and RCPT, each at most once."""
    found: dict[str, str] = {}
    for word in text.split(" "):
        if not word:
            continue
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in found:
            raise CommandError(replies.BAD_SYNTAX)
        found[match[1].upper()] = match[2] or ""
    return list(found.items())


def _mail(rest: str) -> Mail:
    """Read MAIL: `mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF`."""
    path, text = _path(rest, "FROM:")
    if not text:
        if path.utf8:
            raise CommandError(replies.NEEDS_SMTPUTF8)
        return Mail(path.address)
    size, body, smtputf8, ret, envid, requiretls = 0, Body.SEVEN_BIT, False, None, None, False
    try:
        for keyword, value in _parameters(text):
            match keyword:
                case "SIZE" if _SIZE.fullmatch(value):
                    size = int(value)
                case "BODY":
                    body = Body(value.upper())
                case "SMTPUTF8" if not value:
                    smtputf8 = True
                case "REQUIRETLS" if not value:
                    requiretls = True
                case "RET":
                    ret = Ret(value.upper())
                case "ENVID" if value:
                    envid = parse_envid(value)
                case "AUTH" if value:  # who wrote it first (RFC 4954 §5): we trust nobody to say so
                    pass
                case "SIZE" | "SMTPUTF8" | "REQUIRETLS" | "ENVID" | "AUTH":
                    raise CommandError(replies.BAD_SYNTAX)
                case _:
                    raise CommandError(replies.PARAMETER_UNKNOWN)
    except EnvelopeError as error:
        raise CommandError(Reply(501, (5, 5, 4), str(error))) from None
    except ValueError:
        raise CommandError(replies.BAD_SYNTAX) from None
    if path.utf8 and not smtputf8:
        raise CommandError(replies.NEEDS_SMTPUTF8)
    return Mail(path.address, size, body, smtputf8, ret, envid, requiretls)


def _rcpt(rest: str) -> Rcpt:
    """Read RCPT: `rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF`."""
    path, text = _path(rest, "TO:")
    if path.address is None:
        raise CommandError(Reply(553, (5, 1, 3), "The recipient is missing"))
    if not text:
        return Rcpt(path.address, routed=bool(path.route))
    orcpt, notify = None, None
    try:
        for keyword, value in _parameters(text):
            match keyword:
                case "ORCPT":
                    orcpt = parse_orcpt(value)
                case "NOTIFY":
                    notify = parse_notify(value)
                case _:
                    raise CommandError(replies.PARAMETER_UNKNOWN)
    except EnvelopeError as error:
        raise CommandError(Reply(501, (5, 5, 4), str(error))) from None
    return Rcpt(path.address, orcpt, notify, bool(path.route))


def _bdat(rest: str) -> Bdat:
    match = _BDAT.fullmatch(rest.strip(" "))
    if match is None:
        raise CommandError(replies.BAD_SYNTAX)
    return Bdat(int(match[1]), match[2] is not None)


def _auth(rest: str) -> Auth:
    """Read AUTH: `"AUTH" SP sasl-mech [SP (base64 / "=")] *(CRLF [base64])`; RFC 4954 §8."""
    mechanism, _, initial = rest.strip(" ").partition(" ")
    if not _MECHANISM.fullmatch(mechanism):
        raise CommandError(replies.BAD_SYNTAX)
    return Auth(mechanism.upper(), base64(initial.strip(" ")) if initial else None)


def _needs_an_argument(command: Command) -> Callable[[str], Command]:
    def read(rest: str) -> Command:
        if not rest.strip(" "):
            raise CommandError(replies.BAD_SYNTAX)
        return command

    return read


#: One row a command: its verb, and how its arguments are read.
GRAMMAR: Final[dict[bytes, Callable[[str], Command]]] = {
    b"HELO": lambda rest: Helo(_name(rest)),
    b"EHLO": lambda rest: Ehlo(_name(rest)),
    b"LHLO": lambda rest: Lhlo(_name(rest)),
    b"MAIL": _mail,
    b"RCPT": _rcpt,
    b"DATA": _nothing(Data()),
    b"BDAT": _bdat,
    b"RSET": _nothing(Rset()),
    b"NOOP": _anything(Noop()),
    b"QUIT": _nothing(Quit()),
    b"STARTTLS": _nothing(StartTls()),
    b"AUTH": _auth,
    b"VRFY": _needs_an_argument(Vrfy()),
    b"HELP": _anything(Help()),
    b"EXPN": _anything(Unimplemented()),
    b"ETRN": _anything(Unimplemented()),
    b"TURN": _anything(Unimplemented()),
    b"SEND": _anything(Unimplemented()),
    b"SOML": _anything(Unimplemented()),
    b"SAML": _anything(Unimplemented()),
}

"""`hawknest sendmail`: hand in a letter as programs have done since 1983, over the server's own SMTP port.

It works for every user of the machine, and needs no rights: the letter goes in by the loopback interface like any other.
Letters to this server's own users always arrive; for others, the server must let this machine send
(`hawknest exempt add 127.0.0.1`). What a web form may have smuggled into the header is refused (RFC 5322 §3.6 allows a
field such as To once), Bcc never leaves, and the exit codes are those of sysexits.h.
"""

import getopt
import getpass
import os
import smtplib
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from hawknest import config
from hawknest.cli.nest import DEFAULT
from hawknest.mail import submit
from hawknest.mail.address import Address, AddressError, parse_address
from hawknest.mail.build import mailbox
from hawknest.mail.header import Header, split
from hawknest.net.control import ControlError, ask
from hawknest.post.traceid import trace_id

SERVER: Final = ("127.0.0.1", 25)  # where nothing else is known
TIMEOUT: Final = 300.0  # seconds; RFC 5321 §4.5.3.2

_OPTIONS: Final = "tiUGnmsvf:r:F:b:o:B:N:R:V:L:h:O:X:A:C:d:q"


class Exit(IntEnum):
    """The exit codes of sysexits.h that are used."""

    OK = 0
    USAGE = 64
    DATA = 65
    NO_USER = 67
    UNAVAILABLE = 69
    TEMPORARY = 75
    NOT_ALLOWED = 77


class Stopped(Exception):
    """The letter is not handed in; the exit code tells programs why, the text people."""

    def __init__(self, code: Exit, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for."""

    recipients: tuple[str, ...]
    sender: str | None  # '' is the null sender
    name: str
    from_header: bool
    dot_ends: bool
    data: Path  # the nest whose file says where the server is


def command(
    *arguments: Annotated[str, Parameter(allow_leading_hyphen=True, help="What sendmail takes.")],
) -> int:
    r"""Hand in a letter from stdin, as sendmail does: `-t` `-i` `-oi` `-f ADDRESS` `-F NAME` and recipients.

    $HAWKNEST_SMTP (address:port) says where the server is, else the file in $HAWKNEST_DATA, else 127.0.0.1 port 25.
    A link to the program with the name sendmail does the same.

    Example: `printf 'To: mia@example.org\nSubject: Hello\n\nHello.\n' | hawknest sendmail -t -i`
    """
    return run("sendmail", arguments)


def run(name: str, words: Sequence[str]) -> int:
    """Do what sendmail, mailq or newaliases would do; returns the exit code."""
    if name == "newaliases":
        return Exit.OK  # aliases are in the database, and always new
    if name == "mailq":
        print("hawknest: `hawknest queue list` lists the queue", file=sys.stderr)
        return Exit.UNAVAILABLE
    try:
        order = read_order(words)
        letter, recipients, sender = prepare(order, sys.stdin.buffer.read())
        hand_in(server(order.data), letter, recipients, sender)
    except Stopped as stopped:
        print(f"sendmail: {stopped}", file=sys.stderr)
        return stopped.code
    return Exit.OK


def read_order(words: Sequence[str]) -> Order:
    """Read the command line. Raises Stopped."""
    try:
        options, recipients = getopt.gnu_getopt(list(words), _OPTIONS, ["data="])
    except getopt.GetoptError as error:
        raise Stopped(Exit.USAGE, str(error)) from None
    sender, name, from_header, dot_ends = None, "", False, True
    data = os.environ.get("HAWKNEST_DATA") or str(DEFAULT)
    for option, value in options:
        match option:
            case "-t":
                from_header = True
            case "-i":
                dot_ends = False
            case "-o" if value.startswith("i"):
                dot_ends = False
            case "-f" | "-r":
                sender = value.strip().removeprefix("<").removesuffix(">")
            case "-F":
                name = value
            case "--data":
                data = value
            case "-b" if value != "m":
                raise Stopped(
                    Exit.USAGE, f"-b{value} is not for this program: speak SMTP to the server instead"
                )
            case "-q":
                raise Stopped(
                    Exit.USAGE, "-q is not for this program: `hawknest queue retry all` runs the queue"
                )
            case _:
                pass  # what other sendmails want to know and we need not
    if not recipients and not from_header:
        raise Stopped(Exit.USAGE, "name a recipient, or say -t to read them from the letter")
    return Order(tuple(recipients), sender, name, from_header, dot_ends, Path(data))


def prepare(order: Order, octets: bytes) -> tuple[bytes, list[Address], Address | None]:
    """Make a letter of what came from stdin, and find whom it is for. Raises Stopped."""
    if order.dot_ends:
        octets = _until_dot(octets)
    letter = submit.from_pipe(octets)
    header = Header(letter[: split(letter).header_end])
    if twice := submit.doubled(header):
        raise Stopped(
            Exit.DATA,
            f"the letter has the field {twice[0]} twice: a form that copies what visitors type into the header can be "
            f"abused like this, so it is refused",
        )
    recipients = [_address(text) for text in order.recipients]
    if order.from_header:
        recipients += [entry.address or _address(entry.text) for entry in submit.recipients(header)]
    recipients = list(dict.fromkeys(recipients))
    if not recipients:
        raise Stopped(Exit.DATA, "the letter names no recipient in To, Cc or Bcc")
    sender = _sender(order)
    if any(c in order.name for c in "\r\n\0"):
        raise Stopped(Exit.DATA, "the name after -F must be one line")
    now = time.time()
    missing = submit.missing_fields(
        header, host=_host(), letter_id=trace_id(now), now=now, utc_offset=time.localtime(now).tm_gmtoff
    )
    if not header.count("From"):
        author = sender or _address(getpass.getuser())
        missing += f"From: {mailbox(order.name, author) if order.name else author}\r\n".encode()
    return missing + submit.without(letter), recipients, sender


def hand_in(place: tuple[str, int], letter: bytes, recipients: list[Address], sender: Address | None) -> None:
    """Bring a letter to the server. Raises Stopped with the server's words."""
    host, port = place
    try:
        with smtplib.SMTP(host, port, local_hostname=_host(), timeout=TIMEOUT) as smtp:
            smtp.ehlo_or_helo_if_needed()
            options = ["BODY=8BITMIME"] if not letter.isascii() and smtp.has_extn("8bitmime") else []
            named = [str(address) for address in (sender, *recipients) if address is not None]
            if not all(text.isascii() for text in named):
                options.append("SMTPUTF8")
                smtp.command_encoding = "utf-8"
            smtp_refused = smtp.sendmail(str(sender or ""), [str(r) for r in recipients], letter, options)
    except smtplib.SMTPRecipientsRefused as error:
        smtp_refused = error.recipients
        raise _refused(smtp_refused) from None
    except smtplib.SMTPSenderRefused as error:
        raise Stopped(_code(error.smtp_code), _words(error.smtp_error)) from None
    except smtplib.SMTPResponseException as error:
        raise Stopped(_code(error.smtp_code), _words(error.smtp_error)) from None
    except (OSError, smtplib.SMTPException) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Stopped(
            Exit.TEMPORARY, f"the server at {host} port {port} cannot be reached: {reason}"
        ) from None
    if smtp_refused:
        raise _refused(smtp_refused)


def server(data: Path) -> tuple[str, int]:
    """Where the server takes letters. Raises Stopped."""
    if asked := os.environ.get("HAWKNEST_SMTP"):
        try:
            return config.endpoint(asked, 25)
        except ValueError as error:
            raise Stopped(Exit.USAGE, f"$HAWKNEST_SMTP: {error}") from None
    try:
        settings = config.load(data.expanduser().absolute())
    except config.ConfigError:  # no file, or not for us to read
        return SERVER
    for entry in settings.listeners:
        if entry.service == "smtp":
            port = entry.port or _chosen_port(settings)
            return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(entry.address, entry.address), port  # noqa: S104
    return SERVER


def _chosen_port(settings: config.Config) -> int:
    """The port that the system chose for a listener with port 0."""
    try:
        listeners = ask(settings.socket, "status")["listeners"]
    except (ControlError, KeyError, TypeError):
        return SERVER[1]
    return next((entry["port"] for entry in listeners if entry["service"] == "smtp"), SERVER[1])


def _refused(refused: dict[str, tuple[int, bytes]]) -> Stopped:
    code = Exit.TEMPORARY if all(reply[0] < 500 for reply in refused.values()) else Exit.NO_USER
    words = "; ".join(f"{address}: {_words(reply[1])}" for address, reply in refused.items())
    if any(b"5.7.1" in reply[1] for reply in refused.values()):
        return Stopped(
            Exit.NOT_ALLOWED,
            f"{words} (`hawknest exempt add 127.0.0.1` lets programs on this machine send anywhere)",
        )
    return Stopped(code, words)


def _code(reply: int) -> Exit:
    return Exit.TEMPORARY if reply < 500 else Exit.UNAVAILABLE


def _words(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())


def _until_dot(octets: bytes) -> bytes:
    """What stands before a line that is a single dot."""
    text = b"\n" + octets.replace(b"\r\n", b"\n")
    end = text.find(b"\n.\n")
    if end < 0 and text.endswith(b"\n."):
        end = len(text) - 2
    return octets if end < 0 else text[1 : end + 1]


def _sender(order: Order) -> Address | None:
    if order.sender is None:
        return _address(getpass.getuser())
    return _address(order.sender) if order.sender else None


def _address(text: str) -> Address:
    """Read an address; a bare name is completed with the domain of this machine. Raises Stopped."""
    stripped = text.strip()
    try:
        return parse_address(stripped if "@" in stripped else f"{stripped}@{_host()}")
    except AddressError as error:
        raise Stopped(Exit.USAGE, f"{stripped[:100]!r} is no address: {error}") from None


def _host() -> str:
    """The domain of names without one: what the system's /etc/mailname says, else the machine's own name."""
    try:
        named = Path("/etc/mailname").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        named = ""
    return named or socket.getfqdn() or "localhost"

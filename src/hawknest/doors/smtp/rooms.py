"""What an SMTP session is given and keeps: its settings, the rooms it asks, its link, and what is known of who is there."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from hawknest.accounts.directory import Directory
from hawknest.accounts.login import Client, Keys, Login
from hawknest.accounts.popbefore import Way
from hawknest.log import Log
from hawknest.net.link import Link
from hawknest.net.tls import Certificate
from hawknest.post.inbound import Office
from hawknest.wire.smtp import server as smtp
from hawknest.wire.smtp.server import Event

SmtpLink = Link[Event]


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a door MX, submission or LMTP."""

    service: str  # smtp, submission, submissions, lmtp
    kind: smtp.Kind
    hostname: str
    auth: bool = True  # whether users may log in here


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms that this door asks."""

    office: Office
    keys: Keys
    directory: Directory
    certificate: Certificate | None
    log: Log
    pop_way: Callable[[str, str], Awaitable[Way | None]]  # opened from an address, for a machine's HELO
    gateways: Callable[[], Collection[str]]  # the routers of this machine
    octets: Callable[[int], Awaitable[int]]  # what an account's letters take


@dataclass(slots=True)
class Visitor:
    """What is known of who is there."""

    session: str
    name: str = ""
    extended: bool = True
    login: Login | None = None
    version: int = 0  # of the directory under which the login was found to hold
    refusals: int = 0
    letters: int = 0


def client_of(link: SmtpLink) -> Client:
    """Say of whom `accounts.login` is asked."""
    private = link.tls is not None or is_local(link)
    return Client(link.peer, "smtp", private, link.tls.server_end_point if link.tls else b"")


def is_local(link: SmtpLink) -> bool:
    """Whether the peer is on this machine."""
    return link.peer in {"127.0.0.1", "::1"}


def engine(link: SmtpLink) -> smtp.Server:
    """Give the engine that a link drives."""
    assert isinstance(link.engine, smtp.Server)
    return link.engine

"""What a POP3 session is given: its settings, the rooms it asks, its link."""

from collections.abc import Callable
from dataclasses import dataclass

from hawknest.accounts.directory import Directory
from hawknest.accounts.login import Keys
from hawknest.doors.pop3.maildrop import Maildrops
from hawknest.log import Log
from hawknest.net.link import Link
from hawknest.net.tls import Certificate
from hawknest.store import Store
from hawknest.wire.pop3 import server as pop3

PopLink = Link[pop3.Event]


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a door pop3 or pop3s."""

    service: str
    hostname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms that this door asks."""

    store: Store
    keys: Keys
    directory: Directory
    maildrops: Maildrops
    certificate: Certificate | None
    log: Log
    clock: Callable[[], float]


def engine(link: PopLink) -> pop3.Server:
    """Give the engine that a link drives."""
    assert isinstance(link.engine, pop3.Server)
    return link.engine

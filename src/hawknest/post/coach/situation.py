"""What the coach knows of its own house before it asks anybody."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hawknest.dns import IpAddress
from hawknest.post.coach.echo import Echo
from hawknest.post.records import Record


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner allows and names; nothing is asked of anybody that does not stand here."""

    checker: str = ""  # a URL with {host} and {port}: a checker of the owner's, outside
    greeters: tuple[str, ...] = ()  # domains whose mail servers are greeted
    blocklists: tuple[str, ...] = ()  # zones
    time: str = ""  # a URL whose Date is believed
    echo: str = ""  # an address that answers


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartHost:
    """Who all letters are handed to."""

    host: str
    port: int
    spf: str = ""  # the terms that let it send for a domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A DKIM key that has to be in the DNS."""

    selector: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The house as the coach meets it; addresses are those that it is reached at on the Internet, as far as they are known."""

    domain: str
    host: str
    laboratory: bool = False  # on this machine alone: addresses need not be public
    addresses: frozenset[IpAddress] = frozenset()
    here: frozenset[IpAddress] = frozenset()  # of these, the ones that this machine has itself, and no router
    ports: Mapping[str, int] = field(default_factory=dict[str, int])  # by service, those that are open
    wanted: tuple[Record, ...] = ()
    keys: tuple[Key, ...] = ()
    smart_host: SmartHost | None = None
    mx_port: int = 25  # that other servers are reached at
    heard_at: float | None = (
        None  # when a letter last came from an address on the Internet; seconds since the epoch
    )
    sent_at: float | None = None  # when one was last handed to another server
    echo: Echo | None = None  # how the last real letter stands
    wishes: Wishes = field(default_factory=Wishes)

    def entries(self, type_: str, name: str = "") -> list[Record]:
        """The records of a type that should be there, of one name or of all."""
        return [one for one in self.wanted if one.type == type_ and (not name or one.name == name)]

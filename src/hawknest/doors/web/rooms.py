"""What the web door is given: the rooms it asks, the house's steward, and who is asking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from hawknest.accounts.directory import Directory
from hawknest.accounts.login import Keys
from hawknest.doors.web.live import Live
from hawknest.log import Log
from hawknest.net.resolver import Resolver
from hawknest.post.certificates import Certificates
from hawknest.post.coach.watching import Watching
from hawknest.post.facts import Premises
from hawknest.post.failover_memory import Memory
from hawknest.post.gauges import Gauges
from hawknest.post.hooks import Hooks
from hawknest.post.keysmith import Keysmith
from hawknest.post.queue import Queue
from hawknest.post.updates import Updates
from hawknest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who asks."""

    account_id: int
    address: str
    admin: bool  # of the whole nest, or of some domains
    domains: frozenset[str] | None  # those administered; None: all there are
    scopes: (
        frozenset[str] | None
    )  # what an API token opens; None: a session, which opens whatever its owner may
    session: str  # the public id of the session or token

    @property
    def whole(self) -> bool:
        """Whether the whole nest is administered."""
        return self.admin and self.domains is None

    def administers(self, domain: str) -> bool:
        """Tell whether a domain, by its A-label, is administered."""
        return self.admin and (self.domains is None or domain in self.domains)


#: Somebody who is not signed in.
NOBODY: Final = Who(
    account_id=0, address="", admin=False, domains=frozenset(), scopes=frozenset(), session=""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A listener as the configuration has it; `number` is its place there, from 1: `listener.NUMBER.port` is its port's key."""

    number: int
    service: str
    address: str
    port: int  # that was asked for; 0: any free one
    tls: str  # none, starttls, implicit
    enabled: bool
    admin: bool
    allow: tuple[str, ...]
    open_port: int  # that is listened on now; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineKey:
    """A setting of this machine that a page may change."""

    name: str  # such as log.days
    value: Any
    default: Any  # None: it has to say something
    help: str
    kind: str  # bool, int, float, str or list
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the configuration says that this door needs to know."""

    hostname: str
    hosts: tuple[str, ...]  # further names that the pages may be asked for by
    local: bool  # a nest for this machine alone
    self_signed: bool  # nobody vouches for the certificate
    directory: Path
    logs: Path  # where the log's files are
    listeners: tuple[Entry, ...]

    def open_port(self, service: str) -> int:
        """Tell where a service is to be found now; 0: nowhere."""
        return next((e.open_port for e in self.listeners if e.service == service and e.open_port), 0)


class Steward(Protocol):
    """What the house can be asked beyond its store. Raises Problem where it cannot do as asked."""

    def house(self) -> House:
        """Tell what the configuration says now."""
        ...

    def premises(self) -> Premises:
        """Tell what the records of our domains depend on; looks at files, so not in the loop."""
        ...

    def machine(self) -> Sequence[MachineKey]:
        """List the settings of this machine that a page may change."""
        ...

    async def status(self) -> dict[str, Any]:
        """Tell how the house is, as `hawknest status --json` does. Raises StoreError."""
        ...

    async def suspend(self, what: str) -> None:
        """Pause `delivery` or `receiving`. Raises StoreError."""
        ...

    async def resume(self, what: str) -> None:
        """Go on with `delivery` or `receiving`. Raises StoreError."""
        ...

    async def listener(self, service: str, port: int, *, on: bool) -> None:
        """Open or close the listener of a service on a port, until told otherwise."""
        ...

    async def start_all(self) -> None:
        """Open all listeners that the configuration has switched on."""
        ...

    async def stop_all(self) -> None:
        """Close all listeners but those that administration is reached by."""
        ...

    async def reload(self) -> str:
        """Take the changed configuration; say what needs a restart, or why nothing was changed."""
        ...

    async def configure(self, changes: Mapping[str, str]) -> str:
        """Change keys of hawknest.toml, such as `listener.2.port`, all or none, and take them; answers as `reload` does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms that this door asks."""

    store: Store
    directory: Directory
    keys: Keys
    log: Log
    steward: Steward
    resolver: Resolver
    queue: Queue
    barriers: Memory
    hooks: Hooks
    gauges: Gauges
    live: Live
    coaching: Watching
    gateways: Callable[[], frozenset[str]]  # the routers of this machine
    updates: Updates
    keysmith: Keysmith
    certificates: Certificates
    clock: Callable[[], float]  # seconds since the epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One listener of this door."""

    service: str  # http or https
    admin: bool  # administration answers here

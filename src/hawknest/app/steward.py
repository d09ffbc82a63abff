"""The house's steward: what the pages of administration ask of the running server as a whole.

With several workers the parent has the listeners and the counts: it is asked over the control channel, as the command line does.
"""

from collections.abc import Mapping
from typing import Any

from hawknest import config
from hawknest.accounts import settings
from hawknest.app.gates import Gates
from hawknest.app.nest import Nest
from hawknest.app.premises import premises
from hawknest.app.reload import Reloader
from hawknest.config import ConfigError, Profile
from hawknest.config.keys import keys
from hawknest.doors.web import Entry, House, MachineKey, Problem
from hawknest.net import control
from hawknest.net.control import ControlError
from hawknest.net.listen import BindError
from hawknest.post.facts import Premises
from hawknest.store import Connection


class HouseSteward:
    """The steward of one worker; see `doors.web.rooms.Steward`."""

    def __init__(self, nest: Nest, gates: Gates, reloader: Reloader) -> None:
        self._nest = nest
        self._gates = gates
        self._reloader = reloader

    def house(self) -> House:
        """Tell what the configuration says now."""
        settings = self._nest.config
        ports = {id(bound.entry): bound.port for bound in self._gates.bound}
        served = {(b.entry.service, b.entry.address, b.entry.port): b.port for b in self._gates.bound}
        return House(
            hostname=settings.hostname,
            hosts=tuple(settings.contents.web.hosts),
            local=settings.contents.profile is Profile.LOCAL,
            self_signed=self._nest.certificate.self_signed,
            directory=settings.directory,
            logs=settings.directory / settings.contents.log.directory,
            listeners=tuple(
                Entry(
                    number=number,
                    service=entry.service,
                    address=entry.address,
                    port=entry.port or 0,
                    tls=str(entry.tls),
                    enabled=entry.enabled,
                    admin=entry.admin,
                    allow=tuple(entry.allow),
                    open_port=ports.get(id(entry), 0)
                    or served.get((entry.service, entry.address, entry.port), 0),
                )
                for number, entry in enumerate(settings.contents.listener, 1)
            ),
        )

    def premises(self) -> Premises:
        """Tell what the records of our domains depend on; looks at files, so not in the loop."""
        listeners = self.house().listeners
        return premises(self._nest.config, [(e.service, e.open_port) for e in listeners if e.open_port])

    def machine(self) -> list[MachineKey]:
        """List the settings of this machine that a page may change."""
        return [
            MachineKey(
                name=key.name,
                value=key.value,
                default=key.default,
                help=key.help,
                kind=key.kind,
                least=key.least,
                most=key.most,
            )
            for key in keys(self._nest.config.contents)
        ]

    async def status(self) -> dict[str, Any]:
        """Tell how the house is, as `hawknest status --json` does. Raises StoreError."""
        if not self._shared:
            return await self._nest.status(self._gates.bound, "running")
        return await self._ask_parent("status")

    async def suspend(self, what: str) -> None:
        """Pause `delivery` or `receiving`. Raises StoreError."""
        await self._pause(what, on=False)

    async def resume(self, what: str) -> None:
        """Go on with `delivery` or `receiving`. Raises StoreError."""
        await self._pause(what, on=True)

    async def listener(self, service: str, port: int, *, on: bool) -> None:
        """Open or close the listener of a service on a port, until told otherwise."""
        self._alone()
        found = [e for e in self._nest.config.listeners if e.service == service and port in self._ports(e)]
        if not found:
            raise Problem(404, "No such listener", f"{service} is not switched on with the port {port}")
        if on:
            await self._open(found)
        else:
            await self._gates.rest(found)

    async def start_all(self) -> None:
        """Open all listeners that the configuration has switched on."""
        self._alone()
        await self._open(self._nest.config.listeners)

    async def stop_all(self) -> None:
        """Close all listeners but those that administration is reached by."""
        self._alone()
        await self._gates.rest([entry for entry in self._nest.config.listeners if not entry.admin])

    async def reload(self) -> str:
        """Take the changed configuration; say what needs a restart, or why nothing was changed."""
        if self._shared:
            return str(await self._ask_parent("reload") or "")
        return await self._reloader.reload()

    async def configure(self, changes: Mapping[str, str]) -> str:
        """Change keys of hawknest.toml, all or none, and take them; answers as `reload` does."""
        file = self._nest.config.file
        before = file.read_text("utf-8")
        try:
            for key, words in changes.items():
                config.set_key(self._nest.config.directory, key, words)
        except ConfigError as error:
            config.replace_file(file, before)
            raise Problem(422, "Not possible", str(error)) from None
        said = await self.reload()
        if said.startswith("nothing was changed"):
            config.replace_file(file, before)
            raise Problem(409, "Not possible now", said)
        return said

    async def _open(self, entries: list[config.Listener]) -> None:
        try:
            await self._gates.wake(entries)
        except BindError as error:
            raise Problem(409, "Not possible now", str(error)) from None

    async def _pause(self, what: str, *, on: bool) -> None:
        match what:
            case "delivery":
                await (self._nest.queue.resume() if on else self._nest.queue.suspend())
            case "receiving":
                await self._nest.store.write(lambda connection: _receive(connection, on=on))
                self._nest.directory.refresh()
            case _:
                raise Problem(404, "No such thing", "Delivery and receiving can be paused, nothing else")
        self._nest.log.system.info(what, now="resume" if on else "suspend")

    def _ports(self, entry: config.Listener) -> set[int]:
        """The ports that a listener goes by: the one in the file, and the one that is open."""
        open_ports = {bound.port for bound in self._gates.bound if bound.entry == entry}
        return open_ports | {entry.port or 0}

    @property
    def _shared(self) -> bool:
        return self._nest.started_with.contents.workers > 1

    def _alone(self) -> None:
        if self._shared:
            raise Problem(
                409,
                "Not possible here",
                "With several workers the listeners stay as they are until a restart: change them in hawknest.toml",
            )

    async def _ask_parent(self, word: str) -> Any:
        try:
            return await control.question(self._nest.config.socket, word)
        except ControlError as error:
            raise Problem(503, "Not now", str(error)) from None


def _receive(connection: Connection, *, on: bool) -> None:
    settings.set_values(connection, {"receive": on})

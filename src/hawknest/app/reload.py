"""A reload: the changed file and certificate, taken by a running server as far as it can; all of it, or nothing and the reason."""

import asyncio
from typing import Final

from hawknest.app import gates
from hawknest.app.nest import Nest
from hawknest.app.outward import routes
from hawknest.config import ConfigError, load
from hawknest.net import listen
from hawknest.net.tls import TlsError

FIXED: Final = ("hostname", "database", "letters", "workers", "user", "dns", "limits")  # what needs a restart


class Reloader:
    """Takes the changed file and certificate, as far as a running server can; one at a time."""

    def __init__(self, nest: Nest, open_gates: gates.Gates) -> None:
        self.nest = nest
        self.gates = open_gates
        self._turn = asyncio.Lock()

    async def reload(self) -> str:
        """Take what has changed, or nothing; say what needs a restart, or why nothing was changed."""
        async with self._turn:
            said = await self._reload()
        self.nest.log.system.info("reload", said=said)
        return said

    async def _reload(self) -> str:
        nest = self.nest
        try:
            fresh = load(nest.config.directory)
            fresh_routes = routes(fresh)
            fresh_listeners = [] if self._shared else self.gates.bind(fresh.listeners)
            try:
                nest.certificate.reload(fresh.certificate())
            except TlsError:
                gates.give_up(fresh_listeners)
                raise
        except (ConfigError, TlsError, listen.BindError) as error:
            return f"nothing was changed: {error}"
        if not self._shared:
            await self.gates.follow(fresh.listeners, fresh_listeners)
        nest.config, nest.routes = fresh, fresh_routes
        nest.log.configure(fresh.log(stderr=True))
        nest.directory.refresh()
        fixed = (*FIXED, "listener") if self._shared else FIXED
        late = [
            key for key in fixed if getattr(fresh.contents, key) != getattr(nest.started_with.contents, key)
        ]
        return f"a restart is needed for: {', '.join(late)}" if late else ""

    @property
    def _shared(self) -> bool:
        """Whether the listening sockets belong to a parent, for several workers."""
        return self.nest.started_with.contents.workers > 1

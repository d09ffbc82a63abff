"""The other way out put together: what goes by a smart host where it cannot go straight."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hawknest.accounts.directory import Directory
from hawknest.log import Log
from hawknest.post.destination_route import Route
from hawknest.post.destination_site import Destinations
from hawknest.post.failover import Failover, Settings
from hawknest.post.failover_memory import Memory
from hawknest.post.failover_words import Told
from hawknest.post.notices import Notices
from hawknest.post.remote import SmtpRemote

DAY: Final = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Detours:
    """What another way out needs of the nest."""

    memory: Memory
    directory: Directory
    routes: Callable[[], list[Route]]
    notices: Callable[[], Notices]  # they come after the queue
    log: Log

    def over(self, straight: SmtpRemote, destinations: Destinations) -> Failover:
        """Put the other way beside the straight one; `destinations` are what the straight one finds its hosts with."""
        return Failover(
            straight=straight,
            around=replace(straight, sites=replace(destinations, routes=self._always)),
            routes=self.routes,
            settings=self._settings,
            memory=self.memory,
            owners=Told(self.notices),
            log=self.log,
            clock=time.time,
        )

    def _always(self) -> list[Route]:
        """The routes for failover, as routes that are taken."""
        return [replace(route, failover=False) for route in self.routes() if route.failover]

    def _settings(self) -> Settings:
        policies = self.directory.rules.policies
        return Settings(policies.failover, policies.failover_days * DAY)

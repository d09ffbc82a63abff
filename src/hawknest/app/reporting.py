"""What reads the reports of other servers and sends ours, put together."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from hawknest.config import Config
from hawknest.dns import Resolver
from hawknest.log import Log
from hawknest.post.local import Terms
from hawknest.post.report_reading import ReportReading
from hawknest.post.report_sending import ReportSending
from hawknest.post.route import Router
from hawknest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """The rooms that reports stand on."""

    config: Config
    store: Store
    log: Log
    resolver: Resolver
    router: Router
    owner: str  # the name of this worker
    terms: Callable[[], Terms]
    on_queued: Callable[[], None]

    def chores(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on beside the connections."""
        hostname = self.config.hostname
        reading = ReportReading(self.store, self.log, self.resolver, self.owner, hostname, time.time)
        sending = ReportSending(
            store=self.store,
            router=self.router,
            resolver=self.resolver,
            log=self.log,
            owner=self.owner,
            hostname=hostname,
            terms=self.terms,
            clock=time.time,
            on_queued=self.on_queued,
            own_ip=self.config.contents.outbound.address,
        )
        return [reading.run(), sending.run()]

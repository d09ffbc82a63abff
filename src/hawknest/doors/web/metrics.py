"""The numbers of this server for Prometheus.

Counters are totals since the nest was made, of all workers, the others' up to a minute old. So they only grow, whichever
worker is asked and whenever the server was started.
"""

from typing import Final

from starlette.responses import Response

from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import samples


async def metrics(ask: Ask) -> Response:
    """Give the numbers."""
    from hawknest.doors.web import numbers  # noqa: PLC0415 (14 MB and a sixth of a second, for who asks)

    status = await ask.rooms.steward.status()
    totals = await ask.rooms.store.read(samples.totals)
    for name, fresh in ask.rooms.gauges.fresh().items():
        totals[name] = totals.get(name, 0) + fresh
    told, media = numbers.text(status, totals, ask.rooms.gauges.disk())
    return Response(told, headers={"cache-control": "no-store", "content-type": media})


ROUTES: Final = (
    Route(
        method="GET",
        path="/metrics",
        handler=metrics,
        need=Need.ADMIN,
        scope=Scope.METRICS,
        summary="The numbers of this server in the text format of Prometheus",
    ),
)

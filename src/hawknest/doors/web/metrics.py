"""The numbers of this server for Prometheus, in its text format.

Counters are totals since the nest was made, of all workers, the others' up to a minute old. So they only grow, whichever
worker is asked and whenever the server was started.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from hawknest import __version__
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import samples

_COUNTERS: Final = {
    "letters_in": "Letters that were taken in",
    "letters_out": "Recipients elsewhere that a letter was delivered to",
    "refused": "Recipients and letters that were refused",
    "bounced": "Recipients elsewhere that a letter could not be delivered to",
    "deferred": "Deliveries that are tried again later",
    "sign_in_failed": "Sign-ins that failed, by whichever protocol",
}
_GAUGES: Final = {
    "connections": "Open connections",
    "pending": "Recipients that wait for delivery",
    "held": "Recipients that are held back",
    "delivering": "Recipients that are being delivered to",
    "workers": "Processes that share the work",
    "uptime": "Seconds since the start",
}


async def metrics(ask: Ask) -> Response:
    """Give the numbers."""
    status = await ask.rooms.steward.status()
    totals = await ask.rooms.store.read(samples.totals)
    for name, fresh in ask.rooms.gauges.fresh().items():
        totals[name] = totals.get(name, 0) + fresh
    registry = CollectorRegistry()
    registry.register(_Told([*_counters(totals), *_levels(status, ask.rooms.gauges.disk())]))
    ProcessCollector(registry=registry)
    return Response(
        generate_latest(registry), headers={"cache-control": "no-store", "content-type": CONTENT_TYPE_LATEST}
    )


class _Told(Collector):
    """Numbers that were gathered already."""

    def __init__(self, told: list[Metric]) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        return self._told


def _counters(totals: Mapping[str, int]) -> Iterable[Metric]:
    for name, words in _COUNTERS.items():
        yield CounterMetricFamily(f"hawknest_{name}", words, value=totals.get(name, 0))


def _levels(status: Mapping[str, Any], disk: Mapping[str, float]) -> Iterable[Metric]:
    for name, words in _GAUGES.items():
        yield GaugeMetricFamily(f"hawknest_{name}", words, value=float(status.get(name, 0)))
    for name in ("used", "free"):
        words = f"Octets of the disk that are {name}"
        yield GaugeMetricFamily(f"hawknest_disk_{name}_bytes", words, value=disk.get(f"disk_{name}", 0.0))
    for name in ("delivery", "receiving"):
        words = f"Whether {name} is on"
        yield GaugeMetricFamily(f"hawknest_{name}", words, value=float(status.get(name) == "on"))
    listening = GaugeMetricFamily(
        "hawknest_listener", "A listener that is open", labels=["service", "address", "port"]
    )
    for entry in status.get("listeners", ()):
        listening.add_metric([entry["service"], entry["address"], str(entry["port"])], 1.0)
    yield listening
    version = GaugeMetricFamily("hawknest_version", "The version that runs", labels=["version"])
    version.add_metric([__version__], 1.0)
    yield version


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

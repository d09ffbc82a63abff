"""The numbers of this server in the text format of Prometheus; loaded when they are first asked for."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from hawknest import __version__

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


def text(
    status: Mapping[str, Any], totals: Mapping[str, int], disk: Mapping[str, float]
) -> tuple[bytes, str]:
    """Write the numbers down.

    `status` is the state of the server, `totals` what was ever counted of each series, `disk` how full it is, in octets. Returns
    the text and its media type.
    """
    registry = CollectorRegistry()
    registry.register(_Told([*_counters(totals), *_levels(status, disk)]))
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST


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

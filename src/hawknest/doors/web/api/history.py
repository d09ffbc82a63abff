"""What the graphs are drawn of, by the API."""

from typing import Final

import msgspec

from hawknest.doors.web.api import paging
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import Connection, samples

DAY: Final = 86400.0
MOST: Final = 5000  # samples of a series in one answer


class Series(msgspec.Struct, kw_only=True):
    """A series: times in seconds since the epoch, and values, in the same order."""

    name: str
    kind: str  # count: within the span that begins at the time; level: at the time
    at: list[float]
    values: list[float]


class History(msgspec.Struct, kw_only=True):
    """The series that were asked for, and all that there are."""

    series: list[Series]
    known: list[str]


async def history(ask: Ask) -> History:
    """Give series of samples."""
    names = [name.strip() for name in ask.query.get("series", "").split(",") if name.strip()]
    if unknown := [name for name in names if name not in samples.SERIES]:
        raise refused(
            f"there is no series {unknown[0][:40]}; there are {', '.join(samples.SERIES)}", "series"
        )
    now = ask.rooms.clock()
    end = paging.moment(ask, "to", now + 60)
    start = paging.moment(ask, "from", end - DAY)

    def question(connection: Connection) -> list[Series]:
        return [_series(name, samples.read(connection, name, start, end)) for name in names or samples.SERIES]

    return History(series=await ask.rooms.store.read(question), known=[*samples.SERIES])


def _series(name: str, found: list[samples.Sample]) -> Series:
    """A series as it is drawn: where there are too many samples, neighbours are put together."""
    counted = name in samples.COUNTS
    step = -(-len(found) // MOST) or 1
    groups = [found[at : at + step] for at in range(0, len(found), step)]
    unite = sum if counted else max
    return Series(
        name=name,
        kind="count" if counted else "level",
        at=[group[0].at for group in groups],
        values=[unite(sample.value for sample in group) for group in groups],
    )


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/metrics-history",
        handler=history,
        need=Need.ADMIN,
        scope=Scope.METRICS,
        summary="Letters in and out, refused, queue, connections, disk: samples over time, minute by minute, thinned with age",
        answer=History,
        query={
            "series": f"Of {', '.join(samples.SERIES)}, with commas between; all unless said",
            "from": "Seconds since the epoch; a day before `to` unless said",
            "to": "Seconds since the epoch; now unless said",
        },
    ),
)

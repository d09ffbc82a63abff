"""What the doctor looks at in the database and among the files of letters, and mends where it is safe."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from hawknest.app import heirs
from hawknest.cli.finding import Finding
from hawknest.cli.nest import Nest
from hawknest.cli.say import octets, when
from hawknest.store import Connection, checkup, strays
from hawknest.store.blobs import Blobs
from hawknest.store.strays import Lost, Shelf, Stray

NAMED: Final = 50  # lost letters that are named one by one
AHEAD: Final = 300.0  # seconds that something known may lie ahead of the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit of the doctor to an open nest."""

    nest: Nest
    blobs: Blobs
    shelf: Shelf
    sqlite: bool
    fix: bool
    now: float

    def mend(self, jobs: Iterable[Callable[[Connection], Any]]) -> bool:
        """Do what mends something, each in a transaction, if that was asked for."""
        if self.fix:
            for job in jobs:
                self.nest.write(job)
        return self.fix

    def each(
        self, kind: str, found: list[Any], job: Callable[[Connection, Any], Any], **what: Any
    ) -> Iterator[Finding]:
        """One finding for all rows that suffer from the same, if there are any."""
        if found:
            mended = self.mend(partial(_apply, job=job, row=row) for row in found)
            yield Finding(kind, {"count": len(found), **what}, mended)


def _apply(connection: Connection, job: Callable[[Connection, Any], Any], row: Any) -> Any:
    return job(connection, row)


def examine(visit: Visit) -> Iterator[Finding]:
    """Look at everything. Raises StoreError."""
    for look in (_damage, _clock, _queue, _lost, _counts, _strays, _workers):
        yield from look(visit)


def _damage(visit: Visit) -> Iterator[Finding]:
    if words := visit.nest.read(partial(checkup.damage, sqlite=visit.sqlite)):
        yield Finding("damage", {"words": "; ".join(words), "directory": str(visit.nest.config.directory)})


def _clock(visit: Visit) -> Iterator[Finding]:
    newest = visit.nest.read(checkup.newest)
    if newest > visit.now + AHEAD:
        yield Finding("clock", {"now": when(visit.now), "newest": when(newest)})


def _queue(visit: Visit) -> Iterator[Finding]:
    lone = visit.nest.read(checkup.letterless)
    yield from visit.each(
        "letterless",
        lone,
        lambda c, row: checkup.drop_letterless(c, row[0]),
        addresses=", ".join(sorted({address for _, address in lone})[:10]),
    )
    yield from visit.each("finished", visit.nest.read(checkup.finished), checkup.drop_finished)


def _counts(visit: Visit) -> Iterator[Finding]:
    def recount(connection: Connection, blob_id: int) -> str:
        return checkup.recount(connection, blob_id)

    if found := visit.nest.read(checkup.miscounted):
        if visit.fix:
            for blob_id in found:
                if place := visit.nest.write(partial(recount, blob_id=blob_id)):
                    visit.shelf.put_aside(place, visit.now)
        yield Finding("uses", {"count": len(found)}, visit.fix)
    yield from visit.each(
        "unplaced", visit.nest.read(checkup.unplaced), lambda c, row: checkup.replace(c, *row)
    )
    yield from visit.each("octets", visit.nest.read(checkup.misweighed), checkup.reweigh)


def _lost(visit: Visit) -> Iterator[Finding]:
    """Letters whose file is gone: put back if it lies aside, else named, and known from then on."""
    for place in visit.nest.read(partial(strays.healed, shelf=visit.shelf)):
        if visit.fix:
            visit.nest.write(partial(strays.unmark, place=place))
    lost: list[Lost] = []
    for one in visit.nest.read(partial(strays.lost, shelf=visit.shelf)):
        if one.octets < 0 and visit.shelf.is_aside(one.place):
            if visit.fix:
                visit.shelf.put_back(one.place)
            yield Finding("aside", {"file": one.place}, visit.fix)
        else:
            lost.append(one)
    mended = visit.mend(partial(strays.mark, one=one, now=visit.now) for one in lost)
    for one in lost[:NAMED]:
        for what in _whose(visit, one):
            yield Finding("missing" if one.octets < 0 else "short", what, mended)
    if len(lost) > NAMED:
        more = {"count": len(lost) - NAMED, "directory": str(visit.blobs.files)}
        yield Finding("missing-more", more, mended)


def _whose(visit: Visit, one: Lost) -> Iterator[dict[str, Any]]:
    """Name the letters that a lost file belongs to, one by one."""
    about = {
        "file": str(visit.blobs.files / one.place),
        "size": octets(one.size),
        "left": octets(max(one.octets, 0)),
    }
    for copy in visit.nest.read(partial(checkup.copies, blob_id=one.blob_id)):
        yield about | {
            "account": copy.account,
            "mailbox": copy.mailbox or "-",
            "letter": copy.letter or "-",
            "at": when(copy.at),
            "sender": copy.sender or "-",
            "message_id": copy.message_id or "-",
        }
    for letter, address in visit.nest.read(partial(checkup.waiting, blob_id=one.blob_id)):
        yield about | {
            "account": address,
            "mailbox": "queue",
            "letter": letter or "-",
            "at": "-",
            "sender": "-",
            "message_id": "-",
        }


def _strays(visit: Visit) -> Iterator[Finding]:
    """Files that no row names, and what a crash left of letters that were coming in."""
    before = visit.now - strays.UNTOUCHED
    found: list[Stray] = []
    for portion in strays.candidates(visit.shelf, before):
        found += visit.nest.read(partial(strays.unnamed, strays=portion))
        if visit.fix:
            visit.nest.read(partial(strays.sweep, shelf=visit.shelf, strays=portion, now=visit.now))
    ours = [stray for stray in found if stray.ours]
    if ours:
        size = octets(sum(stray.size for stray in ours))
        yield Finding("strays", {"count": len(ours), "size": size}, visit.fix)
    for stray in found:
        if not stray.ours:
            yield Finding("alien", {"file": str(visit.blobs.files / stray.place)})
    if count := visit.shelf.leftovers(before):
        if visit.fix:
            visit.blobs.sweep(before)
        yield Finding("leftovers", {"count": count}, visit.fix)


def _workers(visit: Visit) -> Iterator[Finding]:
    if dead := visit.nest.read(heirs.dead):
        mended = visit.mend([heirs.release])
        yield Finding("workers", {"count": len(dead)}, mended)

"""One writer, group commit: many small jobs, one transaction, one fsync.

A job is an item of work for a plain function of a connection. The writer's thread takes all jobs that wait, has the items of
the same work done together, commits once, and only then completes them: whoever awaits a job hears of it when it is on the
disk. Should one fail, which is rare, all is undone and the batch runs again job by job, each in a savepoint, so that the
one fails alone. The batch grows by itself with the load: while one is being made durable, the next one gathers.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from hawknest.store.engine import Connection, Database
from hawknest.store.errors import Conflict, StoreError, StoreFull, StoreGone

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

#: What is done for all items of the same kind that wait: it gives a result for each, or raises for all.
Work = Callable[[Connection, list[Item]], Sequence[Result]]

BATCH: Final = 256  # jobs in one transaction at the most
TRIES: Final = 5  # runs of a job that meets another node at the same rows


@dataclass(slots=True)
class _Job:
    work: Work[Any, Any]
    item: Any
    future: asyncio.Future[Any]
    tries: int = 0
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The one thread of this process that writes to the database.

    `announce` is told in the event loop, after each commit that changed mailboxes, which these are (`Connection.touched`).
    """

    def __init__(self, database: Database, announce: Callable[[dict[int, int]], None]) -> None:
        self._database = database
        self._announce = announce
        self._connection: Connection | None = database.connect()
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Job] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def write(self, job: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Queue a job; the future is done when its transaction is durable.

        The future raises what the job raised, or StoreError where the whole transaction failed: then nothing changed.
        """
        return self.batch(_each, job)

    def batch(self, work: Work[Item, Result], item: Item) -> asyncio.Future[Result]:
        """Queue an item for a work that is done for all its items that wait, in one go.

        The future is done, or raises, as that of `write`; the items keep their order, jobs of other works may overtake them.
        """
        future: asyncio.Future[Result] = self._loop.create_future()
        if self._closing:
            future.set_exception(StoreGone("the store is closing"))
            return future
        self._waiting.append(_Job(work, item, future))
        self._wake.set()
        return future

    async def close(self) -> None:
        """Finish what is queued and end the thread."""
        self._closing = True
        self._wake.set()
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._transact()
            if self._closing and not self._waiting:
                if self._connection is not None:
                    self._connection.close()
                return

    def _transact(self) -> None:
        """Run the jobs that wait in one transaction and complete them."""
        jobs: list[_Job] = []
        touched: dict[int, int] = {}
        try:
            connection = self._connection = self._connection or self._database.connect()
            connection.touched.clear()
            connection.begin()
            jobs = self._take()  # only now: while other workers had their turn, more of them came
            if not self._together(connection, jobs):
                connection.rollback()
                connection.begin()
                for job in jobs if len(jobs) > 1 else ():  # a single one has failed alone already
                    self._alone(connection, job)
            connection.commit()
            touched = connection.touched.copy()
        except Exception as surprise:  # noqa: BLE001 (this thread must live on: everybody writes through it)
            error = surprise if isinstance(surprise, StoreError) else StoreGone(repr(surprise))
            self._undo(error)
            jobs = jobs or self._take()
            for job in jobs:
                job.error = error
        again = [job for job in jobs if isinstance(job.error, Conflict) and job.tries < TRIES]
        for job in reversed(again):
            job.error = None
            self._waiting.appendleft(job)
        waiting = set(map(id, again))
        done = [job for job in jobs if id(job) not in waiting]
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._complete, done, touched)

    def _take(self) -> list[_Job]:
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]

    def _together(self, connection: Connection, jobs: list[_Job]) -> bool:
        """Do the work of jobs without savepoints, and say whether all went well; what concerns all of them is raised on."""
        same: dict[Work[Any, Any], list[_Job]] = {}
        for job in jobs:
            job.tries += 1
            same.setdefault(job.work, []).append(job)
        try:
            for work, its in same.items():
                for job, result in zip(its, work(connection, [job.item for job in its]), strict=True):
                    job.result = result
        except (StoreFull, StoreGone):
            raise
        except BaseException as error:  # noqa: BLE001 (it belongs to whoever awaits the job)
            if len(jobs) == 1:
                jobs[0].error = error
            return False
        return True

    def _alone(self, connection: Connection, job: _Job) -> None:
        """Do the work of one job in its savepoint; what concerns the whole transaction is raised on."""
        job.tries += 1
        try:
            with connection.savepoint():
                (job.result,) = job.work(connection, [job.item])
        except (StoreFull, StoreGone):
            raise
        except BaseException as error:  # noqa: BLE001 (it belongs to whoever awaits the job)
            job.error = error

    def _complete(self, jobs: list[_Job], touched: dict[int, int]) -> None:
        """Tell those who wait that their jobs are durable, and those who watch what changed."""
        for job in jobs:
            if job.future.cancelled():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
        if touched:
            self._announce(touched)

    def _undo(self, error: StoreError) -> None:
        if self._connection is None:
            return
        with contextlib.suppress(StoreError):
            self._connection.rollback()
        if isinstance(error, StoreGone):  # begin anew: the connection may be broken
            self._connection.close()
            self._connection = None


def _each(connection: Connection, jobs: list[Callable[[Connection], Any]]) -> list[Any]:
    return [job(connection) for job in jobs]

"""The life of one worker: from open doors to the last letter finished.

Lifetimes are nested: the store outlives the rooms that use it, those outlive the connections, and the listeners are the
first to go. To stop is to leave the innermost; whatever is outside it then ends in order.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

from hawknest.app import gates, relay
from hawknest.app.nest import Bound, Nest, opened
from hawknest.app.process import notify
from hawknest.app.reload import Reloader
from hawknest.app.steward import HouseSteward
from hawknest.app.workers import bell_sockets
from hawknest.config import Config
from hawknest.log import Log
from hawknest.net import control


async def run(config: Config, bound: list[Bound], socket: Path, log: Log) -> None:
    """Serve until SIGTERM, SIGINT or the control channel says stop. Raises StoreError, TlsError, ControlError."""
    async with (
        opened(config, log) as nest,
        _sharing(nest, config, socket),
        gates.opened(nest) as open_gates,
    ):
        reloader = Reloader(nest, open_gates)
        nest.steward = HouseSteward(nest, open_gates, reloader)
        for one in bound:
            await open_gates.open(one)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        async with control.answering(socket, _answers(reloader, stop)), asyncio.TaskGroup() as chores:
            loop.add_signal_handler(signal.SIGHUP, lambda: chores.create_task(reloader.reload()))
            running = [chores.create_task(chore) for chore in nest.chores()]
            notify("READY=1")
            log.system.info("ready", hostname=config.hostname, seconds=round(time.time() - nest.started, 3))
            await stop.wait()
            notify("STOPPING=1")
            log.system.info("stopping", connections=len(nest.connections))
            await open_gates.close()
            await nest.queue.stop()
            await nest.connections.end(config.contents.limits.grace)
            for task in running:
                task.cancel()
    log.system.info("stopped")


@contextlib.asynccontextmanager
async def _sharing(nest: Nest, config: Config, socket: Path) -> AsyncGenerator[None]:
    """Tell the other workers what changes here, and hear from them."""
    sockets = bell_sockets(config, socket)
    if nest.store.share() or sockets is None:
        yield
        return
    with relay.joined(nest.store.bell, *sockets):
        yield


def _answers(reloader: Reloader, stop: asyncio.Event) -> Mapping[str, control.Answer]:
    """What the control channel is asked."""
    nest = reloader.nest

    async def status(_question: Mapping[str, Any]) -> dict[str, Any]:
        return await nest.status(reloader.gates.bound, "stopping" if stop.is_set() else "running")

    async def delivery(question: Mapping[str, Any]) -> None:
        if question["ask"] == "suspend":
            await nest.queue.suspend()
        else:
            await nest.queue.resume()
        nest.log.system.info("delivery", now=question["ask"])

    async def reload(_question: Mapping[str, Any]) -> str:
        return await reloader.reload()

    async def changed(question: Mapping[str, Any]) -> None:
        nest.directory.refresh()
        nest.queue.poke()
        nest.store.bell.heard(dict(question.get("touched", ())))

    async def index(_question: Mapping[str, Any]) -> None:
        nest.indexing.again()

    async def alive(_question: Mapping[str, Any]) -> None:
        """Say that the loop turns; a parent asks its workers."""

    async def end(_question: Mapping[str, Any]) -> None:
        asyncio.get_running_loop().call_soon(stop.set)

    return {
        "status": status,
        "suspend": delivery,
        "resume": delivery,
        "reload": reload,
        "changed": changed,
        "index": index,
        "alive": alive,
        "stop": end,
    }

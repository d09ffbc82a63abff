"""The life of one worker: from open doors to the last letter finished.

Lifetimes are nested: the store outlives the rooms that use it, those outlive the connections, and the listeners are the
first to go. To stop is to leave the innermost; whatever is outside it then ends in order.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hawknest.app.nest import Bound, Nest, opened, routes
from hawknest.app.process import notify
from hawknest.config import Config, ConfigError, Tls, load
from hawknest.log import Log
from hawknest.net import control, listen
from hawknest.net.tls import TlsError


async def run(config: Config, bound: list[Bound], socket: Path, log: Log) -> None:
    """Serve until SIGTERM, SIGINT or the control channel says stop. Raises StoreError, TlsError, ControlError."""
    async with opened(config, log) as nest, contextlib.AsyncExitStack() as listeners:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: log.system.info("reload", said=_reload(nest)))
        async with control.answering(socket, _answers(nest, bound, stop)), asyncio.TaskGroup() as chores:
            for one in bound:
                context = (lambda: nest.certificate.context) if one.entry.tls is Tls.IMPLICIT else None
                await listeners.enter_async_context(listen.serving(one.sock, nest.door(one.entry), context))
                log.system.info("listening", service=one.entry.service, address=one.address, port=one.port)
            running = [chores.create_task(chore) for chore in nest.chores()]
            notify("READY=1")
            log.system.info("ready", hostname=config.hostname, seconds=round(time.time() - nest.started, 3))
            await stop.wait()
            notify("STOPPING=1")
            log.system.info("stopping", connections=len(nest.connections))
            await listeners.aclose()
            await nest.queue.stop()
            await nest.connections.end(config.contents.limits.grace)
            for task in running:
                task.cancel()
    log.system.info("stopped")


def _answers(nest: Nest, bound: list[Bound], stop: asyncio.Event) -> Mapping[str, control.Answer]:
    """What the control channel is asked."""

    async def status(_question: Mapping[str, Any]) -> dict[str, Any]:
        return await nest.status(bound, "stopping" if stop.is_set() else "running")

    async def delivery(question: Mapping[str, Any]) -> None:
        if question["ask"] == "suspend":
            await nest.queue.suspend()
        else:
            await nest.queue.resume()
        nest.log.system.info("delivery", now=question["ask"])

    async def reload(_question: Mapping[str, Any]) -> str:
        return _reload(nest)

    async def changed(_question: Mapping[str, Any]) -> None:
        nest.directory.refresh()
        nest.queue.poke()

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
        "alive": alive,
        "stop": end,
    }


def _reload(nest: Nest) -> str:
    """Take the changed file and certificate, as far as a running server can; say what needs a restart."""
    try:
        fresh = load(nest.config.directory)
        fresh_routes = routes(fresh)
        nest.certificate.reload(fresh.certificate())
    except (ConfigError, TlsError) as error:
        return f"nothing was changed: {error}"
    nest.config, nest.routes = fresh, fresh_routes
    nest.log.configure(fresh.log(stderr=True))
    nest.directory.refresh()
    fixed = ("hostname", "listener", "database", "letters", "workers", "user", "dns", "limits")
    late = [key for key in fixed if getattr(fresh.contents, key) != getattr(nest.started_with.contents, key)]
    return f"a restart is needed for: {', '.join(late)}" if late else ""

"""`hawknest index …`: what was read of letters beforehand, for IMAP and for searching."""

import asyncio
import sys
import time
from functools import partial
from typing import Final

from cyclopts import App

from hawknest.app.heirs import worker_name
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show
from hawknest.cli.words import tell
from hawknest.log import Log
from hawknest.net.control import ControlError, ask
from hawknest.post import indexing
from hawknest.post.indexing import Indexing
from hawknest.store import Store, database, leases

app = App(
    name="index",
    help="What was read of letters beforehand: their structure for IMAP, their words for searching. It can be made again "
    "from the letters at any time, and searches are right without it, only slower.",
    help_format="markdown",
)

STEP: Final = 0.5  # seconds between two words on how far it is


@app.command
def status(*, data: Data = DEFAULT, json: Json = False) -> None:
    """Tell how many letters there are, and how many of them were read.

    Example: `hawknest index status`
    """
    with nest(data) as here:
        found = here.read(indexing.standing)
    counts = {"letters": found.letters, "read": found.read}
    show(counts, json, lambda: tell("index-status", letters=found.letters, read=found.read))


@app.command
def rebuild(*, data: Data = DEFAULT, json: Json = False) -> None:
    """Read all letters again; a server that runs does it by and by, without one it is done at once.

    Example: `hawknest index rebuild`
    """
    with nest(data) as here:
        count = here.write(indexing.forget)
        try:
            ask(here.config.socket, "index", timeout=5.0)
        except ControlError:
            asyncio.run(_build(here, count, quiet=json))
            found = here.read(indexing.standing)
            counts = {"letters": found.letters, "read": found.read}
            done = found.read == found.letters  # else another process has just begun with it
            words = tell("index-done", count=count) if done else tell("index-status", **counts)
            show(counts, json, lambda: words)
        else:
            show({"letters": count, "read": 0}, json, lambda: tell("index-begun", count=count))


async def _build(here: Nest, count: int, *, quiet: bool) -> None:
    """Read all letters, and say how far it is."""
    settings, directory = here.config.store(), here.config.directory
    store = Store(database(settings, directory), directory, settings)
    try:
        reader = Indexing(store, Log(), owner := worker_name(), time.time)
        done, told = 0, 0.0
        while read := await reader.portion():
            done += read
            if not quiet and sys.stderr.isatty() and time.monotonic() - told > STEP:
                told = time.monotonic()
                print(f"\r{tell('index-going', done=done, count=count)}", end="", file=sys.stderr, flush=True)
        if not quiet and sys.stderr.isatty():
            print(file=sys.stderr)
        await store.write(partial(leases.give_back_all, owner=owner))
    finally:
        await store.close()

"""`hawknest update`: whether there is a new version."""

import asyncio
import time

from hawknest.app.heirs import worker_name
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import language, tell
from hawknest.log import Log
from hawknest.post.updates import NewVersions, Source, Updates
from hawknest.store import Store, database


def update(*, data: Data = DEFAULT, json: Json = False) -> None:
    """Look whether there is a new version, and tell what is new in it.

    Nothing is looked for unless you want it: `hawknest config set update_check on`, with the address of the list of versions and the
    key that signs it under [updates] in hawknest.toml. Nothing is told about this server, and nothing is installed.

    Example: `hawknest update`
    """
    with nest(data) as here:
        found = asyncio.run(_look(here))
    show(found, json, lambda: _in_words(found))


async def _look(here: Nest) -> NewVersions:
    """Look, where that is wanted. Raises Trouble."""
    settings, named = here.config.store(), here.config.contents.updates
    store = Store(database(settings, here.config.directory), here.config.directory, settings)
    try:
        source = Source(named.url, named.key)
        updates = Updates(store, Log(), worker_name(), time.time, lambda: source)
        if not (await updates.standing()).enabled:
            raise Trouble(tell("update-off"))
        found = await updates.look()
    finally:
        await store.close()
    if found.error:
        raise Trouble(found.error)
    return found


def _in_words(found: NewVersions) -> str:
    if not found.newer:
        return tell("update-none", version=found.current)
    lines = [tell("update-newer", version=found.newer[0].version, current=found.current)]
    for one in found.newer:
        lines += ["", f"{one.version}  {one.released}".rstrip()]
        lines += [f"  - {change}" for change in one.changes.get(language()) or one.changes.get("en", [])]
        lines += [f"  {one.page}"] if one.page else []
    lines += ["", tell("update-at", at=when(found.checked_at))]
    return "\n".join(lines)

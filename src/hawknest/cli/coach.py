"""`hawknest coach`: line by line what is missing until others find, reach and believe the letters of a domain."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

from cyclopts import Parameter

from hawknest.accounts import domains
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import language as spoken
from hawknest.cli.words import tell
from hawknest.net.control import ControlError, ask
from hawknest.post.coach.words import Language
from hawknest.store import Connection

T = TypeVar("T")

WIDTH: Final = 80  # columns where there is no terminal


def coach(
    domain: str = "",
    *,
    once: Annotated[bool, Parameter(negative=())] = False,
    providers: Annotated[bool, Parameter(negative=())] = False,
    lang: str = "",
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """See line by line what is missing until others find, reach and believe the letters of a domain.

    Each line says what was found, what breaks where it is skipped, and what exactly to enter where the domain is managed.
    The name servers of the domain themselves are asked, so a line turns green within seconds of a record being entered.
    On a terminal it goes on until all is green or Ctrl-C; without one, it tells each change in a line and ends when all that
    is needed is green. Ends with exit code 0 when everything that is needed is green, else 1.

    Whom it may ask besides, such as blocklists, stands under [coach] in hawknest.toml.

    Example: `hawknest coach example.org`

    Args:
        domain: The domain; without it the first one.
        once: Look once and end.
        providers: List the settings of well-known smart hosts, for where port 25 is blocked.
        lang: The language: en or ja; without it that of the system.
    """
    language = _language(lang)
    if providers:
        return _providers(language, json=json)
    with nest(data) as here:
        name = _domain(here, domain)
        if once or json:
            found = asyncio.run(_once(here, name))
            show(found.data(language), json, lambda: "")
            if not json:
                _print(found.data(language), language)
            return 0 if found.ready else 1
        watch = _live if sys.stdout.isatty() else _plainly
        return 0 if asyncio.run(_watched(here, name, language, watch)) else 1


def _language(lang: str) -> Language:
    if lang not in {"", "en", "ja"}:
        raise Trouble("--lang is en or ja")
    return "ja" if (lang or spoken()) == "ja" else "en"


def _domain(here: Nest, domain: str) -> str:
    known = here.read(domains.listing)
    if not domain:
        if not known:
            raise Trouble(tell("coach-no-domain"))
        return known[0].name
    return here.read(lambda connection: domains.get(connection, domain)).name


async def _once(here: Nest, domain: str) -> Any:
    from hawknest.app.coaching import coaches  # noqa: PLC0415 (the resolver and TLS; only this command needs them)

    async with coaches(_house(here)) as made:
        return await made.make(domain).once()


async def _watched(
    here: Nest, domain: str, language: Language, watch: Callable[[Any, Language], Awaitable[bool]]
) -> bool:
    from hawknest.app.coaching import coaches  # noqa: PLC0415 (the resolver and TLS; only this command needs them)

    async with coaches(_house(here)) as made:
        return await watch(made.make(domain), language)


async def _plainly(found: Any, language: Language) -> bool:
    """Tell everything once, and then each line that changes, until all that is needed is green."""
    from hawknest.cli import coach_view  # noqa: PLC0415 (rich)

    console = _console()
    standing = await found.once()
    _print(standing.data(language), language)
    known = {one.line.key: (one.state, one.outcome) for one in standing.lines}
    done = asyncio.Event()

    def told(standing: Any) -> None:
        for one in standing.lines:
            if known.get(one.line.key, (None,))[0] is not one.state:
                known[one.line.key] = one.state, one.outcome
                line = coach_view.change(one.data(language), language, time.strftime("%H:%M:%S"))
                console.print(line, soft_wrap=True)
        if standing.ready and not done.is_set():
            console.print(coach_view.ending(standing.data(language), language))
            done.set()

    if standing.ready:
        return True
    await _until(found.watch(told), done)
    return done.is_set()


async def _live(found: Any, language: Language) -> bool:
    """Show everything on the terminal until all is green, or somebody has enough."""
    from rich.live import Live  # noqa: PLC0415 (rich)

    from hawknest.cli import coach_view  # noqa: PLC0415

    console = _console()
    done = asyncio.Event()
    newest: list[Any] = []
    with Live(console=console, auto_refresh=False, screen=False, transient=True) as live:

        def told(standing: Any) -> None:
            newest[:] = [standing]
            live.update(coach_view.Board(standing.data(language), language), refresh=True)
            if standing.complete:
                done.set()

        await _until(found.watch(told), done)
    if not newest:
        return False
    _print(newest[0].data(language), language)
    return bool(newest[0].ready)


async def _until(watch: Any, done: asyncio.Event) -> None:
    """Watch until it is done; Ctrl-C ends it, and is no fault."""
    task = asyncio.ensure_future(watch)
    waiting = asyncio.ensure_future(done.wait())
    try:
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
    finally:
        for one in (task, waiting):
            one.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)


def _print(found: Mapping[str, Any], language: Language) -> None:
    from hawknest.cli import coach_view  # noqa: PLC0415 (rich)

    console = _console()
    for part in coach_view.whole(found, language):
        console.print(part)


def _console() -> Any:
    from rich.console import Console  # noqa: PLC0415 (rich)

    width = None if sys.stdout.isatty() else WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)


def _house(here: Nest) -> Any:
    from hawknest.app.coaching import House  # noqa: PLC0415

    async def read(question: Callable[[Connection], T]) -> T:
        return here.read(question)

    async def ports() -> Mapping[str, int]:
        try:
            status = await asyncio.to_thread(ask, here.config.socket, "status", timeout=3.0)
        except ControlError:
            return {}
        return {entry["service"]: entry["port"] for entry in status["listeners"]}

    return House(lambda: here.config, read, ports)


def _providers(language: Language, *, json: bool) -> int:
    from hawknest.cli import coach_view  # noqa: PLC0415 (rich)
    from hawknest.post.coach.providers import listed  # noqa: PLC0415

    found = listed(language)

    def words() -> str:
        lines = [coach_view.say("providers", language), ""]
        for one in found:
            kind = coach_view.say("relay" if one["relay"] else "mailbox", language)
            lines += [
                f"{one['name']} ({kind})",
                f'  host = "{one["host"]}"  port = {one["port"]}  tls = "{one["tls"]}"',
                f"  {coach_view.say('login', language, user=one['user'])}",
                f"  {one['notes']}",
                *([f"  SPF: {one['spf']}"] if one["spf"] else []),
                "",
            ]
        return "\n".join(lines).rstrip()

    show(found, json, words)
    return 0

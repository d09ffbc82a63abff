"""`hawknest coach`: line by line what is missing until others find, reach and believe the letters of a domain."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
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

SOON: Final = 4.0  # seconds after which a letter that was sent is seen
_FINAL: Final = frozenset({"green", "red"})
WIDTH: Final = 80  # columns where there is no terminal


def coach(
    domain: str = "",
    *,
    once: Annotated[bool, Parameter(negative=())] = False,
    echo: str = "",
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
        echo: An address elsewhere that answers every letter: when all that is needed is green, a real letter is sent there, and
            its answer awaited. Without this, `echo` under [coach] in hawknest.toml says it.
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
        to = echo or here.config.contents.coach.echo
        letter = partial(_send, here, name, to) if to else None
        show_ = _live if sys.stdout.isatty() else _plainly
        return 0 if asyncio.run(_watched(here, name, partial(show_, language=language, letter=letter))) else 1


def _language(lang: str) -> Language:
    if lang not in {"", "en", "ja"}:
        raise Trouble("--lang is en or ja")
    return "ja" if (lang or spoken()) == "ja" else "en"


def _domain(here: Nest, domain: str) -> str:
    if domain:
        found = [here.read(lambda connection: domains.get(connection, domain)).name]
    else:
        found = [one.name for one in here.read(domains.listing)]
    named = [one for one in found if not one.startswith("[")]
    if not named:
        raise Trouble(tell("coach-literal", domain=domain) if domain else tell("coach-no-domain"))
    return named[0]


async def _once(here: Nest, domain: str) -> Any:
    from hawknest.app.coaching import coaches  # noqa: PLC0415 (the resolver and TLS; only this command needs them)

    async with coaches(_house(here)) as made:
        return await made.make(domain).once()


async def _watched(here: Nest, domain: str, watch: Callable[[Any], Awaitable[bool]]) -> bool:
    from hawknest.app.coaching import coaches  # noqa: PLC0415 (the resolver and TLS; only this command needs them)

    async with coaches(_house(here)) as made:
        return await watch(made.make(domain))


def _send(here: Nest, domain: str, to: str) -> None:
    """Send a real letter, unless one to the same address is on its way. Raises AccountError."""
    from hawknest.post.coach import echo  # noqa: PLC0415 (only where one is sent)

    now = time.time()
    standing = here.read(lambda c: echo.look(c, domain, now, here.config.directory / "blobs", {}))
    if standing is not None and standing.to == to and now - standing.at < echo.LIMIT:
        return
    begin = partial(
        echo.begin,
        domain=domain,
        to=to,
        host=here.config.hostname,
        now=now,
        utc_offset=time.localtime().tm_gmtoff,
    )
    here.change("coach.echo", domain, begin)
    with contextlib.suppress(ControlError):
        ask(here.config.socket, "changed", timeout=2.0)


class _End:
    """When there is nothing more to wait for: all that is needed is green, and a real letter that is wanted has fared well or ill."""

    def __init__(self, letter: Callable[[], None] | None) -> None:
        self._letter = letter
        self._sent = False
        self._at = float("-inf")
        self.came = asyncio.Event()

    def look(self, standing: Any, *, wholly: bool = False) -> None:
        """Look whether it came; `wholly`: all has to be green, not only what is needed."""
        now = time.monotonic()
        if standing.ready and self._letter is not None and not self._sent:
            self._sent, self._at = True, now
            self._letter()
        if now - self._at < SOON:  # what is seen of it may still be about another
            return
        echo = next((one for one in standing.lines if one.line.key == "echo"), None)
        if self._letter is not None and (not self._sent or echo is None or echo.state not in _FINAL):
            return
        if standing.complete if wholly else standing.ready:
            self.came.set()

    def well(self, standing: Any) -> bool:
        """Whether it was a good one."""
        echo = next((one for one in standing.lines if one.line.key == "echo"), None)
        return bool(standing.ready and (self._letter is None or (echo is not None and echo.state == "green")))


async def _plainly(found: Any, language: Language, letter: Callable[[], None] | None) -> bool:
    """Tell everything once, and then each line that changes, until there is nothing to wait for."""
    from hawknest.cli import coach_view  # noqa: PLC0415 (rich)

    console = _console()
    standing = await found.once()
    _print(standing.data(language), language)
    known = {one.line.key: one.state for one in standing.lines}
    end = _End(letter)
    newest = [standing]

    def told(standing: Any) -> None:
        newest[:] = [standing]
        for one in standing.lines:
            if known.get(one.line.key) is not one.state:
                known[one.line.key] = one.state
                line = coach_view.change(one.data(language), language, time.strftime("%H:%M:%S"))
                console.print(line, soft_wrap=True)
        end.look(standing)

    end.look(standing)
    if not end.came.is_set():
        await _until(found.watch(told), end.came)
        console.print(coach_view.ending(newest[0].data(language), language))
    return end.well(newest[0])


async def _live(found: Any, language: Language, letter: Callable[[], None] | None) -> bool:
    """Show everything on the terminal until all is green, or somebody has enough."""
    from rich.live import Live  # noqa: PLC0415 (rich)

    from hawknest.cli import coach_view  # noqa: PLC0415

    console = _console()
    end = _End(letter)
    newest: list[Any] = []
    with Live(console=console, auto_refresh=False, screen=False, transient=True) as live:

        def told(standing: Any) -> None:
            if not newest or standing.found != newest[0].found:
                live.update(coach_view.Board(standing.data(language), language), refresh=True)
            newest[:] = [standing]
            end.look(standing, wholly=True)

        await _until(found.watch(told), end.came)
    if not newest:
        return False
    _print(newest[0].data(language), language)
    return end.well(newest[0])


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

"""`hawknest queue …`: letters that wait to leave for other servers."""

import time
from collections.abc import Callable
from typing import Annotated, Final

from cyclopts import App, Parameter

from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, octets, show, span, table, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.user import confirm
from hawknest.store import Connection, journey, outgoing
from hawknest.store.blobs import Blobs
from hawknest.store.journey import Step
from hawknest.store.outgoing import Waiting

app = App(
    name="queue",
    help="Letters that wait to leave. WHICH is a number of `hawknest queue list`, a letter's id, an address, a domain, "
    "or `all`.",
    help_format="markdown",
)

PAGE: Final = 1000
Which = Annotated[str, Parameter(help="A number of the list, a letter's id, an address, a domain, or `all`.")]


@app.command(name="list")
def listing(*, count: int = 100, data: Data = DEFAULT, json: Json = False) -> None:
    """List what waits, what is due first at the top.

    Example: `hawknest queue list --json`

    Args:
        count: How many rows at the most.
    """
    with nest(data) as here:
        found = here.read(lambda c: outgoing.listing(c, count))
    now = time.time()
    rows = [
        (
            w.id,
            w.letter_id,
            w.reverse_path or "<>",
            w.address,
            octets(w.size),
            w.attempts,
            _state(w, now),
            w.last_words[:60],
        )
        for w in found
    ]
    heads = ("NO", "LETTER", "FROM", "TO", "SIZE", "TRIES", "STATE", "LAST WORDS")
    show([_plain(w) for w in found], json, lambda: table(heads, rows, "nothing waits"))


@app.command(name="show")
def look(which: Which, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Show what is known of waiting letters, with the other server's words.

    Example: `hawknest queue show 17`
    """
    with nest(data) as here:
        found = _chosen(here, which)
    show([_plain(w) for w in found], json, lambda: "\n\n".join(_in_words(w) for w in found))


@app.command
def hold(which: Which, *, data: Data = DEFAULT) -> None:
    """Keep letters back until they are released.

    Example: `hawknest queue hold example.com`
    """
    _each(data, which, "held", lambda c, w, _: outgoing.hold(c, w.id, held=True))


@app.command
def release(which: Which, *, data: Data = DEFAULT) -> None:
    """Let letters go that were held back.

    Example: `hawknest queue release all`
    """
    _each(data, which, "released", lambda c, w, _: outgoing.hold(c, w.id, held=False))


@app.command
def retry(which: Which, *, data: Data = DEFAULT) -> None:
    """Try now, whatever the schedule says.

    Example: `hawknest queue retry all`
    """
    _each(data, which, "retry", lambda c, w, now: outgoing.now(c, w.id, now))


@app.command
def drop(which: Which, *, yes: Annotated[bool, Parameter(negative=())] = False, data: Data = DEFAULT) -> None:
    """Drop letters: they are not sent, and their senders are not told.

    Example: `hawknest queue drop 17 --yes`

    Args:
        yes: Do not ask.
    """
    places: list[str] = []

    def end(connection: Connection, waiting: Waiting, _now: float) -> bool:
        places.append(outgoing.end(connection, waiting.id))
        return True

    with nest(data) as here:
        found = _chosen(here, which)
        if not yes:
            confirm(
                f"Drop {len(found)} waiting, the first for {found[0].address}, without telling the sender?"
            )
        _change(here, found, "dropped", end)
        files = Blobs(here.config.directory)
        for place in filter(None, places):
            files.remove(place)
    print(f"dropped {len(found)}")


Change = Callable[[Connection, Waiting, float], bool]


def _each(data: Data, which: str, event: str, change: Change) -> None:
    with nest(data) as here:
        found = _chosen(here, which)
        _change(here, found, event, change)
    print(f"{event} {len(found)}")


def _change(here: Nest, found: list[Waiting], event: str, change: Change) -> None:
    """Change rows of the queue, and write down in the letters' journeys who did."""
    now = time.time()

    def job(connection: Connection) -> None:
        for waiting in found:
            if change(connection, waiting, now):
                step = Step(now, event, waiting.address.lower(), {"by": "the owner"})
                journey.add(connection, waiting.letter_id, [step])

    here.write(job)


def _chosen(here: Nest, which: str) -> list[Waiting]:
    """Find the rows that a word means. Raises Trouble where there are none."""
    folded = which.strip().lower()

    def fits(waiting: Waiting) -> bool:
        return folded == "all" or folded in {
            str(waiting.id),
            waiting.letter_id,
            waiting.address.lower(),
            waiting.destination,
        }

    found: list[Waiting] = []
    skip = 0
    while page := here.read(lambda c, skip=skip: outgoing.listing(c, PAGE, skip)):
        found += [waiting for waiting in page if fits(waiting)]
        skip += len(page)
    if not found:
        raise Trouble("nothing waits" if folded == "all" else f"nothing that waits is called {which}")
    return found


def _state(waiting: Waiting, now: float) -> str:
    if waiting.held:
        return "held"
    if waiting.claimed_until > now:
        return "being delivered"
    return "due" if waiting.next_at <= now else f"in {span(waiting.next_at - now)}"


def _plain(waiting: Waiting) -> dict[str, object]:
    """A row for programs."""
    now = time.time()
    return {
        "number": waiting.id,
        "letter": waiting.letter_id,
        "from": waiting.reverse_path,
        "to": waiting.address,
        "destination": waiting.destination,
        "size": waiting.size,
        "state": "held" if waiting.held else "delivering" if waiting.claimed_until > now else "waiting",
        "attempts": waiting.attempts,
        "created_at": waiting.created_at,
        "next_at": waiting.next_at,
        "last_at": waiting.last_at,
        "expires_at": waiting.expires_at,
        "last_words": waiting.last_words,
    }


def _in_words(waiting: Waiting) -> str:
    rows = [
        ("number", waiting.id),
        ("letter", waiting.letter_id),
        ("from", waiting.reverse_path or "<>"),
        ("to", waiting.address),
        ("size", octets(waiting.size)),
        ("state", _state(waiting, time.time())),
        ("since", when(waiting.created_at)),
        ("tries", waiting.attempts),
        ("last try", when(waiting.last_at)),
        ("last words", waiting.last_words or "-"),
        ("next try", "when released" if waiting.held else when(waiting.next_at)),
        ("given up", when(waiting.expires_at)),
    ]
    return table(("", ""), rows, "").partition("\n")[2]

"""`hawknest queue …`: letters that wait to leave for other servers."""

import time
from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter

from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, octets, show, span, table, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.user import confirm
from hawknest.cli.words import tell
from hawknest.post import failover_memory, waiting
from hawknest.store import Connection, outgoing
from hawknest.store.blobs import Blobs
from hawknest.store.outgoing import Waiting

app = App(
    name="queue",
    help="Letters that wait to leave. WHICH is a number of `hawknest queue list`, a letter's id, an address, a domain, "
    "or `all`.",
    help_format="markdown",
)

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
    show([waiting.plain(w, now) for w in found], json, lambda: table(heads, rows, "nothing waits"))


@app.command(name="show")
def look(which: Which, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Show what is known of waiting letters, with the other server's words.

    Example: `hawknest queue show 17`
    """
    with nest(data) as here:
        found = _chosen(here, which)
    now = time.time()
    show([waiting.plain(w, now) for w in found], json, lambda: "\n\n".join(_in_words(w) for w in found))


@app.command
def detours(*, data: Data = DEFAULT, json: Json = False) -> None:
    """List the destinations that letters go to by the smart host for a while, why, and when the straight way is tried again.

    Example: `hawknest queue detours`
    """
    with nest(data) as here:
        found = here.read(failover_memory.listing)
    heads = tuple(tell(f"detours-{key}") for key in ("to", "why", "since", "until", "said"))
    rows = [
        (
            barrier.destination,
            tell(f"detours-{barrier.cause}"),
            when(barrier.since),
            when(barrier.until),
            " ".join(barrier.words.split())[:80],
        )
        for barrier in found
    ]
    show(found, json, lambda: table(heads, rows, tell("detours-none")))


@app.command
def straight(destination: str, *, data: Data = DEFAULT) -> None:
    """Let letters to a destination go straight again, from the next one on; a server that runs hears of it within a minute.

    Example: `hawknest queue straight example.com`

    Args:
        destination: A domain of `hawknest queue detours`, or `*`.
    """
    with nest(data) as here:
        ended = here.write(lambda c: failover_memory.end(c, destination.strip().lower()))
    if not ended:
        raise Trouble(tell("detours-unknown", destination=destination))
    print(tell("detours-ended", destination=destination))


@app.command
def hold(which: Which, *, data: Data = DEFAULT) -> None:
    """Keep letters back until they are released.

    Example: `hawknest queue hold example.com`
    """
    print(f"held {_change(data, which, 'hold', waiting.hold)}")


@app.command
def release(which: Which, *, data: Data = DEFAULT) -> None:
    """Let letters go that were held back.

    Example: `hawknest queue release all`
    """
    print(f"released {_change(data, which, 'release', waiting.release)}")


@app.command
def retry(which: Which, *, data: Data = DEFAULT) -> None:
    """Try now, whatever the schedule says.

    Example: `hawknest queue retry all`
    """
    print(f"to be tried now: {_change(data, which, 'retry', waiting.retry_now)}")


@app.command
def drop(
    which: Which,
    *,
    tell_sender: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
) -> None:
    """Take letters out of the queue unsent.

    Example: `hawknest queue drop 17 --tell-sender --yes`

    Args:
        tell_sender: Return them to their senders, who otherwise hear nothing.
        yes: Do not ask.
    """
    with nest(data) as here:
        found = _chosen(here, which)
        if not yes:
            confirm(f"Drop {len(found)} waiting, the first for {found[0].address}?")
        ids, now = [row.id for row in found], time.time()
        if tell_sender:
            print(
                f"to be returned: {here.change('queue.drop', which, lambda c: waiting.give_back(c, ids, now))}"
            )
            return
        count, places = here.change("queue.drop", which, lambda c: waiting.drop(c, ids, now))
        files = Blobs(here.config.directory)
        for place in places:
            files.remove(place)
    print(f"dropped {count}")


@app.command
def reroute(which: Which, to: str, *, data: Data = DEFAULT) -> None:
    """Send letters by another way, at once: their addresses stay, the server that they are brought to is another.

    Example: `hawknest queue reroute example.com backup.example.net`

    Args:
        to: The domain or host that takes them, or an address such as [192.0.2.7].
    """
    print(
        f"to be brought to {to}: {_change(data, which, 'reroute', lambda c, ids, now: waiting.reroute(c, ids, to, now))}"
    )


def _change(data: Data, which: str, what: str, change: Callable[[Connection, list[int], float], int]) -> int:
    """Change what a word means in the queue. Returns how many rows."""
    with nest(data) as here:
        ids = [row.id for row in _chosen(here, which)]
        return here.change(f"queue.{what}", which, lambda c: change(c, ids, time.time()))


def _chosen(here: Nest, which: str) -> list[Waiting]:
    """Find the rows that a word means. Raises Trouble where there are none."""
    found = here.read(lambda c: waiting.chosen(c, which))
    if not found:
        everything = which.strip().lower() == waiting.EVERYTHING
        raise Trouble("nothing waits" if everything else f"nothing that waits is called {which}")
    return found


def _state(row: Waiting, now: float) -> str:
    if row.held:
        return tell("queue-held")
    if row.attempts == waiting.RETURNED:
        return tell("queue-returned")
    if row.claimed_until > now:
        return tell("queue-delivering")
    return tell("queue-due") if row.next_at <= now else tell("queue-later", span=span(row.next_at - now))


def _in_words(row: Waiting) -> str:
    rows = [
        ("number", row.id),
        ("letter", row.letter_id),
        ("from", row.reverse_path or "<>"),
        ("to", row.address),
        ("size", octets(row.size)),
        ("state", _state(row, time.time())),
        ("since", when(row.created_at)),
        ("tries", row.attempts),
        ("last try", when(row.last_at)),
        ("last words", row.last_words or "-"),
        ("next try", "when released" if row.held else when(row.next_at)),
        ("given up", when(row.expires_at)),
    ]
    return table(("", ""), rows, "").partition("\n")[2]

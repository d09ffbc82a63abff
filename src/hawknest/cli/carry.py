"""What import and export share on the command line: the open store, progress on a terminal, and the report."""

import asyncio
import contextlib
import getpass
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from hawknest import store
from hawknest.cli.nest import Nest
from hawknest.cli.say import octets, show, table
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.log.lines import printable
from hawknest.post.carry.errands import Outcome
from hawknest.post.carry.imaphost import ImapError, Security, Server
from hawknest.post.carry.letter import Label
from hawknest.post.carry.report import Line
from hawknest.post.carry.tree import TreeError
from hawknest.store import Store
from hawknest.store.mailboxes import MailboxError

PACE: Final = 0.2  # seconds between two words of progress
LIMIT: Final = 4096  # characters of a password's line

Port = Annotated[int, Parameter(help="The port; 0: the usual one, 993 or 143.")]
Secured = Annotated[
    Security,
    Parameter(
        name="--security",
        help="How the connection is secured: from the first octet (tls), after a word (starttls), or not (none), which "
        "sends no password in the clear to another machine.",
    ),
]
AnyCertificate = Annotated[
    bool,
    Parameter(
        negative=(),
        help="Take any certificate of the other server: who stands between could read all that passes.",
    ),
]
PasswordFile = Annotated[
    Path | None,
    Parameter(
        help="A file whose first line is the password; without it stdin has it, or a terminal is asked."
    ),
]


class Progress:
    """Tells on a terminal how far it is; nothing where there is none."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent or not sys.stderr.isatty()
        self._count = 0
        self._next = 0.0

    def __call__(self, label: Label) -> None:
        """Count a letter."""
        self._count += 1
        if self._silent or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PACE
        words = tell("carry-progress", count=f"{self._count:,}", mailbox=printable(label.mailbox))
        print(f"\r\x1b[K{words[:100]}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line to others."""
        if not self._silent and self._count:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def run(
    here: Nest, errand: Callable[[Store, Progress], Awaitable[Outcome]], *, as_json: bool, done: str
) -> int:
    """Run an errand with the nest's store, and print what came of it; `done` is the message for what was carried.

    Returns the exit code: 0 where all has arrived. Raises Trouble, StoreError.
    """
    progress = Progress(silent=as_json)
    here.changed = True  # a server that runs shall look

    async def work() -> Outcome:
        settings = replace(here.config.store(), readers=1)  # letters come one after another
        directory = here.config.directory
        opened = Store(store.database(settings, directory), directory, settings)
        opened.bell.relay = here.touched.update
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(opened.close)
            return await errand(opened, progress)

    try:
        outcome = asyncio.run(work())
    except (TreeError, ImapError, MailboxError) as error:
        raise Trouble(str(error)) from error
    except FileExistsError as error:
        raise Trouble(tell("carry-is-there", path=error.filename)) from error
    except PermissionError as error:
        raise Trouble(tell("carry-unreadable", path=error.filename)) from error
    finally:
        progress.end()
    show(_plain(outcome), as_json, lambda: _in_words(outcome, done))
    return 0 if outcome.equal else 1


def server(
    host: str,
    user: str,
    *,
    port: int,
    security: Security,
    any_certificate: bool,
    password_file: Path | None,
) -> Server:
    """Put together where to log in; the password is in the file, comes from stdin, or is asked for. Raises Trouble."""
    if not user:
        raise Trouble(tell("carry-no-user", host=host))
    if password_file is not None:
        password = password_file.expanduser().read_text("utf-8").partition("\n")[0].rstrip("\r")
    elif sys.stdin.isatty():
        password = getpass.getpass(tell("carry-password", user=user, host=host))
    else:
        password = sys.stdin.readline(LIMIT).rstrip("\r\n")
    if not password:
        raise Trouble(tell("carry-no-password"))
    return Server(host, user, password, port, security, verify=not any_certificate)


@contextlib.contextmanager
def handed_in(here: Nest) -> Generator[Path]:
    """Copy stdin into a file that is there for as long as the block lasts."""
    with tempfile.NamedTemporaryFile(dir=here.config.directory, prefix="import-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        file.flush()
        yield Path(file.name)


def whole(path: Path) -> Path:
    """A path as later runs will know it too."""
    return path.expanduser().resolve()


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "carried": outcome.carried,
        "known_before": outcome.known_before,
        "passed_over": outcome.passed_over,
        "missed": outcome.missed,
        "lost": outcome.lost,
        "refused": outcome.refused,
        "closed": outcome.closed,
        "equal": outcome.equal,
        "mailboxes": [
            {
                "mailbox": line.mailbox,
                "place": line.place,
                "letters": line.source.letters,
                "octets": line.source.octets,
                "hash": f"{line.source.hash:032x}",
                "arrived_letters": line.arrived.letters,
                "arrived_octets": line.arrived.octets,
                "arrived_hash": f"{line.arrived.hash:032x}",
                "gone": line.gone,
                "unknown": line.unknown,
                "equal": line.equal,
            }
            for line in outcome.mailboxes
        ],
    }


def _in_words(outcome: Outcome, done: str) -> str:
    heads = [tell(f"carry-{name}") for name in ("mailbox", "place", "letters", "octets", "compared")]
    rows = [
        (line.mailbox, line.place, f"{line.source.letters:,}", octets(line.source.octets), _compared(line))
        for line in outcome.mailboxes
    ]
    said = [
        table(heads, rows, tell("carry-none")),
        "",
        tell(done, count=f"{outcome.carried:,}", known=f"{outcome.known_before:,}"),
    ]
    if outcome.refused:
        said.append(tell("carry-refused", count=f"{outcome.refused:,}", words=printable(outcome.words)))
    said += [tell("carry-closed", mailbox=printable(name)) for name in outcome.closed]
    counts = {"passed-over": outcome.passed_over, "missed": outcome.missed, "lost": outcome.lost}
    said += [tell(f"carry-{name}", count=f"{count:,}") for name, count in counts.items() if count]
    if not outcome.equal:
        said.append(tell("carry-not-equal"))
    elif outcome.mailboxes and not any(line.unknown for line in outcome.mailboxes):
        said.append(tell("carry-all-equal"))
    return "\n".join(said)


def _compared(line: Line) -> str:
    if line.unknown:
        return tell("carry-unknown")
    if not line.equal:
        return tell("carry-unequal", letters=f"{line.arrived.letters:,}")
    return tell("carry-gone", gone=f"{line.gone:,}") if line.gone else tell("carry-equal")

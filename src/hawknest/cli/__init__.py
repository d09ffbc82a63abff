"""The command line: one file a noun, one small function a subcommand, loaded only when it is used.

What a command finds wrong is one line on stderr and exit code 1; what was typed wrong is exit code 2.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cyclopts import App

#: The names that the program answers to as sendmail does.
SENDMAIL: Final = frozenset({"sendmail", "mailq", "newaliases"})

#: Each command: where it is, and what it is for.
COMMANDS: Final = {
    "init": ("init:init", "Make a new nest: directory, database, first domain and administrator"),
    "serve": ("serve:serve", "Run the server in the foreground"),
    "status": ("serve:status", "Tell how the running server is"),
    "suspend": ("serve:suspend", "Keep accepting letters, and send none on"),
    "resume": ("serve:resume", "Send letters on again"),
    "stop": ("serve:stop", "Stop the server gracefully"),
    "reload": ("serve:reload", "Take the changed hawknest.toml and certificate without a restart"),
    "doctor": ("doctor:doctor", "Tell what is wrong with the data, and mend what is safe"),
    "selftest": ("selftest:selftest", "Try the running server, step by step, with a letter of its own"),
    "demo": ("demo:demo", "Run a throw-away nest with two users on this machine"),
    "address": ("address:app", "The address on the Internet that this server is reached at"),
    "coach": (
        "coach:coach",
        "See line by line what is missing until others find, reach and believe a domain",
    ),
    "domain": ("domain:app", "Domains that this server receives letters for"),
    "user": ("user:app", "Users, their passwords, forwards and automatic replies"),
    "link": ("link:link", "Make a one-time link that signs somebody in on the web"),
    "invite": ("invite:app", "People who make accounts for themselves"),
    "alias": ("alias:app", "Addresses that lead to others"),
    "device": ("device:app", "Credentials of printers and the like, which may only send"),
    "exempt": ("exempt:app", "Network addresses that may send without logging in"),
    "certificate": ("certificate:app", "Certificates that come by themselves, for the host and for domains"),
    "queue": ("queue:app", "Letters that wait to leave"),
    "letter": ("letter:app", "Letters that a user holds: find the large, the old and the broken ones"),
    "log": ("log:app", "The log, and the journey of a letter"),
    "report": ("report:report", "What other servers report: who sends as you, and how TLS goes"),
    "index": ("index:app", "What was read of letters beforehand, for IMAP and for searching"),
    "restored": ("restored:restored", "Tell the nest that its data was put back from a copy"),
    "import": ("import_:import_", "Bring letters in from Maildir, mbox, an archive or another server"),
    "export": ("export:export", "Write letters out as Maildir, mbox, an archive or to another server"),
    "config": ("config:app", "Settings of this machine and policies of the nest"),
    "service": ("service:app", "Let the system start the server and keep it running"),
    "sendmail": ("sendmail:command", "Hand in a letter as programs do with sendmail"),
    "update": ("update:update", "Look whether there is a new version"),
    "version": ("version:version", "Tell the version"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and end the process with its exit code."""
    os.umask(0o077)  # whatever is made is for its owner alone
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = Path(sys.argv[0]).name
    if arguments is None and name in SENDMAIL:
        words = [name, *words]
    sys.exit(run(words))


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        if words and words[0] in SENDMAIL and "--help" not in words:
            from hawknest.cli import sendmail  # noqa: PLC0415 (only what is used is loaded)

            return sendmail.run(words[0], words[1:])
        result = tree(words[0] if words else "")(words, result_action="return_value")
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 (whoever typed a command gets a sentence, not a traceback)
        return complain(error)
    return result if isinstance(result, int) else 0


def tree(chosen: str = "") -> "App":
    """Make the tree of commands; the `chosen` one tells of itself, the others need not be loaded for their help."""
    from cyclopts import App, Parameter  # noqa: PLC0415 (sendmail does without)

    app = App(
        name="hawknest",
        help="Mail for one house: letters in, letters kept, letters out.\n\n"
        "A first nest: `hawknest init --data nest --domain nest.test --admin me@nest.test --profile local`, "
        "then `hawknest serve --data nest`.",
        help_format="markdown",
        version_flags=[],
        default_parameter=Parameter(show_default=_default),
    )
    for name, (place, purpose) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        found = f"hawknest.cli.{module}:{attribute}"
        if name == chosen:
            app.command(found, name=name)
        else:
            app.command(found, name=name, help=purpose)
    return app


def _default(value: object) -> str | None:
    """What the help shows as a default: nothing where it goes without saying."""
    return None if value in (None, "", False) else str(value)


def complain(error: Exception) -> int:
    """Say on stderr, in one line, why a command failed."""
    if os.environ.get("HAWKNEST_DEBUG"):
        raise error
    from hawknest.cli.trouble import in_words  # noqa: PLC0415 (only where something is wrong)

    print(f"hawknest: {in_words(error)}", file=sys.stderr)
    return 1

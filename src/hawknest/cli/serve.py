"""`hawknest serve`, and what a running server can be told: status, suspend, resume, stop, reload."""

import time
from typing import Annotated, Any, Final

from cyclopts import Parameter

from hawknest.accounts import audit, profiles, settings
from hawknest.cli.found import address_words, published_words
from hawknest.cli.nest import BY, DEFAULT, Data, load, nest
from hawknest.cli.say import Json, show, span, table, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import language, tell
from hawknest.config import load as load_config
from hawknest.net.control import ControlError, NotRunning, ask
from hawknest.net.gateway import Gateways
from hawknest.store import Connection, outgoing

Receiving = Annotated[bool, Parameter(negative=())]
PATIENCE: Final = 5.0  # seconds beyond the grace of sessions that a stop may take


def serve(*, data: Data = DEFAULT) -> int:
    """Run the server in the foreground, until SIGTERM or `hawknest stop`; SIGHUP reloads.

    The log goes to stderr in short, and to the log directory in full. Where the server cannot start it says why in one
    line and ends with exit code 1.

    Example: `hawknest serve --data nest`
    """
    from hawknest import app  # noqa: PLC0415 (every room; only this command needs them)

    return app.main(load_config(data.expanduser().absolute()))


def status(*, data: Data = DEFAULT, json: Json = False) -> int:
    """Tell how the server is: whether it runs and delivers, connections, letters pending and being delivered, ports.

    Ends with exit code 1 where the server does not run.

    Example: `hawknest status --json`
    """
    try:
        found: dict[str, Any] = ask(load(data).socket, "status")
    except NotRunning:
        found = _stopped(data)
    show(found, json, lambda: _in_words(found))
    return 0 if found.get("state") != "stopped" else 1


def suspend(*, receiving: Receiving = False, data: Data = DEFAULT) -> None:
    """Stop sending letters on, and keep accepting them; they wait until `hawknest resume`.

    With `--receiving` no letters of others are taken in instead: their servers hear that they should try again later, which
    they do for some days. Users may still send.

    Example: `hawknest suspend`

    Args:
        receiving: Take no letters of others in.
    """
    if receiving:
        _receive(data, on=False)
    else:
        _deliver(data, "suspend")
    print(tell("suspended-receiving" if receiving else "suspended"))


def resume(*, receiving: Receiving = False, data: Data = DEFAULT) -> None:
    """Send letters on again, or with `--receiving` take them in again.

    Example: `hawknest resume`

    Args:
        receiving: Take letters of others in again.
    """
    if receiving:
        _receive(data, on=True)
    else:
        _deliver(data, "resume")
    print(tell("resumed-receiving" if receiving else "resumed"))


def _deliver(data: Data, word: str) -> None:
    ask(load(data).socket, word)
    with nest(data) as here:
        here.write(lambda c: audit.note(c, BY, f"delivery.{word}", "delivery", time.time()))


def _receive(data: Data, *, on: bool) -> None:
    with nest(data) as here:
        here.change(
            "receiving.resume" if on else "receiving.suspend",
            "receiving",
            lambda c: settings.set_values(c, {"receive": on}),
        )


def stop(*, data: Data = DEFAULT) -> None:
    """Stop the server gracefully: letters that are coming in are finished, sessions ended, and the queue kept.

    Example: `hawknest stop`
    """
    here = load(data)
    ask(here.socket, "stop")
    end = time.monotonic() + here.contents.limits.grace + PATIENCE
    while time.monotonic() < end:
        try:
            ask(here.socket, "status", timeout=1.0)
        except NotRunning:
            print(tell("stopped"))
            return
        except ControlError:  # it is about to end
            pass
        time.sleep(0.1)
    print(tell("stopping"))


def reload(*, data: Data = DEFAULT) -> None:
    """Take the changed hawknest.toml and certificate without a restart.

    Example: `hawknest config set log.level debug && hawknest reload`
    """
    here = load(data)  # a file with a mistake is told here, before the server hears of it
    answer = str(ask(here.socket, "reload") or "")
    if answer.startswith("nothing was changed"):
        raise Trouble(answer)
    print(tell("reloaded"))
    if answer:
        print(answer)


def _stopped(data: Data) -> dict[str, Any]:
    """What the database tells of a server that does not run."""

    def look(connection: Connection) -> tuple[int, str, dict[str, Any]]:
        pending, *_ = outgoing.count(connection, now := time.time())
        standing = profiles.standing(connection, now, Gateways()())
        return pending, str(settings.state(connection, "delivery") or "on"), standing

    with nest(data) as here:
        pending, delivery, standing = here.read(look)
        return {
            "state": "stopped",
            "delivery": delivery,
            "connections": 0,
            "pending": pending,
            "delivering": 0,
            "listeners": [],
            **standing,
        }


def _in_words(found: dict[str, Any]) -> str:
    state, delivery = found.get("state", ""), found.get("delivery")
    running = state != "stopped"
    lines = [tell("status-state", state=tell(f"state-{state}") if state in _STATES else state)]
    if running:
        lines.append(tell("status-delivery-on" if delivery in {"on", True} else "status-delivery-off"))
        if found.get("receiving") == "suspended":
            lines.append(tell("status-receiving-off"))
        lines.append(tell("status-connections", count=found.get("connections", 0)))
    lines.append(tell("status-pending", count=found.get("pending", 0)))
    if running:
        lines += [
            tell("status-delivering", count=found.get("delivering", 0)),
            tell("status-held", count=found.get("held", 0)),
            tell("status-workers", count=found.get("workers", 1)),
            tell("status-uptime", span=span(found.get("uptime", 0))),
            tell("status-version", version=found.get("version", "")),
        ]
    lines += [_exempt(entry) for entry in found.get("exempt", [])]
    lines += address_words(found) + _warnings(found) + published_words(found)
    rows = [(f"  {e['service']}", e["address"], e["port"], e["tls"]) for e in found.get("listeners", [])]
    if rows:
        lines += [tell("status-listeners"), table(("  SERVICE", "ADDRESS", "PORT", "TLS"), rows, "")]
    return "\n".join(lines)


def _exempt(entry: dict[str, Any]) -> str:
    if entry["until"] is None:
        return tell("status-exempt", addresses=entry["addresses"])
    return tell("status-exempt-until", addresses=entry["addresses"], at=when(entry["until"]))


def _warnings(found: dict[str, Any]) -> list[str]:
    """Say which profile holds where it is not the recommended one, and what is weaker than it could be."""
    lines = [tell("status-profile", profile=found["profile"])] if found.get("profile") == "original" else []
    lines += [tell("status-warning", words=tell(f"weaker-{name}")) for name in found.get("weaker", [])]
    lines += [
        tell(
            "status-warning",
            words=tell("status-certificate", subject=one["subject"], words=one["problem"][language()]),
        )
        for one in found.get("certificates", [])
    ]
    routers = found.get("routers_not_exempt", [])
    return lines + [tell("status-warning", words=tell("status-router", router=router)) for router in routers]


_STATES: Final = frozenset({"running", "stopped", "stopping"})

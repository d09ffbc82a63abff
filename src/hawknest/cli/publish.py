"""`hawknest domain publish`: the records of a domain entered into its zone by dynamic update, and kept in step. RFC 2136."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from hawknest.accounts import domains, publishing
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.config.fields import endpoint
from hawknest.net.update import Tsig

if TYPE_CHECKING:
    from hawknest.accounts.publishing import Zone
    from hawknest.post.publish import Work
    from hawknest.post.publish_plan import Plan

LIMIT = 4096  # characters of a secret
PORT = 53
PATIENCE = 60.0  # seconds until who else changes zones must be done

Flag = Annotated[bool, Parameter(negative=())]


def publish(
    name: str,
    *,
    server: str = "",
    zone: str = "",
    key: str = "",
    algorithm: str = "hmac-sha256",
    secret_stdin: Flag = False,
    replace: Flag = False,
    dry_run: Flag = False,
    off: Flag = False,
    keep: Flag = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """Enter the records of a domain into its zone by dynamic update (RFC 2136), and keep them in step from now on.

    The server of the zone has to allow that with a TSIG key, as BIND, Knot, PowerDNS and some providers do. Named once, they are
    remembered; the secret lies sealed in the database. When keys or certificates change, the running server changes the
    records by itself. What others have entered is never touched without --replace: it is told. Ends with exit code 1 where
    something of others is in the way.

    Example: `hawknest domain publish example.org --server 192.0.2.53 --key hawknest --secret-stdin < key.secret`

    Example: `hawknest domain publish example.org --dry-run` tells what would be changed.

    Args:
        name: The domain.
        server: The IP address of the zone's primary server, with `:port` if that is not 53.
        zone: The zone that the domain lies in; the domain itself unless said.
        key: The name of the TSIG key; without one changes are not signed.
        algorithm: The key's algorithm: hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha224 or hmac-sha1.
        secret_stdin: Read the key's secret, in base64, from the first line of stdin.
        replace: Put our records in the place of what is in the way.
        dry_run: Change nothing, and tell what would be changed.
        off: Take our records out again, and keep nothing in step any more.
        keep: With --off: leave the records where they are.
    """
    from hawknest.post.publish import carried_out, compared, noted  # noqa: PLC0415 (dnspython; only this command needs it)

    with nest(data) as here, _alone(here):
        domain = here.read(lambda c: domains.get(c, name)).name
        if off:
            return _end(here, domain, keep=keep)
        target, tsig = _zone(here, domain, server, zone, _key(key, algorithm, secret_stdin=secret_stdin))
        work = _work(here, domain, target, known=True)

        async def done() -> "Plan":
            todo = await compared(work, replace=replace)
            if not dry_run:
                await carried_out(work, todo, tsig)
            return todo

        todo = asyncio.run(done())
        if not dry_run:
            job = partial(
                _kept, here=here, work=work, key=tsig, server=server, noted=partial(noted, todo=todo)
            )
            here.change("domain.publish", domain, job)
    show(_data(work, todo, done=not dry_run), json, lambda: _told(work, todo, done=not dry_run))
    return int(any(conflict.serious for conflict in todo.conflicts))


@contextlib.contextmanager
def _alone(here: Nest) -> Generator[None]:
    """Wait until nobody else changes zones: the server may be about to."""
    from hawknest.post.publish import give_back, take  # noqa: PLC0415

    owner, end = f"command {os.getpid()}", time.monotonic() + PATIENCE
    while not here.write(lambda c: take(c, owner, time.time())):
        if time.monotonic() > end:
            raise Trouble(tell("publish-busy"))
        time.sleep(0.2)
    try:
        yield
    finally:
        here.write(lambda c: give_back(c, owner))


def _key(name: str, algorithm: str, *, secret_stdin: bool) -> Tsig | None:
    """The key that was named. Raises Trouble."""
    if bool(name) != secret_stdin:
        raise Trouble(tell("publish-key"))
    if not name:
        return None
    key = Tsig(name, sys.stdin.readline(LIMIT).strip(), algorithm)
    if problem := key.problem():
        raise Trouble(problem)
    return key


def _zone(here: Nest, domain: str, server: str, zone: str, key: Tsig | None) -> "tuple[Zone, Tsig | None]":
    """The zone to change, and its key: as named, else as remembered. Raises Trouble, VaultError."""
    from hawknest.accounts import vault  # noqa: PLC0415

    if not server:
        kept = here.read(lambda c: publishing.of(c, domain))
        found = kept.zone if kept else here.read(lambda c: publishing.zone_of(c, domain))
        if found is None or key is not None or zone:
            raise Trouble(tell("publish-nowhere", domain=domain))
        return found, found.key(vault.at(here.config.directory))
    try:
        address, port = endpoint(server, PORT)
    except ValueError as error:
        raise Trouble(str(error)) from None
    name = domains.named(zone or domain)
    known = next((one for one in here.read(publishing.zones) if one.name == name), None)
    return (
        publishing.Zone(
            id=known.id if known else 0,
            name=name,
            server=address,
            port=port,
            key_name=key.name if key else "",
            algorithm=key.algorithm if key else "",
            sealed="",
        ),
        key,
    )


def _work(here: Nest, domain: str, zone: "Zone", *, known: bool) -> "Work":
    from hawknest.cli.premises import premises_of  # noqa: PLC0415
    from hawknest.post.publish import prepared  # noqa: PLC0415

    told = premises_of(here.config) if known else None
    return here.read(lambda c: prepared(c, zone, domain, told))


def _kept(connection: Any, *, here: Nest, work: "Work", key: Tsig | None, server: str, noted: Any) -> None:
    """Remember the zone, and what was done there."""
    from dataclasses import replace  # noqa: PLC0415

    from hawknest.accounts import vault  # noqa: PLC0415

    now, zone = time.time(), work.zone
    if server:
        zone = publishing.put_zone(
            connection,
            vault.at(here.config.directory),
            zone.name,
            endpoint=zone.endpoint,
            key=key,
            now=now,
        )
    publishing.begin(connection, work.domain, zone, now)
    noted(connection, replace(work, zone=zone), now=now)


def _end(here: Nest, domain: str, *, keep: bool) -> int:
    """Publish a domain no longer."""
    from hawknest.accounts import vault  # noqa: PLC0415
    from hawknest.post.publish import carried_out, compared  # noqa: PLC0415

    kept = here.read(lambda c: publishing.of(c, domain))
    if kept is None:
        raise Trouble(tell("publish-off-nothing", domain=domain))
    work = _work(here, domain, kept.zone, known=False)

    async def done() -> "Plan":
        todo = await compared(work)
        await carried_out(work, todo, kept.zone.key(vault.at(here.config.directory)))
        return todo

    removed = () if keep else asyncio.run(done()).remove

    def job(connection: Any) -> None:
        publishing.end(connection, domain)
        publishing.note(connection, kept.zone, domain, added=(), removed=work.mine, now=time.time())

    here.change("domain.unpublish", domain, job)
    for entry in removed:
        print(tell("publish-removed", line=_line(entry)))
    print(tell("publish-ended", domain=domain))
    return 0


def _line(entry: Any) -> str:
    return f"{entry.name} {entry.type} {entry.value}"


def _data(work: "Work", todo: "Plan", *, done: bool) -> dict[str, Any]:
    from hawknest.post.publish import told  # noqa: PLC0415

    return {
        "domain": work.domain,
        "zone": work.zone.name,
        "server": f"{work.zone.server}:{work.zone.port}",
        "done": done,
        "added": todo.add,
        "removed": todo.remove,
        "conflicts": told(todo.conflicts),
        "elsewhere": work.elsewhere,
    }


def _told(work: "Work", todo: "Plan", *, done: bool) -> str:
    """What was changed, line by line, and what was not."""
    add, remove = (
        ("publish-added", "publish-removed") if done else ("publish-would-add", "publish-would-remove")
    )
    lines = [tell(remove, line=_line(entry)) for entry in todo.remove]
    lines += [tell(add, line=_line(entry)) for entry in todo.add]
    if not todo.add and not todo.remove and not todo.conflicts:
        lines.append(tell("publish-nothing", zone=work.zone.name))
    for conflict in todo.conflicts:
        key = "publish-conflict" if conflict.serious else "publish-kept"
        lines.append(tell(key, line=_line(conflict.record), found=_found(conflict.found)))
    if work.elsewhere:
        lines.append(tell("publish-elsewhere", count=len(work.elsewhere), domain=work.domain))
    if done:
        lines.append(tell("publish-on", domain=work.domain, zone=work.zone.name, server=work.zone.server))
    return "\n".join(lines)


def _found(entries: Sequence[Any]) -> str:
    return "; ".join(f"{entry.type} {entry.value}" for entry in entries)

"""`hawknest doctor`: what is wrong with a nest, in plain words, and mended where that is safe.

It works on a server that runs as on one that does not: whatever it mends is mended in a transaction that looks again.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hawknest import store
from hawknest.cli import checks_machine
from hawknest.cli.checks_letters import Visit, examine
from hawknest.cli.finding import Finding
from hawknest.cli.nest import DEFAULT, Data, Nest, become_owner, tell
from hawknest.cli.say import Json, show
from hawknest.cli.words import language
from hawknest.cli.words import tell as say
from hawknest.config import FILE, Config, ConfigError, load
from hawknest.post.certificate_standing import troubled
from hawknest.store import Connection, StoreError
from hawknest.store.blobs import Blobs
from hawknest.store.migrate import migrations, version
from hawknest.store.sqlite import SqliteDatabase
from hawknest.store.strays import Shelf


def doctor(
    *, fix: Annotated[bool, Parameter(negative=())] = False, data: Data = DEFAULT, json: Json = False
) -> int:
    """Tell what is wrong with the data of a nest, and with --fix mend what is safe to mend.

    It looks at the directory, the disk, the certificate, the database, the files of letters and the queue, whether the server
    runs or not. Ends with exit code 1 where something is left to do.

    Example: `hawknest doctor --fix`

    Args:
        fix: Mend what is safe. No letter is deleted: a file that belongs to no letter is put aside into `swept/`.
    """
    directory = data.expanduser().absolute()
    become_owner(directory)
    if not (directory / FILE).exists():
        load(directory)  # says that there is no nest
    found = list(_examined(directory, fix=fix))
    left = [finding for finding in found if not finding.mended]
    answer = {"problems": len(left), "findings": [finding.plain() for finding in found]}
    show(answer, json, lambda: _in_words(found, len(left)))
    return 1 if left else 0


def _examined(directory: Path, *, fix: bool) -> Iterator[Finding]:
    yield from checks_machine.directory(directory, fix=fix)
    try:
        config = load(directory)
    except ConfigError as error:
        yield Finding("config", {"words": str(error)})
        return
    yield from checks_machine.secrets(config, fix=fix)
    yield from checks_machine.certificate(config, time.time())
    try:
        yield from _database(config, fix=fix)
    except StoreError as error:
        yield Finding("database", {"words": str(error), "directory": str(directory)})


def _database(config: Config, *, fix: bool) -> Iterator[Finding]:
    """Look at the database and the letters. Raises StoreError."""
    settings = config.store()
    database = store.database(settings, config.directory)
    sqlite = isinstance(database, SqliteDatabase)
    if sqlite and not database.path.exists():
        yield Finding("no-database", {"file": str(database.path), "directory": str(config.directory)})
        return
    with contextlib.closing(database.connect()) as connection:
        schema = list(_schema(connection, fix=fix))
        yield from schema
        if any(finding.kind == "schema-new" or not finding.mended for finding in schema):
            return
        if schema:
            store.prepare(settings, config.directory, tell)
        yield from _authority(config, connection)
        blobs = Blobs(config.directory)
        yield from examine(
            Visit(
                nest=Nest(config, connection),
                blobs=blobs,
                shelf=Shelf(config.directory, blobs),
                sqlite=sqlite,
                fix=fix,
                now=time.time(),
            )
        )


def _authority(config: Config, connection: Connection) -> Iterator[Finding]:
    """Look whether certificates come that should come."""
    for one in troubled(connection, config.hostname, time.time()):
        assert one.problem is not None
        words, do = one.problem.words[language()], one.problem.help[language()]
        yield Finding("authority", {"subject": one.subject, "words": words, "help": do})


def _schema(connection: Connection, *, fix: bool) -> Iterator[Finding]:
    """Compare the database's schema with the program's."""
    known = migrations()[-1].version
    found = version(connection)
    if found > known:
        yield Finding("schema-new", {"found": found, "known": known})
    elif found < known:
        yield Finding("schema-old", {"found": found, "known": known}, fix)


def _in_words(found: list[Finding], left: int) -> str:
    if not found:
        return say("doctor-well")
    lines = [f"- {finding.words}" for finding in found]
    return "\n".join([*lines, say("doctor-sum", count=left, mended=len(found) - left)])

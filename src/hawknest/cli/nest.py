"""The nest that a command works on: its directory, its configuration, its database.

Commands change the database themselves, whether the server runs or not; the server notices by the
directory's version, and is told.
Started as root they first become the owner of the data, so that no file is left behind that the server may not write.
"""

import contextlib
import os
import pwd
import shutil
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from cyclopts import Parameter

from hawknest import config, store
from hawknest.accounts import audit
from hawknest.accounts.audit import By
from hawknest.config import Config
from hawknest.net.control import ControlError, ask
from hawknest.store import Conflict, Connection, StoreError, StoreFull

T = TypeVar("T")

DEFAULT: Final = Path("/var/lib/hawknest")
ROOM: Final = 1 << 16  # octets that opening a database may need
SUBJECT: Final = 300  # characters
TRIES: Final = 10  # runs of a change that meets another writer

Data = Annotated[
    Path,
    Parameter(
        name="--data",
        env_var="HAWKNEST_DATA",
        help="The directory of the nest; $HAWKNEST_DATA says it once for all.",
    ),
]


def load(data: Path) -> Config:
    """Read the configuration of a nest, as the owner of its data. Raises ConfigError."""
    directory = data.expanduser().absolute()
    become_owner(directory)
    return config.load(directory)


def become_owner(directory: Path) -> None:
    """Give up root for the owner of a directory; any other user stays as it is."""
    if os.geteuid() != 0 or not directory.is_dir():
        return
    owner = directory.stat()
    if owner.st_uid == 0:
        return
    with contextlib.suppress(KeyError):
        os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def _user() -> str:
    """The system user who types: also one whom sudo made root, and before root becomes the owner of the data."""
    if name := os.environ.get("SUDO_USER"):
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


#: Who changes something here, as the audit has it.
BY: Final = By(_user(), "cli")


class Nest:
    """An open nest."""

    def __init__(self, settings: Config, connection: Connection) -> None:
        self.config = settings
        self._connection = connection
        self.changed = False
        self.touched: dict[int, int] = {}  # as `store.Connection` has it

    def read(self, question: Callable[[Connection], T]) -> T:
        """Ask the database. Raises StoreError."""
        return question(self._connection)

    def change(
        self,
        action: str,
        subject: str,
        job: Callable[[Connection], T],
        look: Callable[[Connection], Any] | None = None,
    ) -> T:
        """Change the database as `write` does, and write down who did, as `accounts.audit` has it.

        `action` is a noun and a verb, `subject` what is changed; `look` gives it, before and after.
        """
        return self.write(audit.recorded(job, BY, action, subject[:SUBJECT], now=time.time(), look=look))

    def write(self, job: Callable[[Connection], T]) -> T:
        """Change the database in one transaction, durable on return. Raises StoreError, and what the job raises."""
        for turn in range(TRIES):
            try:
                self._connection.begin()
                result = job(self._connection)
                self._connection.commit()
                self.changed = True
                self.touched |= self._connection.touched
            except Conflict:
                self._connection.rollback()
                if turn == TRIES - 1:
                    raise
                time.sleep(0.05 * (turn + 1))
            except BaseException:
                self._connection.rollback()
                raise
            else:
                return result
        raise AssertionError


@contextlib.contextmanager
def nest(data: Path) -> Generator[Nest]:
    """Open a nest for one command. Raises ConfigError, StoreError."""
    settings = load(data)
    try:
        connection = store.prepare(settings.store(), settings.directory, tell).connect()
    except StoreError as error:
        if shutil.disk_usage(settings.directory).free < ROOM:  # SQLite calls it an I/O error
            raise StoreFull(str(error)) from error
        raise
    here = Nest(settings, connection)
    try:
        yield here
    finally:
        connection.close()
        if here.changed:  # a server that runs looks at once, and not only within a second
            with contextlib.suppress(ControlError):
                ask(settings.socket, "changed", timeout=2.0, touched=list(here.touched.items()))


def tell(line: str) -> None:
    """Say something that is no part of the answer."""
    print(line, file=sys.stderr)

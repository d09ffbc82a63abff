"""What can be wrong, as one line for whoever typed the command."""

import errno

from hawknest.accounts.errors import AccountError
from hawknest.accounts.vault import VaultError
from hawknest.cli.words import tell
from hawknest.config import ConfigError
from hawknest.net.control import ControlError, NotRunning
from hawknest.net.listen import BindError
from hawknest.net.tls import TlsError
from hawknest.net.update import UpdateError
from hawknest.store import StoreError, StoreFull
from hawknest.wire.sasl.values import Refused


class Trouble(Exception):
    """What a command itself finds wrong; the text says what to do."""


def in_words(error: Exception) -> str:
    """Say what is wrong, in one line; several wrongs stand behind one another."""
    match error:
        case StoreFull():
            words = tell("start-disk-full", words=error)
        case ConfigError():
            words = tell("start-no-nest", words=error)
        case BindError(__cause__=OSError(errno=errno.EADDRINUSE)):
            words = tell("start-in-use", words=error)
        case BindError(__cause__=OSError(errno=errno.EACCES)):
            words = tell("start-not-allowed", words=error)
        case NotRunning():
            words = tell("not-running")
        case StoreError():
            words = f"the database cannot be used: {error}"
        case (
            Trouble()
            | AccountError()
            | ControlError()
            | BindError()
            | TlsError()
            | UpdateError()
            | VaultError()
            | Refused()
        ):
            words = str(error)
        case OSError():
            words = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
        case _:
            words = (
                f"this should not happen: {type(error).__name__}: {error}; "
                f"with HAWKNEST_DEBUG=1 in the environment the place is shown"
            )
    return "; ".join(" ".join(line.split()) for line in words.splitlines() if line.strip())

"""What can be wrong, as one line for whoever typed the command."""

from hawknest.accounts.errors import AccountError
from hawknest.config import ConfigError
from hawknest.net.control import ControlError
from hawknest.net.listen import BindError
from hawknest.net.tls import TlsError
from hawknest.store import StoreError, StoreFull
from hawknest.wire.sasl.values import Refused


class Trouble(Exception):
    """What a command itself finds wrong; the text says what to do."""


def in_words(error: Exception) -> str:
    """Say what is wrong, in one line."""
    match error:
        case StoreFull():
            words = f"the disk is full; nothing was changed ({error})"
        case StoreError():
            words = f"the database cannot be used: {error}"
        case (
            Trouble() | AccountError() | ConfigError() | ControlError() | BindError() | TlsError() | Refused()
        ):
            words = str(error)
        case OSError():
            words = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
        case _:
            words = (
                f"this should not happen: {type(error).__name__}: {error}; "
                f"with HAWKNEST_DEBUG=1 in the environment the place is shown"
            )
    return " ".join(words.split())

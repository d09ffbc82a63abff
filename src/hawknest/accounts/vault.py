"""Secrets that the server must be able to read again, sealed for as long as they lie in the database.

Keys that sign letters, keys of certificates and of their authority cannot be kept as hashes, as passwords are. They are sealed with
AES-256-GCM under the nest's own key, which lies beside the database and not in it: `vault.key`, which only the server may read. So a
copy of the database alone gives nothing away. What something was sealed for is part of the seal: nothing can be put in the place of
something else.
"""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hawknest.accounts import settings
from hawknest.store import Connection, Statement

FILE: Final = "vault.key"
_KEY: Final = 32  # octets
_NONCE: Final = 12  # octets
_PROOF: Final = "the key of this nest"
_STATE: Final = "vault"
_UNSIGNED: Final = Statement("UPDATE dkim_key SET state = 'retired', sealed = '' WHERE state <> 'retired'")


class VaultError(Exception):
    """What is sealed cannot be opened, or the key not read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals secrets and opens them again; `key` has 32 octets."""

    key: bytes = field(repr=False)

    def seal(self, secret: bytes, purpose: str) -> str:
        """Seal a secret for a purpose, such as `dkim example.org s1`. Returns text to keep in the database."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self.key).encrypt(nonce, secret, purpose.encode())
        return base64.b64encode(nonce + sealed).decode("ascii")

    def open(self, sealed: str, purpose: str) -> bytes:
        """Open what was sealed for this very purpose. Raises VaultError."""
        try:
            octets = base64.b64decode(sealed, validate=True)
            return AESGCM(self.key).decrypt(octets[:_NONCE], octets[_NONCE:], purpose.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise VaultError(
                f"the secret for {purpose} cannot be opened with this machine's {FILE}: put the {FILE} back that was "
                "there when it was sealed (from the backup, or from the other machine of this nest); if it is lost for good, "
                "hawknest restored --vault-lost goes on with a new one"
            ) from None


def at(directory: Path) -> Vault:
    """Read the nest's key; the first time, make it. Raises VaultError."""
    path = directory / FILE
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise VaultError(f"{path} cannot be written: {error.strerror}") from error
    else:
        with os.fdopen(made, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_KEY)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror}") from error
    except binascii.Error:
        key = b""
    if len(key) != _KEY:
        raise VaultError(f"{path} holds no key: put it back from the backup")
    return Vault(key)


def prove(connection: Connection, vault: Vault) -> None:
    """See that what the database holds was sealed with this key; the first time, leave the proof. Raises VaultError."""
    found = settings.state(connection, _STATE)
    if found is None:
        settings.set_state(connection, _STATE, vault.seal(_PROOF.encode(), _STATE))
    else:
        vault.open(found, _STATE)


def give_up(connection: Connection) -> None:
    """Go on with another key: what was sealed with the one before counts as lost, and signing keys are made anew."""
    settings.set_state(connection, _STATE, None)
    connection.run(_UNSIGNED)

"""What workers of this machine that died had reserved is given free at the next start, instead of waiting until it runs out."""

import os
import secrets
import socket

from hawknest.store import Connection, leases, outgoing


def worker_name() -> str:
    """Name this worker among all that share the database: machine, process, and a word against mistaken identity."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def release(connection: Connection) -> int:
    """Give free what dead workers of this machine had reserved. Returns how many workers that were."""
    found = dead(connection)
    for owner in found:
        leases.give_back_all(connection, owner)
        outgoing.abandon(connection, owner)
    return len(found)


def dead(connection: Connection) -> list[str]:
    """Name the dead workers of this machine that have something reserved."""
    owners = {*leases.owners(connection), *outgoing.owners(connection)}
    return [owner for owner in owners if _is_dead(owner)]


def _is_dead(owner: str) -> bool:
    """Whether a worker was of this machine and its process is no more."""
    machine, _, rest = owner.rpartition(":")[0].rpartition(":")
    if machine != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False

"""The composition root: configuration becomes rooms, rooms become one running server."""

import sys

import uvloop

from hawknest import store as storage
from hawknest.app.nest import Nest, bind, run
from hawknest.config import Config
from hawknest.log import Log
from hawknest.net.listen import BindError
from hawknest.net.tls import TlsError
from hawknest.store import StoreError

__all__ = ["main"]


def main(config: Config) -> int:
    """Run the server in the foreground until it is told to stop. Returns the exit code."""
    log = Log(config.log(stderr=True))
    try:
        storage.prepare(config.store(), config.directory, log.system.info)
        bound = bind(config)
    except (BindError, TlsError, StoreError) as error:
        sys.stderr.write(f"hawknest: {error}\n")
        log.close()
        return 1
    try:
        uvloop.run(run(config, bound, log, lambda nest: _ready(nest, log)))
    finally:
        log.close()
    return 0


def _ready(nest: Nest, log: Log) -> None:
    log.system.info("ready", hostname=nest.config.hostname)

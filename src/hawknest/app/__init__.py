"""The composition root: configuration becomes rooms, rooms become one running server.

`main` binds, gives up root and serves: with one worker in this process, with more in children that it watches over.
"""

import asyncio
from pathlib import Path

import uvloop

from hawknest import store as storage
from hawknest.accounts import vault
from hawknest.app import heirs, mark
from hawknest.app.life import run
from hawknest.app.nest import Bound, bind, certificate_of
from hawknest.app.process import adopt, become, check_access, raise_limits
from hawknest.app.workers import Parent, fork, worker_socket
from hawknest.config import Config
from hawknest.log import Log
from hawknest.net.control import ControlError, NoAnswer, ask

__all__ = ["main"]


def main(config: Config) -> int:
    """Run the server in the foreground until it is told to stop. Returns the exit code.

    Raises BindError, TlsError, StoreError, VaultError, ControlError, ConfigError, where it cannot start or go on.
    """
    log = Log()
    try:
        raise_limits()
        _alone(config)
        bound = bind(config)
        adopt(config.contents.user, config.directory)
        become(config.contents.user)
        check_access(config.directory, config.directory / config.contents.log.directory)
        log.configure(config.log(stderr=True))
        _prepare(config, log)
        if config.contents.workers == 1:
            return _serve(config, bound[0], config.socket, log)
        return _supervise(config, bound, log)
    finally:
        log.close()


def _alone(config: Config) -> None:
    """See that no server runs on this directory: its ports would be "in use", which tells nobody anything.

    Raises ControlError.
    """
    try:
        ask(config.socket, "status", timeout=2.0)
    except NoAnswer:
        pass
    except ControlError:
        return
    raise ControlError(f"a server is running here already, on {config.directory}; `hawknest stop` ends it")


def _prepare(config: Config, log: Log) -> None:
    """Settle what must be right before any worker starts: certificate, schema, the key of what is sealed, reservations of workers that died.

    Raises TlsError, StoreError, VaultError.
    """
    certificate_of(config)
    key = vault.at(config.directory)
    connection = storage.prepare(config.store(), config.directory, log.system.info).connect()
    try:
        connection.begin()
        vault.prove(connection, key)
        if count := heirs.release(connection):
            log.system.warning(
                "the last run did not end well: its reservations are given free", workers=count
            )
        connection.commit()
        mark.renew(connection, config.directory, log)
    finally:
        connection.close()


def _serve(config: Config, bound: list[Bound], socket: Path, log: Log) -> int:
    uvloop.run(run(config, bound, socket, log))
    return 0


def _supervise(config: Config, bound: list[list[Bound]], log: Log) -> int:
    log.close()  # its thread does not survive a fork; each process opens its own

    def work(number: int) -> int:
        log.configure(config.log(stderr=True))
        try:
            return _serve(config, bound[number], worker_socket(config.socket, number), log)
        except Exception as error:  # noqa: BLE001 (a worker that dies says of what)
            log.system.error("a worker cannot go on", worker=number, error=str(error) or repr(error))
            return 1
        finally:
            log.close()

    workers = fork(config.contents.workers, work)
    log.configure(config.log(stderr=True))

    async def watch() -> int:
        return await Parent(workers, work, config.socket, log).run()

    return asyncio.run(watch())  # uvloop keeps SIGCHLD to itself

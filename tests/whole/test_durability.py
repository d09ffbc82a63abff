"""SIGKILL at random moments under load: every letter that got a 250 is there, and none is there twice.

Letters go to a mailbox and, at the same time, to an address elsewhere whose server does not answer, so that they must stand
in the queue. Some are larger than what lies in the database itself.
"""

import os
import poplib
import random
import smtplib
import threading
from pathlib import Path

import pytest
from serving import PASSWORD, Server

from hawknest.store import Connection, outgoing, prepare
from hawknest.store import Settings as StoreSettings
from stores import Cluster

ROUNDS = int(os.environ.get("HAWKNEST_ROUNDS", "30"))
ROUTE = """
[[route]]
match = "*"
host = "127.0.0.1"
port = 9
tls = "none"
"""


class Sender(threading.Thread):
    """Sends letters until the server dies, and notes which were accepted and which were begun."""

    def __init__(self, server: Server, name: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.server, self.mark, self.stopping = server, name, stop
        self.accepted: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            try:
                with self.server.smtp() as smtp:
                    while not self.stopping.is_set():
                        number += 1
                        mark = f"{self.mark}.{number}"
                        size = 200_000 if number % 20 == 0 else 2_000
                        letter = (
                            f"Message-ID: <{mark}@example.com>\r\n\r\n" + "x" * 70 + "\r\n" * (size // 72)
                        )
                        smtp.sendmail("mia@example.org", ["mia@example.org", "far@elsewhere.example"], letter)
                        self.accepted.append(mark)
            except (OSError, smtplib.SMTPException):
                return


def rounds(server: Server, count: int, seed: int) -> list[str]:
    """Kill and start again, `count` times; give the marks of what was accepted."""
    moment, accepted = random.Random(seed), []
    for turn in range(count):
        server.start()
        stop = threading.Event()
        senders = [Sender(server, f"r{turn}s{n}", stop) for n in range(4)]
        for sender in senders:
            sender.start()
        stop.wait(moment.uniform(0.05, 0.5))
        server.kill()
        stop.set()
        for sender in senders:
            sender.join(15)
            accepted += sender.accepted
    return accepted


def filed(server: Server) -> list[str]:
    """The marks of all letters in the mailbox, read by POP3."""
    pop = poplib.POP3("127.0.0.1", server.ports["pop3"], timeout=20)
    pop.user("mia@example.org")
    pop.pass_(PASSWORD)
    count, octets = pop.stat()
    sizes = [int(line.split()[1]) for line in pop.list()[1]]
    assert (len(sizes), sum(sizes)) == (count, octets)
    marks = []
    for number in range(1, count + 1):
        lines = pop.top(number, 0)[1]
        (line,) = [line for line in lines if line.startswith(b"Message-ID:")]
        marks.append(line.split(b"<")[1].split(b"@")[0].decode())
    largest = max(range(1, count + 1), key=lambda n: sizes[n - 1])
    _, body, _ = pop.retr(largest)
    assert sum(len(line) + 2 for line in body) == sizes[largest - 1]
    pop.quit()
    return marks


def queued(server: Server, database: str) -> list[str]:
    """The letters that wait to leave, by trace id."""

    def ask(connection: Connection) -> list[str]:
        return [waiting.letter_id for waiting in outgoing.listing(connection, 1_000_000)]

    connection = prepare(StoreSettings(database), server.directory, lambda _: None).connect(readonly=True)
    try:
        return ask(connection)
    finally:
        connection.close()


def prove(server: Server, database: str, count: int, seed: int) -> None:
    accepted = rounds(server, count, seed)
    server.start()
    try:
        marks, waiting = filed(server), queued(server, database)
    finally:
        server.stop()
    assert len(accepted) > count  # the load was one
    assert not set(accepted) - set(marks), "accepted, and lost"
    assert len(marks) == len(set(marks)), "filed twice"
    assert len(waiting) == len(set(waiting)) == len(marks), "a letter and its queue row are one transaction"


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_sqlite(tmp_path: Path) -> None:
    prove(Server(tmp_path / "nest", more=ROUTE, trusting=True), "", ROUNDS, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_postgresql(tmp_path: Path) -> None:
    try:
        cluster = Cluster(fsync=True)
    except FileNotFoundError:
        pytest.skip("Debian's PostgreSQL is not installed")
    try:
        url = cluster.url(cluster.create())
        prove(Server(tmp_path / "nest", database=url, more=ROUTE, trusting=True), url, ROUNDS, seed=3)
    finally:
        cluster.stop()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_sqlite_with_two_workers(tmp_path: Path) -> None:
    prove(Server(tmp_path / "nest", workers=2, more=ROUTE, trusting=True), "", 10, seed=2)

"""Debian's finger, which knows no other port than the one its services file names: it is given one of its own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.programs import need, run
from whole.serving import Server

pytestmark = pytest.mark.peer

LISTENER = '\n[[listener]]\nservice = "finger"\naddress = "127.0.0.1"\nport = 0\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("finger") / "nest", more=LISTENER)
    made.hawknest("user", "change", "mia@example.org", "--finger", "Reads mail on Mondays.")
    made.start()
    yield made
    assert made.stop() == 0


def finger(server: Server, tmp_path: Path, *words: str) -> str:
    program = need("finger")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("finger takes a port from /etc/services alone, and only root can give it another")
    services = tmp_path / "services"
    services.write_text(f"finger {server.ports['finger']}/tcp\n")
    script = 'mount --bind "$1" /etc/services; shift; exec "$@"'
    return run(["unshare", "--mount", "sh", "-euc", script, "sh", services, program, *words])


def test_a_user_who_chose_to_tell(server: Server, tmp_path: Path) -> None:
    for name in ("mia@127.0.0.1", "MIA@127.0.0.1", "mia@example.org@127.0.0.1"):
        said = finger(server, tmp_path, "-l", name)
        assert "Reads mail on Mondays." in said


def test_a_silent_user_and_nobody_look_the_same(server: Server, tmp_path: Path) -> None:
    silent, nobody = (finger(server, tmp_path, f"{name}@127.0.0.1") for name in ("tom", "nobody-at-all"))
    assert silent == nobody
    assert "nothing to tell" in silent


def test_no_list_and_no_forwarding(server: Server, tmp_path: Path) -> None:
    assert "does not tell who is here" in finger(server, tmp_path, "@127.0.0.1")
    assert "does not ask other servers" in finger(server, tmp_path, "mia@example.org@example.com@127.0.0.1")


def test_a_question_of_4_kb(server: Server, tmp_path: Path) -> None:
    assert "Mondays" not in finger(server, tmp_path, f"mia{'x' * 4096}@127.0.0.1")
    assert "Mondays" in finger(server, tmp_path, "mia@127.0.0.1")

"""The laboratory: a world of names on loopback, made of real programs, and servers of ours that live in it.

    def test_…(lab, tmp_path):
        lab.zone("example.test")                      # or how=UNSIGNED, how=BOGUS
        lab.add("example.test", "MX", "10 mx.example.test.")
        lab.reverse("127.0.0.2", "mx.example.test")
        server = lab.nest(tmp_path / "nest")
        server.start()

What is changed is seen at once: nobody in this world keeps an answer. Every test has zones of names of its own, for the
world is shared by the tests of a process; a zone that is begun again is empty again.
"""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.authority import ALGORITHM, BOGUS, KEY_NAME, SIGNED, UNSIGNED, Authority, reverse
from lab.validator import Validator
from whole.serving import Server

__all__ = ["ALGORITHM", "BOGUS", "KEY_NAME", "SIGNED", "UNSIGNED", "Lab", "laboratory"]


@dataclass(frozen=True, slots=True)
class Key:
    """The TSIG key that all zones take changes with: RFC 8945."""

    name: str
    algorithm: str
    secret: str  # base64


class Lab:
    """An authoritative server, a validating resolver, and what tests do with them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = Authority(directory)
        try:
            self.validator = Validator(directory, self.authority.endpoint, self.authority.anchor())
        except BaseException:
            self.authority.stop()
            raise
        self.key = Key(KEY_NAME, ALGORITHM, self.authority.secret)
        self.zone("127.in-addr.arpa")

    def stop(self) -> None:
        self.validator.stop()
        self.authority.stop()

    @property
    def server(self) -> tuple[str, int]:
        """Address and port of the authoritative server."""
        return self.authority.endpoint

    @property
    def resolver(self) -> tuple[str, int]:
        """Address and port of the validating resolver."""
        return self.validator.endpoint

    def zone(self, name: str, how: str = SIGNED) -> str:
        """Begin a zone: SIGNED, UNSIGNED (nobody vouches for it) or BOGUS (validation fails); gives its name."""
        self.authority.zone(name, how)
        self.validator.forget(name)
        return name

    def add(self, name: str, kind: str, *values: str) -> None:
        """Add records as a zone file writes them (names end in a dot)."""
        self.authority.change(name, (), tuple(map(_split, values)) if kind == "TXT" else values, kind)

    def set(self, name: str, kind: str, *values: str) -> None:
        """Put records in the place of all of this kind that the name has."""
        self.authority.change(name, ("",), tuple(map(_split, values)) if kind == "TXT" else values, kind)

    def remove(self, name: str, kind: str, *values: str) -> None:
        """Take records away, all of the kind where none is given."""
        self.authority.change(
            name, (tuple(map(_split, values)) if kind == "TXT" else values) or ("",), (), kind
        )

    def reverse(self, address: str, *hosts: str) -> None:
        """Name an IPv4 address of loopback: its PTR records."""
        self.set(reverse(address), "PTR", *(f"{host.rstrip('.')}." for host in hosts))

    def records(self, name: str, kind: str) -> list[str]:
        """What the authoritative server has, as a zone file writes it."""
        return self.authority.ask(name, kind)

    def nest(
        self,
        directory: Path,
        *,
        outbound_port: int = 25,
        workers: int = 1,
        more: str = "",
        database: str = "",
    ) -> Server:
        """A server of ours in this world, not started: it asks the lab's resolver, and may send letters to elsewhere.

        Args:
            directory: its own, empty.
            outbound_port: where other mail servers are reached, at whatever addresses of 127/8 the zones give them.
            workers: processes.
            more: lines at the end of its hawknest.toml.
            database: a postgresql URL; empty: SQLite.
        """
        server = Server(directory, database=database, workers=workers, more=more, trusting=True)
        file = directory / "hawknest.toml"
        address, port = self.resolver
        text = file.read_text().replace("#resolvers = []", f'resolvers = ["{address}:{port}"]')
        file.write_text(text.replace("#port = 25", f"port = {outbound_port}", 1))
        return server


@contextmanager
def laboratory() -> Generator[Lab]:
    """A lab of its own, in a directory that goes with it; skips where the programs are not installed."""
    directory = Path(tempfile.mkdtemp(prefix="hawknest-lab-"))
    try:
        lab = Lab(directory)
        try:
            yield lab
        finally:
            lab.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _split(text: str) -> str:
    """The text of a TXT record as quoted strings of at most 255 octets; what is quoted already stays."""
    if text.startswith('"'):
        return text
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(f'"{plain[at : at + 250]}"' for at in range(0, len(plain) or 1, 250))

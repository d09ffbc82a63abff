"""Ports of loopback that are free for TCP and for UDP, and waiting for a program to answer at one."""

import socket
import subprocess
import time
from pathlib import Path


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nobody uses now, neither for TCP nor for UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind((address, port))
            except OSError:
                continue
            return port


class Program:
    """A program in the foreground, with its output in a file."""

    def __init__(self, words: list[str | Path], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen([str(word) for word in words], stdout=output, stderr=output)

    def await_port(self, port: int, address: str = "127.0.0.1") -> None:
        """Wait until it takes connections."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            try:
                socket.create_connection((address, port), 1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError(f"nobody answers at port {port}: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

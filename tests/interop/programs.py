"""Real programs beside a real server: found or skipped, run with a time limit, their output kept for the failure message."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest


def need(name: str) -> str:
    """The path of a program, or a skipped test."""
    for place in (name, f"/usr/sbin/{name}", f"/usr/games/{name}"):
        if found := shutil.which(place):
            return found
    pytest.skip(f"{name} is not installed here: python tools/peers.py install")


def run(words: Sequence[str | Path], *, stdin: bytes = b"", code: int = 0, **options: object) -> str:
    """Run a program and give what it printed; its exit code must be the one expected."""
    done = subprocess.run(  # type: ignore[call-overload]
        [str(word) for word in words], input=stdin, capture_output=True, timeout=60, check=False, **options
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == code, f"{words[0]}: exit {done.returncode}\n{said[-3000:]}"
    return said

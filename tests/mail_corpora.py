"""Where other people's test data lies; a test whose data is not here skips and says so."""

import os
from pathlib import Path

import pytest

CORPORA = Path(os.environ.get("HAWKNEST_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))


def corpus(name: str) -> Path:
    """The file or folder of that name, or a skipped test."""
    place = CORPORA / name
    if not place.exists():
        pytest.skip(f"the corpus {name} is not here: set HAWKNEST_CORPORA to where the corpora are")
    return place


def letters(name: str, suffixes: tuple[str, ...] = ()) -> list[bytes]:
    """Every file under a corpus, as bytes; only those with one of the suffixes when some are given."""
    files = sorted(
        file for file in corpus(name).rglob("*") if file.is_file() and not file.name.startswith("UPSTREAM")
    )
    return [file.read_bytes() for file in files if not suffixes or file.suffix in suffixes]

"""A nest of any earlier version comes up to the newest, and no migration changes once nests have been made with it."""

import hashlib
import sys
from pathlib import Path

import pytest

from hawknest.store import Settings, Statement, database, prepare

migrate = sys.modules["hawknest.store.migrate"]  # the package has a function of that name
HERE = Path(migrate.__file__ or "").with_name("migrations")

#: The first digits of each file's SHA-256. What is to be different is a further migration.
GIVEN_OUT = {
    "0001_nest": "db3feffd3689cf1b",
    "0002_imap": "30bb0d3836ab36c7",
    "0003_search": "b60d78925b403f98",
    "0004_web": "4bd835659997f633",
    "0005_signup": "1cabf3ab5c68d621",
    "0006_reading": "0a60b28da3dc8665",
    "0007_transport": "360fb0eddfc2363c",
    "0008_reports": "9f55543437a2ee6a",
    "0009_reports_read": "c83df31ff44e5c3f",
    "0010_strictness": "859b5816e36bba89",
    "0011_dkim": "ac626e6bc3a3c13e",
    "0012_publishing": "28a4e7030ce4bbce",
    "0013_notices": "50e050323e866079",
    "0014_getin": "ddb377755508fabc",
    "0015_certificates": "93a835eb3eb3c893",
}

_COLUMNS = Statement(
    """SELECT t.name, c.name, c.type, c."notnull" FROM sqlite_master t, pragma_table_info(t.name) c
       WHERE t.type = 'table' ORDER BY t.name, c.name"""
)


def test_none_is_changed() -> None:
    found = {file.stem: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in HERE.glob("*.sql")}
    assert {name: found.get(name) for name in GIVEN_OUT} == GIVEN_OUT
    assert found.keys() == GIVEN_OUT.keys(), "a new migration has its line here"


@pytest.mark.parametrize("last", range(1, len(GIVEN_OUT)))
def test_a_nest_of_an_earlier_version_comes_up(
    last: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = migrate.migrations()
    columns: dict[str, list[tuple[object, ...]]] = {}
    for name, steps in (("fresh", (every,)), ("old", (every[:last], every))):
        directory = tmp_path / name
        directory.mkdir()
        for some in steps:
            monkeypatch.setattr(migrate, "migrations", lambda some=some: some)
            prepare(Settings(), directory, lambda _: None)
        connection = database(Settings(), directory).connect()
        columns[name] = [tuple(row) for row in connection.all(_COLUMNS)]
        connection.close()
    assert columns["old"] == columns["fresh"]
    assert len(columns["fresh"]) > 200

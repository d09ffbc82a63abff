"""`hawknest report`: in plain words, in English and Japanese, and for programs."""

import json
import time

import pytest

from hawknest.cli.nest import nest
from reportsamples import fill


@pytest.fixture
def told(shell):
    """A nest that others have told of its domain."""
    with nest(shell.data) as here:
        here.write(lambda c: fill(c, time.time(), "nest.test"))
    return shell


def test_nothing_came_yet(shell) -> None:
    assert "No other server has told anything about your domains" in shell("report")
    assert json.loads(shell("report", "nest.test", "--json"))["dmarc"]["letters"] == 0
    shell("report", "nowhere.test", code=1)
    assert shell("report", "--sent").strip() == "no report was sent to others yet"


def test_it_is_told_in_words(told) -> None:
    out = told("report", "nest.test")
    first, second, *_ = out.splitlines()
    assert first.startswith("nest.test, last 30 days: ")
    assert "letters from 203.0.113.7 claimed to be you and failed both SPF and DKIM" in second
    assert "from 192.0.2.1 (mx.example.org): all passed" in out
    assert "from 198.51.100.24: 65 passed" in out
    assert "lists.far.test) failed, and who got them says that a mailing list" in out
    assert "9 sessions to mx.example.org failed: certificate-expired (sts)" in out


def test_it_is_told_in_japanese(told, monkeypatch) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "あなたを名乗り" in told("report")


def test_it_is_told_to_programs(told) -> None:
    found = json.loads(told("report", "--days", "7", "--json"))
    assert {one["ip"]: one["meaning"] for one in found["dmarc"]["sources"]} == {
        "192.0.2.1": "good",
        "198.51.100.24": "part",
        "2001:db8:5::25": "passed on",
        "203.0.113.7": "unknown",
    }
    assert len(found["dmarc"]["days"]) == 7
    assert found["dmarc"]["letters"] == sum(day["all"] for day in found["dmarc"]["days"])
    assert found["tls"]["sessions"] - found["tls"]["good"] == 9


def test_what_was_sent(told) -> None:
    out = told("report", "--sent")
    assert "rua@far.test" in out
    assert "503 Service Unavailable" in out
    assert len(json.loads(told("report", "--sent", "--json"))) == 2

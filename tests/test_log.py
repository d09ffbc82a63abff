"""The log: what is written, what never is, and what happens to its files."""

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.log import CATEGORIES, Conversation, Level, Log, Settings
from hawknest.log.lines import json_line, printable, safe, short_line


def lines(directory):
    return [
        json.loads(line) for path in sorted(directory.iterdir()) for line in path.read_bytes().splitlines()
    ]


def test_a_line_has_what_it_is_found_by(tmp_path):
    log = Log(Settings(directory=tmp_path / "log"))
    log.delivery.info("filed", letter="06fz", session="s1", size=7)
    log.close()
    (line,) = lines(tmp_path / "log")
    assert (line["category"], line["level"], line["event"]) == ("delivery", "info", "filed")
    assert (line["letter"], line["session"], line["size"]) == ("06fz", "s1", 7)
    assert abs(time.mktime(time.strptime(line["time"][:19], "%Y-%m-%dT%H:%M:%S")) - time.time()) < 60


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_category_that_is_off_vanishes_alone(tmp_path, category):
    log = Log(Settings(directory=tmp_path, categories=frozenset(CATEGORIES) - {category}))
    for name in CATEGORIES:
        getattr(log, name).error("said")
    log.configure(Settings(directory=tmp_path, categories=frozenset({category}), level=Level.WARNING))
    for name in CATEGORIES:
        getattr(log, name).info("too little")
        getattr(log, name).warning("said")
    log.close()
    assert [line["category"] for line in lines(tmp_path)] == [c for c in CATEGORIES if c != category] + [
        category
    ]


def test_secrets_are_masked_by_name(tmp_path):
    log = Log(Settings(directory=tmp_path))
    log.auth.warning(
        "x", password="hunter2", Passwd="hunter2", token="hunter2", client_secret="hunter2", user="mia"
    )
    log.close()
    assert "hunter2" not in json.dumps(lines(tmp_path))
    assert lines(tmp_path)[0]["user"] == "mia"


ANY = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=50),
    st.binary(max_size=50),
    st.integers(),
    st.none(),
)


@given(st.dictionaries(st.sampled_from(["peer", "words", "session", "event"]), ANY, max_size=4))
def test_no_value_forges_a_line_or_moves_a_cursor(fields):
    record = {
        "time": "2026-12-31T12:00:00.000+00:00",
        "category": "smtp",
        "level": "info",
        "event": "x",
        **safe(fields),
    }
    line = json_line(record)
    assert line.count(b"\n") == 1
    assert isinstance(json.loads(line), dict)
    short = short_line(record)
    assert short.endswith("\n")
    assert printable(short[:-1]) == short[:-1]
    short.encode()


def test_a_file_a_day_and_no_more_than_wanted(tmp_path):
    for name in ("2026-01-01.log", "2026-03-01.log", "2026-03-02.log", "other.log"):
        (tmp_path / name).write_text("x" * 1000)
    now = [time.mktime((2026, 3, 3, 23, 59, 59, 0, 0, -1))]
    log = Log(Settings(directory=tmp_path, days=3), clock=lambda: now[0])
    log.system.info("before midnight")
    now[0] += 2
    log.system.info("after midnight")
    log.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "2026-03-02.log",
        "2026-03-03.log",
        "2026-03-04.log",
        "other.log",
    ]
    assert b"before" in (tmp_path / "2026-03-03.log").read_bytes()
    assert b"after" in (tmp_path / "2026-03-04.log").read_bytes()
    log = Log(Settings(directory=tmp_path, days=3, octets=500), clock=lambda: now[0])
    log.system.info("no room for the old ones")
    log.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2026-03-03.log", "2026-03-04.log", "other.log"]


def test_the_size_cap_holds_within_a_day(tmp_path, capfd):
    log = Log(Settings(directory=tmp_path, octets=20_000))
    for number in range(1000):
        log.smtp.info("a line of some length", number=number, text="x" * 100)
        if number % 50 == 0:
            log.flush()
    dropped = log
    log.flush()
    assert dropped.dropped > 0
    log.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 40_000
    assert "no room left" in capfd.readouterr().err


def test_a_directory_that_cannot_be_written_ends_nothing(tmp_path, capfd):
    (tmp_path / "file").write_text("")
    log = Log(Settings(directory=tmp_path / "file" / "log"))
    for _ in range(3):
        log.system.error("said")
        log.flush()
    log.close()
    assert capfd.readouterr().err.count("\n") == 1


def test_stderr_has_the_short_form(capfd):
    log = Log(Settings(stderr=True))
    log.auth.warning("login failed", peer="192.0.2.1", name="mia tom")
    log.close()
    assert (
        capfd.readouterr().err.partition(" ")[2]
        == 'auth     login failed [warning] peer=192.0.2.1 name="mia tom"\n'
    )


WRITER = """
import sys
from pathlib import Path
from hawknest.log import Log, Settings
log = Log(Settings(directory=Path(sys.argv[1])))
for number in range(2000):
    log.smtp.info("x", writer=sys.argv[2], number=number, text="y" * (number % 300))
log.close()
"""


def test_several_processes_write_whole_lines_to_one_file(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(n)], env={**os.environ})
        for n in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    found = {str(n): [] for n in range(3)}
    for line in lines(tmp_path):
        found[line["writer"]].append(line["number"])
    assert all(numbers == list(range(2000)) for numbers in found.values())


def test_counters():
    log = Log()
    log.count("letters")
    log.count("letters", 2)
    assert log.counters == {"letters": 3}
    log.close()


def test_what_a_conversation_hides_by_itself():
    told = []
    talk = Conversation(lambda side, text: told.append(f"{side}: {text}"))
    for line in (b"hello", b"AUTH PLAIN aHVudGVyMg==", b"aHVudGVyMg==", b"pass hunter2", b"APOP mia hunter2"):
        talk.heard(line)
    talk.heard(b"hunter2", secret=True)
    talk.heard_letter(3)
    talk.heard_letter(4)
    talk.said(b"250-a\r\n250 b\r\n")
    talk.said_letter(9)
    talk.heard(b"NOOP " + b"x" * 2000)
    talk.said(b"x\r\n" * 150)
    assert told[:11] == [
        *("C: hello", "C: AUTH PLAIN ***", "C: ***", "C: pass ***", "C: APOP mia ***", "C: ***"),
        *("C: (7 octets of a letter)", "S: 250-a", "S: 250 b", "S: (9 octets of a letter)"),
        "C: NOOP " + "x" * 995,
    ]
    assert told[11:] == ["S: x"] * 100 + ["S: (50 more lines)"]


def test_as_a_client_we_hide_what_we_say():
    told = []
    talk = Conversation(lambda side, text: told.append(f"{side}: {text}"), us="C")
    talk.heard(b"334 d2hvPw==")
    talk.said(b"AUTH PLAIN aHVudGVyMg==\r\n")
    talk.said(b"aHVudGVyMg==\r\n", secret=True)
    talk.said_letter(5)
    talk.heard(b"250 b")
    assert told == [
        *("S: 334 d2hvPw==", "C: AUTH PLAIN ***", "C: ***", "C: (5 octets of a letter)", "S: 250 b"),
    ]


def test_conversations_only_where_they_are_on(tmp_path):
    log = Log(Settings(directory=tmp_path))
    assert log.conversation(log.smtp, "s") is None
    log.configure(Settings(directory=tmp_path, conversations=True, categories=frozenset({"smtp"})))
    assert log.conversation(log.pop3, "s") is None
    conversation = log.conversation(log.smtp, "s")
    assert conversation is not None
    conversation.heard(b"NOOP")
    log.close()
    (line,) = lines(tmp_path)
    assert (line["session"], line["side"], line["text"]) == ("s", "C", "NOOP")

"""Commands about letters: the queue, and the journey of one letter."""

import json

import pytest

from hawknest import config, store
from hawknest.store import journey, letters, outgoing
from hawknest.store.blobs import Content
from hawknest.store.journey import Letter, Step

LETTER = "06fz1q2v3k4m5n6p"


@pytest.fixture
def waiting(shell):
    """A nest in which one letter waits for two recipients."""
    settings = config.load(shell.data)
    connection = store.database(settings.store(), settings.directory).connect()
    connection.begin()
    blob = letters.keep(connection, [(Content(len(b"A: b\r\n\r\nc"), b"A: b\r\n\r\nc"), 1)])[0]
    rows = [outgoing.Recipient(f"{name}@far.example", "far.example") for name in ("tom", "kim")]
    leaving = outgoing.Outgoing(LETTER, "mia@nest.test", 1.0, 2e9)
    outgoing.add(connection, [outgoing.Queued(blob, leaving, rows)])
    detail = {"helo": "pc\x1b[2J", "tls": "TLSv1.3"}
    steps = [Step(2.0, "queued", "tom@far.example", {}), Step(2.0, "queued", "kim@far.example", {})]
    letter = Letter(LETTER, 2.0, "submission", "192.0.2.7", "mia@nest.test", "<1@nest.test>", 9, detail)
    journey.begin(connection, [(letter, steps)])
    words = "451 4.7.1 greylisted,\r\ncome back"
    journey.add(
        connection,
        LETTER,
        [
            Step(
                3.0,
                "deferred",
                "tom@far.example",
                {
                    "host": "mx.far.example",
                    "said": words,
                    "next": 2e9,
                    "tried": [
                        {"host": "mx0.far.example", "ip": "192.0.2.9", "port": 25, "said": "no\r\nroute"}
                    ],
                },
            )
        ],
    )
    connection.commit()
    connection.close()
    return shell


@pytest.mark.parametrize("which", ["1", LETTER, "tom@far.example", "TOM@far.example"])
def test_hold_release_retry(waiting, which):
    def states():
        return {row["to"][:3]: row["state"] for row in json.loads(waiting("queue", "list", "--json"))}

    assert states() == {"tom": "waiting", "kim": "waiting"}
    waiting("queue", "hold", which)
    assert states()["tom"] == "held"
    waiting("queue", "release", which)
    assert states() == {"tom": "waiting", "kim": "waiting"}
    waiting("queue", "hold", "all")
    waiting("queue", "retry", "all")
    assert states() == {"tom": "waiting", "kim": "waiting"}
    assert "held back for tom@far.example by the owner" in waiting("log", "trace", LETTER)


def test_drop(waiting):
    assert "tom@far.example" in waiting("queue", "show", "1")
    waiting("queue", "drop", "1", code=1)  # there is no terminal to ask on
    waiting("queue", "drop", "1", "--yes")
    assert [row["to"] for row in json.loads(waiting("queue", "list", "--json"))] == ["kim@far.example"]
    assert "returned: 1" in waiting("queue", "drop", "far.example", "--tell-sender", "--yes")
    waiting("queue", "drop", "far.example", "--yes")
    assert waiting("queue", "list") == "nothing waits\n"
    waiting("queue", "drop", "all", "--yes", code=1)


@pytest.mark.parametrize(
    "key", [LETTER, LETTER.upper(), "<1@nest.test>", "1@nest.test", "MIA@nest.test", "tom@far.example"]
)
def test_a_journey_by_every_key(waiting, key):
    out = waiting("log", "trace", key)
    for part in (
        "came from 192.0.2.7 by submission",
        "delivery to tom@far.example is delayed",
        "mx.far.example",
    ):
        assert part in out
    assert "the other server said: 451 4.7.1 greylisted," in out
    assert "the other server said: come back" in out
    assert "mx0.far.example was tried and did not take it: no route" in out
    assert "still waits for kim@far.example" in out
    assert "\x1b" not in out
    assert json.loads(waiting("log", "trace", key, "--json"))[0]["letter"]["id"] == LETTER


def test_detours(shell):
    """What goes by the smart host for a while, and its end."""
    from hawknest.post import failover_memory
    from hawknest.post.failover_cause import Cause
    from hawknest.post.failover_memory import Barrier

    assert shell("queue", "detours").strip() == "all letters go straight"
    settings = config.load(shell.data)
    connection = store.database(settings.store(), settings.directory).connect()
    connection.begin()
    words = "554 Client host\nblocked"
    failover_memory.note(connection, Barrier("far.example", Cause.BLOCKED, "mx.far.example", words, 1.0, 2e9))
    connection.commit()
    connection.close()
    (listed,) = json.loads(shell("queue", "detours", "--json"))
    assert (listed["destination"], listed["cause"], listed["words"]) == ("far.example", "blocked", words)
    assert "refuses our address" in shell("queue", "detours")
    shell("queue", "straight", "FAR.example")
    shell("queue", "straight", "far.example", code=1)
    assert "queue detours" in shell.err

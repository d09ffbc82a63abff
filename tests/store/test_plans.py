"""SQLite's plans for the questions that are asked after every change: none of them looks through a whole mailbox."""

import pytest

from hawknest.store import Statement, changes, flags
from stores import Nest

QUESTIONS = {
    "changed": changes._CHANGED,
    "gone": changes._GONE,
    "holding": flags._HOLDING,
    "add bits": flags._ADD_BITS,
}
VALUES = {"mailbox": 1, "uidnext": 9, "account": 1, "modseq": 3, "first": 1, "last": 2, "bits": 1}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_plan_begins_at_what_changed(sqlite_nest: Nest, name: str) -> None:
    question = QUESTIONS[name]
    values = {key: value for key, value in VALUES.items() if f":{key}" in question.sqlite}
    with sqlite_nest.connection() as connection:
        rows = connection.all(Statement("EXPLAIN QUERY PLAN " + question.sqlite), **values)
    plan = [row[3] for row in rows]
    assert not any(step.startswith("SCAN") for step in plan), plan
    if name in {"changed", "holding"}:
        assert "email_changed" in plan[0], plan

"""The rows behind the API on both engines: audit, samples, webhooks, journeys, users of some domains, who administers them."""

import pytest

from hawknest.accounts import audit, domains, stewards, users
from hawknest.accounts.audit import By
from hawknest.accounts.errors import AccountError
from hawknest.accounts.users import User
from hawknest.post import tracing, waiting, webhooks
from hawknest.store import Statement, journey, samples
from hawknest.store.journey import Letter, Step
from hawknest.store.samples import COUNTS, DAY, HOUR, LEVELS, SHARED

NOW = 1_800_000_000.0
BY = By("ada@example.org", "session")


@pytest.fixture
def house(connection):
    """Two domains with people."""
    for name in ("example.org", "example.com", "a_b.example"):
        domains.add(connection, name, NOW) if "_" not in name else None
    for address in ("ada@example.org", "mia@example.org", "zoe@example.com"):
        users.add(connection, User(address=address, admin=address.startswith("ada")), None, NOW)
    return connection


def test_audit(house):
    """Lines come in order, are found by a part of what they say, and hold what is different alone."""
    job = audit.recorded(
        lambda c: users.change(c, "mia@example.org", quota=5, finger_text="x" * 9000),
        BY,
        "user.change",
        "mia@example.org",
        now=NOW,
        look=lambda c: users.get(c, "mia@example.org"),
    )
    job(house)
    audit.note(
        house,
        By("root", "cli"),
        "user.password",
        "100%_sure\0",
        NOW + 1,
        after={"password": "geheim", "n": 1},
    )
    first, second = audit.since(house, 0)
    assert first.detail["before"] == {"quota": 0, "finger_text": ""}
    assert first.detail["after"]["quota"] == 5
    assert len(first.detail["after"]["finger_text"]) == audit.LONGEST
    assert second.detail == {"after": {"password": "***", "n": 1}}
    assert [e.action for e in audit.listing(house)] == ["user.password", "user.change"]
    assert [e.id for e in audit.listing(house, "%_S")] == [second.id]
    assert audit.listing(house, "a%b") == []
    assert [e.id for e in audit.listing(house, below=second.id)] == [first.id]
    assert (audit.count(house), audit.newest(house)) == (2, second.id)
    assert audit.forget(house, NOW + 0.5) == 1


def test_a_change_that_fails_has_no_line(house):
    """Nothing is written of what did not happen."""
    job = audit.recorded(lambda c: users.change(c, "no@example.org", quota=5), BY, "x", "x", now=NOW)
    with pytest.raises(AccountError), house.savepoint():
        job(house)
    assert audit.count(house) == 0


def test_users_of_some_domains(house):
    """A list within some domains has those alone; a domain's name is no pattern."""
    assert users.count(house) == 3
    assert [u.address for u in users.listing(house, within=["example.com"])] == ["zoe@example.com"]
    assert users.count(house, within=["example.org", "example.com"]) == 3
    assert users.count(house, "mia", within=["example.com"]) == 0
    assert users.listing(house, within=[]) == []
    assert users.first_administrator(house) == "ada@example.org"
    assert stewards.appoint(house, "mia@example.org", ["example.com", "EXAMPLE.com"]) == ["example.com"]
    assert stewards.appoint(house, "mia@example.org", []) == []
    with pytest.raises(AccountError):
        stewards.appoint(house, "mia@example.org", ["elsewhere.example"])


def test_samples(house):
    """Workers add up what they counted within a minute; a level is the last one, connections the sum."""
    samples.put(house, NOW, {"letters_in": 3, "refused": 0}, {"connections": 4, "pending": 7})
    samples.put(house, NOW + 10, {"letters_in": 2}, {"connections": 1, "pending": 9})
    samples.put(house, NOW + 70, {"letters_in": 1}, {})
    found = samples.read(house, "letters_in", NOW - 60, NOW + 600)
    assert [sample.value for sample in found] == [5, 1]
    assert [s.value for s in samples.read(house, "connections", 0, NOW + 60)] == [5]
    assert [s.value for s in samples.read(house, "pending", 0, NOW + 60)] == [9]
    assert samples.totals(house) == {"letters_in": 6}
    assert set(SHARED) < set(LEVELS)
    assert not set(COUNTS) & set(LEVELS)


def test_samples_grow_thin(house):
    """Old minutes become ten minutes, hours, days: counts keep their sum and levels their highest; twice is as once."""
    ages = (
        [60 * n for n in range(30)]
        + [3 * DAY + 60 * n for n in range(40)]
        + [20 * DAY + 60 * n for n in range(130)]
    )
    ages += [200 * DAY + HOUR * n for n in range(60)] + [6 * 366 * DAY]
    for age in ages:
        at = NOW - age
        samples.put(house, at, {"letters_in": 1}, {"pending": age % 7})
    before = samples.read(house, "pending", 0, NOW)
    samples.thin(house, NOW)
    after = samples.read(house, "letters_in", 0, NOW + 1)
    assert sum(sample.value for sample in after) == len(ages) - 1  # the oldest is forgotten
    assert len(after) < 30 + 6 + 4 + 5
    assert max(s.value for s in samples.read(house, "pending", 0, NOW)) == max(s.value for s in before)
    samples.thin(house, NOW)
    assert samples.read(house, "letters_in", 0, NOW + 1) == after
    samples.thin(house, NOW + 30 * DAY)
    assert sum(s.value for s in samples.read(house, "letters_in", 0, NOW + 1)) == len(ages) - 1


def test_webhooks(house):
    """What happens is written down for who wants it, given when it is due, and forgotten when it is done with."""
    first, secret = webhooks.add(house, "https://a.example/x", ["bounced"], NOW)
    second, _ = webhooks.add(house, "http://127.0.0.1:9/", ["delivered", "bounced"], NOW, private=True)
    assert secret not in repr(first)
    news = [("delivered", {"to": "a\0b"}), ("bounced", {"to": "c"}), ("sign_in_failed", {})]
    assert webhooks.tell(house, news, NOW) == 3
    calls = webhooks.due(house, NOW, 10)
    told = [(call.webhook.id, call.event) for call in calls]
    assert told == [(second.id, "delivered"), (first.id, "bounced"), (second.id, "bounced")]
    assert all(call.secret not in repr(call) for call in calls)
    webhooks.answered(house, calls[1].id, "500\0", done_at=None, next_at=NOW + 60)
    webhooks.answered(house, calls[0].id, "204", done_at=NOW, next_at=None)
    webhooks.change(house, second.id, active=False)
    assert webhooks.due(house, NOW + 100, 10)[0].attempts == 1
    assert len(webhooks.due(house, NOW + 100, 10)) == 1
    assert webhooks.next_due(house) == NOW + 60
    assert [hook.waiting for hook in webhooks.listing(house)] == [1, 1]
    assert webhooks.forget(house, NOW + 1) == 1
    webhooks.remove(house, first.id)
    webhooks.remove(house, second.id)
    assert house.one(Statement("SELECT count(*) FROM hook_call")) == (0,)
    assert webhooks.tell(house, news, NOW) == 0


def test_a_webhook_that_never_answers_holds_so_much(house, monkeypatch):
    """What one webhook is still to be told has an end."""
    monkeypatch.setattr(webhooks, "WAITING", 5)
    hook, _ = webhooks.add(house, "https://a.example/x", ["bounced"], NOW)
    for _ in range(9):
        webhooks.tell(house, [("bounced", {})], NOW)
    assert webhooks.get(house, hook.id).waiting == 5


def test_a_dead_webhook_keeps_no_other_waiting(house):
    """However much one is to be told, another has its turn; one that is silent is left alone for a while."""
    dead, _ = webhooks.add(house, "https://dead.example/", ["bounced"], NOW)
    for number in range(30):
        webhooks.tell(house, [("bounced", {"n": number})], NOW)
    alive, _ = webhooks.add(house, "https://alive.example/", ["delivered"], NOW)
    webhooks.tell(house, [("delivered", {})], NOW + 1)
    calls = webhooks.due(house, NOW + 2, 8)
    assert [call.webhook.id for call in calls] == [dead.id, dead.id, alive.id]
    webhooks.postpone(house, dead.id, NOW + 60)
    assert [call.webhook.id for call in webhooks.due(house, NOW + 2, 8)] == [alive.id]
    assert len(webhooks.due(house, NOW + 60, 8)) == 3


def test_journeys(house):
    """Letters of an address, with a step, or waiting, the newest first, page by page."""
    for number in range(6):
        letter = Letter(
            f"{number:016}", NOW, "smtp", "192.0.2.1", f"s{number % 2}@x.example", "<m>", 5, {"helo": "x"}
        )
        steps = [
            Step(NOW, "filed", f"r{number % 3}@example.org", {}),
            Step(NOW, "filed", "all@example.org", {}),
        ]
        journey.begin(house, [(letter, steps[: 1 + number % 2])])
    ids = [letter.id[-1] for letter in journey.listing(house, count=4)]
    assert ids == ["5", "4", "3", "2"]
    assert [x.id[-1] for x in journey.listing(house, below=f"{2:016}")] == ["1", "0"]
    assert [x.id[-1] for x in journey.listing(house, "r0@example.org")] == ["3", "0"]
    assert [x.id[-1] for x in journey.listing(house, "s1@x.example", "filed")] == ["5", "3", "1"]
    assert journey.listing(house, event="delivered") == []
    assert journey.listing(house, event=journey.WAITING) == []
    told = tracing.trace(house, f"{1:016}")[0]
    mine = tracing.own(told, "r1@example.org")
    assert mine is not None
    assert [step.address for step in mine.steps] == ["r1@example.org"]
    assert mine.letter.detail == {}
    assert tracing.own(told, "s1@x.example") is told
    assert tracing.own(told, "r2@example.org") is None
    assert waiting.reroute(house, [], "x.example", NOW) == 0

"""When a letter is tried again: as a table, and as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.post.retry import HOUR, MINUTE, Settings, gave_up, next_attempt, not_past, warn_due

PLAIN = Settings(jitter=0)
TIMES = st.floats(0, 4e9)
RANDOM = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (0, 0),
        (1, 5 * MINUTE),
        (2, 15 * MINUTE),
        (3, 30 * MINUTE),
        (4, HOUR),
        (5, 2 * HOUR),
        (6, 4 * HOUR),
        (7, 4 * HOUR),
        (1000, 4 * HOUR),
    ],
)
def test_schedule(attempts: int, wait: float) -> None:
    assert next_attempt(attempts, 1000.0, 0.99, PLAIN) == 1000.0 + wait


@given(attempts=st.integers(0, 10_000), now=TIMES, random=RANDOM)
def test_jitter_stays_within_its_part(attempts: int, now: float, random: float) -> None:
    planned = next_attempt(attempts, now, 0.5, Settings()) - now
    wait = next_attempt(attempts, now, random, Settings()) - now
    assert planned * 0.8 - 0.001 <= wait <= planned * 1.2 + 0.001
    assert wait <= 4 * HOUR * 1.2 + 0.001


@given(attempts=st.integers(1, 50), random=RANDOM)
def test_waits_never_shrink_below_half_of_the_last(attempts: int, random: float) -> None:
    before = next_attempt(attempts, 0.0, random, PLAIN)
    assert next_attempt(attempts + 1, 0.0, random, PLAIN) >= before


@given(planned=TIMES, now=TIMES, milestones=st.lists(TIMES, max_size=3).map(tuple))
def test_milestones_pull_forward_and_never_back(
    planned: float, now: float, milestones: tuple[float, ...]
) -> None:
    found = not_past(planned, now, milestones)
    assert found <= planned
    assert found == planned or (found > now and found in milestones)
    assert not any(now < m < found for m in milestones)


@given(created=TIMES, random=RANDOM)
def test_a_letter_is_given_up_exactly_when_its_time_is_up(created: float, random: float) -> None:
    """The whole life of a letter that nobody takes: it ends, at its end, after a bounded number of attempts."""
    now, attempts, warned, expires = created, 0, 0, created + 120 * HOUR
    while not gave_up(expires, now):
        attempts += 1
        if not warned and warn_due(created, now, Settings()):
            warned = 1
            assert now == pytest.approx(created + 4 * HOUR)
        warning = () if warned else (created + 4 * HOUR,)
        now = not_past(next_attempt(attempts, now, random, Settings()), now, (expires, *warning))
        assert attempts < 100
    assert now == expires
    assert warned


def test_warning_can_be_off() -> None:
    assert not warn_due(0.0, 1e9, Settings(warn_after=0))
    assert warn_due(0.0, 4 * HOUR, Settings())
    assert not warn_due(0.0, 4 * HOUR - 1, Settings())

"""Guessing made slow: pauses grow, blocks come and go, nobody is locked out of the machine itself, memory is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.accounts.limiter import BLOCK, FREE, HALF_LIFE, KEPT, LONGEST, Limiter

PEERS = [
    "192.0.2.1",
    "192.0.2.200",
    "198.51.100.9",
    "2001:db8::1",
    "127.0.0.1",
    "::1",
    "::ffff:192.0.2.7",
    "fe80::1%eth0",
    "unix",
    "",
]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> Limiter:
    return Limiter(clock)


def fail(limiter: Limiter, count: int, peer: str = "192.0.2.1", name: str = "ann") -> None:
    for _ in range(count):
        limiter.failed(peer, name)


def test_the_first_failures_cost_nothing_then_pauses_grow_then_a_block(limiter: Limiter) -> None:
    pauses: list[float] = []
    for _ in range(BLOCK):
        verdict = limiter.look("192.0.2.1", "ann")
        assert not verdict.blocked
        pauses.append(verdict.pause)
        limiter.failed("192.0.2.1", "ann")
    assert pauses[:FREE] == [0.0] * FREE
    assert pauses == sorted(pauses)
    assert pauses[FREE] > 0
    assert pauses[-1] == LONGEST
    assert limiter.look("192.0.2.1", "ann").blocked


@pytest.mark.parametrize(
    ("peer", "name", "blocked"),
    [
        ("192.0.2.1", "ann", True),
        ("192.0.2.200", "bob", True),  # the same /24
        ("::ffff:192.0.2.9", "bob", True),  # the same, seen through an IPv6 socket
        ("192.0.3.1", "bob", False),
        ("203.0.113.5", "ANN", True),  # the same name from anywhere
        ("203.0.113.5", "bob", False),
    ],
)
def test_peers_count_by_network_and_by_name(limiter: Limiter, peer: str, name: str, *, blocked: bool) -> None:
    fail(limiter, BLOCK)
    assert limiter.look(peer, name).blocked == blocked


def test_an_ipv6_peer_counts_with_its_64(limiter: Limiter) -> None:
    for n in range(BLOCK):
        limiter.failed(f"2001:db8::{n:x}", f"user{n}")
    assert limiter.look("2001:db8::ffff", "x").blocked
    assert not limiter.look("2001:db8:0:1::1", "x").blocked


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_nobody_is_locked_out_of_the_machine_itself(limiter: Limiter, peer: str) -> None:
    fail(limiter, 3000, peer=peer)
    fail(limiter, 3000, peer="203.0.113.5")
    verdict = limiter.look(peer, "ann")
    assert not verdict.blocked
    assert verdict.pause == LONGEST


def test_a_block_fades(limiter: Limiter, clock: Clock) -> None:
    fail(limiter, BLOCK)
    clock.now += HALF_LIFE / 4
    assert not limiter.look("192.0.2.1", "ann").blocked
    clock.now += 3 * HALF_LIFE
    assert limiter.look("192.0.2.1", "ann").pause == 0.0


def test_a_success_clears_the_name_and_not_the_network(limiter: Limiter) -> None:
    fail(limiter, BLOCK)
    limiter.succeeded("203.0.113.5", "Ann")
    assert not limiter.look("203.0.113.5", "ann").blocked
    assert limiter.look("192.0.2.1", "ann").blocked


def test_memory_is_bounded(limiter: Limiter) -> None:
    for n in range(KEPT):
        limiter.failed(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", f"name{n}")
    assert len(limiter._counts) <= KEPT
    limiter.failed("192.0.2.1", "x" * 1_000_000)
    assert max(map(len, limiter._counts)) < 400


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["failed", "succeeded", "look"]),
            st.sampled_from(PEERS),
            st.text(max_size=20),
            st.floats(0, 10_000),
        ),
        max_size=60,
    )
)
def test_pauses_are_never_negative_nor_too_long(steps: list[tuple[str, str, str, float]]) -> None:
    clock = Clock()
    limiter = Limiter(clock)
    for verb, peer, name, passed in steps:
        clock.now += passed
        getattr(limiter, verb)(peer, name)
        verdict = limiter.look(peer, name)
        assert 0 <= verdict.pause <= LONGEST
        clock.now += HALF_LIFE
        later = limiter.look(peer, name)
        assert later.pause <= verdict.pause
        assert not (later.blocked and not verdict.blocked)

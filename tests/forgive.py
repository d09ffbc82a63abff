"""A clean record for who guesses in tests: what failed before does not count, here or in the database."""

from typing import Any


def forgive(keys: Any) -> None:
    """Forget all failed logins, and take no notice of those that the database has."""
    limiter = keys._limiter
    limiter._counts.clear()
    limiter.learn = lambda _: None

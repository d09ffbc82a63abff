"""Sent dates as letters write them, against the standard library where it knows better than to guess."""

import email.utils
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.dates import letter_date
from hawknest.mail.header import Header
from hawknest.mail.sent import sent
from mail_corpora import letters

DAY = datetime(2026, 11, 18, tzinfo=UTC)
NUMBER = int(DAY.timestamp()) // 86400


def at(hour: float) -> int:
    return int((DAY + timedelta(hours=hour)).timestamp())


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (b"Wed, 18 Nov 2026 10:00:00 +0000", at(10)),
        (b"Wed, 18 Nov 2026 10:00:00 +0900 (JST)", at(1)),
        (b"18 Nov 2026 23:30 -0130", at(25)),
        (b"18 Nov 2026 10:00:00 EST", at(15)),
        (b"18 Nov 2026 10:00:00 pdt", at(17)),
        (b"18 Nov 2026 10:00:00 GMT", at(10)),
        (b"18 Nov 2026 10:00:00 JST", at(10)),  # only North America's letters say something: RFC 5322 §4.3
        (b"18 Nov 2026 10:00:00", at(10)),
        (b"18 Nov 2026", at(0)),
        (b"18 Nov 2026 25:00:00 +0900", at(-9)),
        (b"18 Nov 2026 10:00:00 +9999", at(10)),
        (b"18 Nov 26 10:00:00 +0000", at(10)),
        (b"18 Nov 126 10:00:00 +0000", at(10)),
        (b"wed , (a (nested) one) 18 (day) Nov 2026 (x)10:00:00 +0000", at(10)),
        (b"18-Nov-2026 10:00:00 +0000", at(10)),
    ],
)
def test_table(value: bytes, moment: int) -> None:
    when = sent(value)
    assert when is not None
    assert (when.at, when.day) == (moment, NUMBER)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"yesterday",
        b"31 Feb 2026",
        b"0 Nov 2026",
        b"18 Nov 0000",
        b"18 Nov 0102",
        b"2026-11-18",
        b"18 Nix 2026",
        b"(18 Nov 2026",
    ],
)
def test_no_date(value: bytes) -> None:
    assert sent(value) is None


@given(st.integers(0, 4_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_what_we_write_we_read(when: int, minutes: int) -> None:
    found = sent(letter_date(when, minutes * 60).encode())
    assert found is not None
    assert found.at == when
    assert (
        found.day
        == datetime.fromtimestamp(when, timezone(timedelta(minutes=minutes))).date().toordinal() - 719163
    )


@given(st.binary(max_size=60))
def test_any_octets(value: bytes) -> None:
    sent(value)


def test_corpora() -> None:
    differ = []
    for letter in letters("spamassassin")[:3000] + letters("dovecot-list-mbox"):
        value = Header.of(letter[:20000]).first("Date") or b""
        try:
            theirs = email.utils.parsedate_to_datetime(value.decode("latin-1"))
        except (ValueError, TypeError, IndexError):
            continue
        ours = sent(value)
        if ours is None or ours.at != int(theirs.replace(tzinfo=theirs.tzinfo or UTC).timestamp()):
            differ.append((value, ours))
    assert len(differ) < 40, differ

"""What came in the name of domains that want to be told: counted, bounded, forgotten."""

import msgspec
import pytest

from hawknest.store import Connection, dmarc_rows
from hawknest.store.dmarc_rows import DkimResult, DmarcRow, SpfResult

AT = 1_795_000_000.0
DAY = dmarc_rows.day_of(AT)
ROW = DmarcRow(
    at=AT,
    policy_domain="example.org",
    policy="p=reject; adkim=r; aspf=r",
    source="203.0.113.7",
    header_from="news.example.org",
    envelope_from="bounces.example.org",
    disposition="none",
    dkim=True,
    spf=False,
    dkim_results=(DkimResult("example.org", "s1", "pass"),),
    spf_result=SpfResult("bounces.example.org", "softfail"),
)


def other(**fields: object) -> DmarcRow:
    return msgspec.structs.replace(ROW, **fields)


def test_what_is_alike_is_one_row(connection: Connection) -> None:
    dmarc_rows.add(connection, [ROW, other(at=AT + 60), other(source="2001:db8::7")])
    dmarc_rows.add(connection, [ROW])
    found = dmarc_rows.of_day(connection, DAY, "example.org")
    assert [(row.source, count) for row, count in found] == [("203.0.113.7", 3), ("2001:db8::7", 1)]
    assert found[0][0] == other(at=float(DAY * dmarc_rows.DAY))


def test_days_and_domains_are_apart(connection: Connection) -> None:
    dmarc_rows.add(connection, [ROW, other(at=AT + 86400), other(policy_domain="example.net")])
    assert dmarc_rows.domains_of(connection, DAY) == ["example.net", "example.org"]
    assert dmarc_rows.domains_of(connection, DAY + 1) == ["example.org"]
    dmarc_rows.done(connection, DAY, "example.net")
    assert dmarc_rows.domains_of(connection, DAY) == ["example.org"]


def test_a_day_is_bounded(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dmarc_rows, "MOST", 5)
    dmarc_rows.add(connection, [other(header_from=f"{n}.example.org") for n in range(4)])
    dmarc_rows.add(connection, [other(header_from=f"{n}.example.org") for n in range(2, 9)])
    dmarc_rows.add(connection, [other(header_from="0.example.org"), other(header_from="new.example.org")])
    found = {row.header_from[0]: count for row, count in dmarc_rows.of_day(connection, DAY, "example.org")}
    assert sum(found.values()) + dmarc_rows.dropped_on(connection, DAY) == 4 + 7 + 2
    assert found == {"0": 2, "1": 1, "2": 2, "3": 2, "4": 1}
    assert dmarc_rows.dropped_on(connection, DAY + 1) == 0


def test_texts_are_bounded(connection: Connection) -> None:
    long = "x" * 5000
    many = tuple(DkimResult(long, long, "fail") for _ in range(100))
    dmarc_rows.add(connection, [other(header_from=long, envelope_from=long, comment=long, dkim_results=many)])
    [(row, _)] = dmarc_rows.of_day(connection, DAY, "example.org")
    assert len(msgspec.json.encode(row)) < 8000
    assert len(row.dkim_results) == dmarc_rows.SIGNATURES


def test_it_is_forgotten(connection: Connection) -> None:
    dmarc_rows.add(connection, [ROW, other(at=AT + 86400)])
    assert dmarc_rows.forget(connection, DAY + 1) == 1
    assert dmarc_rows.domains_of(connection, DAY) == []
    assert dmarc_rows.domains_of(connection, DAY + 1) == ["example.org"]


def test_more_than_one_statement_holds(connection: Connection) -> None:
    rows = [other(header_from=f"{n}.example.org") for n in range(200)]
    dmarc_rows.add(connection, rows + rows)
    found = dmarc_rows.of_day(connection, DAY, "example.org")
    assert [count for _, count in found] == [2] * 200

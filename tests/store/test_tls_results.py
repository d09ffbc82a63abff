"""What TLS came to, day by day: rows that are added to, on both engines."""

from dataclasses import replace

from hawknest.store import Connection, tls_results
from hawknest.store.tls_results import TlsResult
from stores import Nest

POLICY = "version: STSv1\nmode: enforce\nmx: mx.example.net\nmax_age: 86400"


def counted(connection: Connection) -> None:
    kept = TlsResult("example.net", "sts", POLICY, "")
    expired = replace(
        kept, result_type="certificate-expired", mx_host="mx.example.net", receiving_ip="192.0.2.1"
    )
    for n in (1, 2):
        tls_results.count(connection, 20000, [replace(kept, sessions=n), expired])
    clear = TlsResult("example.com", "no-policy-found", "", "")
    tls_results.count(connection, 20000, [replace(kept, policy_text=POLICY * 2), clear])
    tls_results.count(connection, 20001, [replace(clear, result_type="starttls-not-supported", sessions=7)])


def test_counted(nest: Nest) -> None:
    nest.do(counted)
    with nest.connection(readonly=True) as connection:
        rows = tls_results.of_day(connection, 20000)
        assert rows[0] == TlsResult("example.com", "no-policy-found", "", "", "", "", 1)
        assert sorted(rows[1:], key=lambda row: (len(row.policy_text), row.result_type)) == [
            TlsResult("example.net", "sts", POLICY, "", "", "", 3),
            TlsResult("example.net", "sts", POLICY, "certificate-expired", "mx.example.net", "192.0.2.1", 2),
            TlsResult("example.net", "sts", POLICY * 2, "", "", "", 1),
        ]
        assert tls_results.days(connection) == [20000, 20001]


def test_forgotten(nest: Nest) -> None:
    nest.do(counted)
    assert nest.do(lambda connection: tls_results.forget(connection, 20001)) == 4
    with nest.connection(readonly=True) as connection:
        assert tls_results.days(connection) == [20001]


def test_days() -> None:
    assert tls_results.day_of(20000 * 86400) == tls_results.day_of(20001 * 86400 - 0.001) == 20000

"""Counting for TLS reports: many sessions, few rows, and none is lost while the database has trouble."""

from typing import Any

from outbox import Clock

from hawknest.log import Log
from hawknest.post.tlsledger import Ledger
from hawknest.store import StoreError, tls_results
from hawknest.store.tls_results import DAY, TlsResult
from stores import Nest

KEPT = TlsResult("d.example", "sts", "text", "")
FAILED = TlsResult("d.example", "sts", "text", "certificate-expired", "mx.d.example", "192.0.2.1")


async def test_counted(nest: Nest, monkeypatch: Any) -> None:
    async with nest.open() as store:
        clock = Clock(20000 * DAY)
        ledger = Ledger(store, Log(), clock)
        for _ in range(3):
            ledger.note(KEPT)
        ledger.note(FAILED)
        clock.now += DAY
        ledger.note(KEPT)

        def trouble(_: Any) -> None:
            raise StoreError("no room")

        with monkeypatch.context() as patch:
            patch.setattr(store, "write", trouble)
            await ledger.flush()
        await ledger.flush()
        await ledger.flush()
        days = {
            day: await store.read(lambda c, day=day: tls_results.of_day(c, day)) for day in (20000, 20001)
        }
        assert [(row.result_type, row.sessions) for row in days[20000]] == [
            ("", 3),
            ("certificate-expired", 1),
        ]
        assert [(row.result_type, row.sessions) for row in days[20001]] == [("", 1)]

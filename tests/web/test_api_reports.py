"""Reports of other servers by the API: an overview for a domain or all, what came, what was sent."""

import time
from pathlib import Path

from hawknest.accounts import stewards, users
from reportsamples import fill
from web.pages import served


async def test_reports(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        await house.write(lambda c: users.change(c, "mia@example.org", admin=True))
        await house.write(lambda c: fill(c, time.time()))
        mia = await house.browser()
        await mia.sign_in("mia@example.org")
        found = (await mia.ask("GET", "reports/overview")).json()
        assert found["domains"] == ["example.org", "example.net"]
        assert found["dmarc"]["sources"][0]["name"] == "mx.example.org"
        assert {one["meaning"] for one in found["dmarc"]["sources"]} == {
            "good",
            "part",
            "passed on",
            "unknown",
        }
        assert len(found["tls"]["failures"]) == 1
        week = (await mia.ask("GET", "reports/overview?domain=EXAMPLE.org&days=7")).json()
        assert week["dmarc"]["letters"] < found["dmarc"]["letters"]
        other = (await mia.ask("GET", "reports/overview?domain=example.net")).json()
        assert other["dmarc"] == {"letters": 0, "passed": 0, "days": [], "sources": []}
        received = (await mia.ask("GET", "reports/received?days=3")).json()
        assert [one["org"] for one in received["dmarc"]] == ["far.test"] * 3
        assert received["tls"][0]["failed"] == 3
        sent = (await mia.ask("GET", "reports/sent?limit=1")).json()
        assert (len(sent["items"]), sent["total"]) == (1, 2)
        for wrong in ("domain=..", "days=0", "days=x"):
            answer = await mia.ask("GET", f"reports/overview?{wrong}")
            assert answer.status_code == 422, wrong


async def test_reports_are_for_who_administers_the_nest(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        await house.write(lambda c: stewards.appoint(c, "tom@example.org", ["example.org"]))
        tom = await house.browser()
        await tom.sign_in("tom@example.org")
        for path in ("overview", "received", "sent"):
            assert (await tom.ask("GET", f"reports/{path}")).status_code in {403, 404}

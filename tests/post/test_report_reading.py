"""Reports that come by letter, on both engines: read once, put away, told of; forgeries and strangers' domains are not taken."""

import asyncio
import gzip
import ipaddress
import random
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from hawknest.accounts import domains, settings, users
from hawknest.accounts.users import User
from hawknest.dns import PTR, A, Answer, Kind, NoSuchName
from hawknest.log import Log
from hawknest.post.report_reading import ReportReading, confirmed_name
from hawknest.store import Connection, Statement, Store, journey, letters, report_views, reports
from hawknest.store.journey import Letter, Step
from hawknest.store.letters import Filing
from nests import converse
from nests import nest as whole_nest
from stores import Nest

NOW = 1_700_100_000.0
MIA = "mia@example.org"
HOST = "mx.example.org"

DMARC = """<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><report_metadata><org_name>{org}</org_name>
<email>a@example.net</email><report_id>{id}</report_id><date_range><begin>1700006400</begin><end>1700092799</end>
</date_range></report_metadata><policy_published><domain>{domain}</domain><p>reject</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>30</count><policy_evaluated><disposition>pass</disposition>
<dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>{domain}</header_from></identifiers>
<auth_results><dkim><domain>{domain}</domain><selector>s</selector><result>pass</result></dkim></auth_results></record>
<record><row><source_ip>203.0.113.7</source_ip><count>12</count><policy_evaluated><disposition>reject</disposition>
<dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>{domain}</header_from></identifiers>
<auth_results><spf><domain>evil.example</domain><result>pass</result></spf></auth_results></record></feedback>"""

TLS = b"""{"organization-name":"Far","date-range":{"start-datetime":"2023-11-15T00:00:00Z","end-datetime":"2023-11-15T23:59:59Z"},
"contact-info":"tls@far.test","report-id":"t1","policies":[{"policy":{"policy-type":"sts","policy-domain":"example.org"},
"summary":{"total-successful-session-count":40,"total-failure-session-count":2},"failure-details":[
{"result-type":"certificate-expired","sending-mta-ip":"198.51.100.9","receiving-mx-hostname":"mx.example.org",
"failed-session-count":2}]}]}"""


def dmarc(domain: str = "example.org", number: str = "1", org: str = "far.test") -> bytes:
    return gzip.compress(DMARC.format(domain=domain, id=number, org=org).encode())


def letter(octets: bytes, authres: str = "", name: str = "far.test!example.org!1!2.xml.gz") -> bytes:
    message = EmailMessage()
    if authres:
        message["Authentication-Results"] = authres
    message["From"] = "Reports <noreply@far.test>"
    message["Subject"] = "Report Domain: example.org Submitter: far.test"
    message.set_content("A report.")
    message.add_attachment(octets, "application", "octet-stream", filename=name)
    return message.as_bytes()


class Names:
    """A resolver that knows some names."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], tuple[Any, ...]] = {}

    async def ask(self, name: str, kind: Kind[Any]) -> Answer[Any]:
        found = self.known.get((name, kind.name))
        if not found:
            raise NoSuchName(name, kind.name)
        return Answer(found, name, 60)


class House:
    """Mia, who has the postmaster's letters."""

    def __init__(self, nest: Nest, store: Store) -> None:
        self.nest = nest
        self.store = store
        self.names = Names()
        self.reading = ReportReading(store, Log(), self.names, "me", HOST, lambda: NOW)
        nest.do(lambda c: domains.add(c, "example.org", NOW))
        nest.do(lambda c: users.add(c, User(address=MIA), None, NOW))

    async def comes(
        self, octets: bytes, to: str = "dmarc-reports@example.org", sender: str = "a@far.test"
    ) -> str:
        """File a letter as a door does."""
        letter_id = f"{random.getrandbits(60):x}"
        spool = self.store.blobs.spool(letter_id, self.store.settings.inline)
        await spool.write(octets)
        content = await spool.finish()

        def job(c: Connection) -> None:
            (blob,) = letters.keep(c, [(content, 1)])
            letters.file(c, [Filing(users.get(c, MIA).id, blob, content.size, letter_id, NOW)])
            row = Letter(letter_id, NOW, "smtp", "192.0.2.9", sender, "", content.size, {})
            steps = [Step(NOW, "leads to", to, {"to": ["postmaster@example.org"]})]
            steps.append(Step(NOW, "leads to", "postmaster@example.org", {"to": [MIA]}))
            journey.begin(c, [(row, steps)])

        self.nest.do(job)
        return letter_id

    async def look(self) -> None:
        for _ in range(20):
            if not await self.reading.look():
                return
        raise AssertionError

    def told(self, letter_id: str) -> dict[str, Any] | None:
        with self.nest.connection() as c:
            return next((s.detail for s in journey.steps(c, letter_id) if s.event == "report"), None)

    def count(self, role: str) -> int:
        with self.nest.connection() as c:
            row = c.one(
                Statement(
                    """SELECT COUNT(*) FROM placement p JOIN mailbox m ON m.id = p.mailbox_id WHERE m.role = :role"""
                ),
                role=role,
            )
        assert row is not None
        return row[0]


async def test_reports_are_read_and_put_away(nest: Nest) -> None:
    async with nest.open() as store:
        house = House(nest, store)
        house.names.known = {
            ("7.113.0.203.in-addr.arpa", "PTR"): ("forger.example",),
            ("forger.example", "A"): (ipaddress.IPv4Address("203.0.113.7"),),
        }
        first = await house.comes(letter(dmarc(), f"{HOST}; dmarc=pass header.from=far.test"))
        second = await house.comes(letter(TLS, name="a.json"), "tls-reports@example.org")
        again = await house.comes(letter(dmarc()))
        await house.look()
        assert house.told(first) == {"read": ["DMARC example.org far.test 42"]}
        assert house.told(second) == {"read": ["TLS example.org Far"]}
        assert house.told(again) == {"not_read": ["this report has come before"]}
        assert (house.count("inbox"), house.count("trash")) == (0, 3)
        with nest.connection() as c:
            assert [(d.all, d.good) for d in report_views.dmarc_days(c, 0)] == [(42, 30)]
            assert [(d.all, d.good) for d in report_views.tls_days(c, 0, "example.org")] == [(42, 40)]
            ours, forger = report_views.sources(c, 0, "example.org")
            assert (ours.ip, ours.passed, ours.dkim, ours.spf, ours.name) == ("192.0.2.1", 30, 30, 30, "")
            assert (forger.ip, forger.passed, forger.refused, forger.name) == (
                "203.0.113.7",
                0,
                12,
                "forger.example",
            )
            [failure] = report_views.tls_failures(c, 0)
            assert (failure.result, failure.host, failure.sessions) == ("certificate-expired", HOST, 2)
            assert [r.authentic for r in report_views.dmarc_reports(c, 0)] == ["pass"]
            assert report_views.sources(c, 0, "example.net") == []
            assert report_views.sources(c, NOW + 86400) == []
        await house.look()
        assert (house.count("inbox"), house.count("trash")) == (0, 3)


@pytest.mark.parametrize(
    ("octets", "authres", "why"),
    [
        (dmarc("example.com"), "", "example.com is no domain of ours"),
        (dmarc("notexample.org"), "", "notexample.org is no domain of ours"),
        (dmarc(), f"{HOST}; spf=fail; dmarc=fail header.from=far.test", "the letter is not from far.test"),
        (gzip.compress(b"<html/>"), "", "no DMARC report"),
        (b"\x1f\x8b\x08nonsense", "", "no gzip"),
    ],
)
async def test_what_is_not_taken(sqlite_nest: Nest, octets: bytes, authres: str, why: str) -> None:
    async with sqlite_nest.open() as store:
        house = House(sqlite_nest, store)
        came = await house.comes(letter(octets, authres))
        await house.look()
        told = house.told(came)
        assert told is not None
        assert "read" not in told
        assert why in told["not_read"][0]
        assert (house.count("inbox"), house.count("trash")) == (1, 0)


@pytest.mark.parametrize(
    ("authres", "authentic"),
    [
        ("", ""),
        ("other.example; dmarc=pass", ""),
        (f"{HOST}; dmarc=none; dkim=pass header.d=far.test", "pass"),
        (f"{HOST}; dkim=pass header.d=evil.example", ""),
        (f'{HOST}; spf=fail reason="a; dmarc=pass"; dmarc=none', ""),
    ],
)
async def test_who_brought_it(sqlite_nest: Nest, authres: str, authentic: str) -> None:
    async with sqlite_nest.open() as store:
        house = House(sqlite_nest, store)
        await house.comes(letter(dmarc("sub.example.org"), authres))
        await house.look()
        with sqlite_nest.connection() as c:
            [report] = report_views.dmarc_reports(c, 0)
        assert (report.authentic, report.sender, report.domain) == (authentic, "far.test", "example.org")


async def test_postmasters_letters_stay(sqlite_nest: Nest) -> None:
    async with sqlite_nest.open() as store:
        house = House(sqlite_nest, store)
        plain = await house.comes(b"Subject: hello\r\n\r\nDear postmaster\r\n", "postmaster@example.org")
        report = await house.comes(letter(dmarc()), "postmaster@example.org")
        await house.look()
        assert house.told(plain) is None
        assert house.told(report) == {"read": ["DMARC example.org far.test 42"]}
        assert (house.count("inbox"), house.count("trash")) == (2, 0)


async def test_bounces_of_our_reports_cause_no_alarm(sqlite_nest: Nest) -> None:
    async with sqlite_nest.open() as store:
        house = House(sqlite_nest, store)
        bounce = await house.comes(b"Subject: Undelivered\r\n\r\nNo such user\r\n", sender="")
        people = await house.comes(b"Subject: A question\r\n\r\nWhy reports?\r\n")
        await house.look()
        assert house.told(bounce) == {"bounce": True}
        assert house.told(people) is None
        assert (house.count("inbox"), house.count("trash")) == (1, 1)


async def test_letters_are_kept_where_that_is_wanted(sqlite_nest: Nest) -> None:
    async with sqlite_nest.open() as store:
        house = House(sqlite_nest, store)
        sqlite_nest.do(lambda c: settings.set_policy(c, "keep_report_letters", "on"))
        await house.comes(letter(dmarc()))
        await house.look()
        assert (house.count("inbox"), house.count("trash")) == (1, 0)


async def test_many_letters_are_looked_at_in_portions(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "BATCH", 5)
    monkeypatch.setattr("hawknest.post.report_reading.STRIDE", 7)
    monkeypatch.setattr("hawknest.post.report_reading.LOOK_BACK", 3)
    async with nest.open() as store:
        house = House(nest, store)
        for number in range(12):
            await house.comes(b"Subject: hello\r\n\r\nhello\r\n", "postmaster@example.org")
            await house.comes(letter(dmarc(number=str(number))))
        await house.look()
        with nest.connection() as c:
            assert len(report_views.dmarc_reports(c, 0)) == 12


async def test_old_reports_are_forgotten(nest: Nest) -> None:
    async with nest.open() as store:
        house = House(nest, store)
        await house.comes(letter(dmarc()))
        await house.look()
        nest.do(lambda c: reports.forget(c, NOW + 86400))
        with nest.connection() as c:
            assert report_views.sources(c, 0) == []
            assert c.all(Statement("SELECT * FROM dmarc_seen")) == []


async def test_names_lead_back() -> None:
    names = Names()
    names.known = {
        ("1.2.0.192.in-addr.arpa", "PTR"): ("bank.example", "mx.far.test"),
        ("bank.example", "A"): (ipaddress.IPv4Address("192.0.2.200"),),
        ("mx.far.test", "A"): (ipaddress.IPv4Address("192.0.2.1"),),
    }
    assert await confirmed_name("192.0.2.1", names) == "mx.far.test"
    assert await confirmed_name("2001:db8::1", names) == ""
    assert PTR.name
    assert A.name


async def test_by_the_door(tmp_path: Path) -> None:
    """A letter to dmarc-reports@, an address that nobody made."""
    async with whole_nest(tmp_path) as rooms:
        now = rooms.office.clock()
        text = DMARC.format(domain="example.org", id="9", org="far.test")
        text = text.replace("1700006400", str(int(now) - 86400)).replace("1700092799", str(int(now)))
        octets = letter(gzip.compress(text.encode())).replace(b"\n", b"\r\n")
        dialogue = b"HELO x\r\nMAIL FROM:<a@far.test>\r\nRCPT TO:<DMARC-Reports@example.net>\r\nDATA\r\n%b\r\n.\r\nQUIT\r\n"
        said = await converse(rooms, "smtp", dialogue % octets)
        assert b"Accepted as" in said, said
        reading = ReportReading(rooms.store, Log(), Names(), "me", HOST, rooms.office.clock)
        await reading.look()
        found = await rooms.store.read(lambda c: report_views.dmarc_reports(c, 0))
        assert [one.letters for one in found] == [42]
        await asyncio.sleep(0)

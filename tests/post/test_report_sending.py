"""A day of letters becomes reports that leave, on both engines: what they say, to whom they go, and that each goes once.

What is sent is read by our own reader, held against a table of the schema, and, where $HAWKNEST_REPORT_ORACLE names a Python that
has parsedmarc, dmarc and xmlschema, by those.
"""

import gzip
import json
import os
import subprocess
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from outbox import HOST, Outbox, outbox, site

import smtpsink
from hawknest.accounts import settings
from hawknest.dns import TXT, Answer, Kind, NoSuchName, Silent
from hawknest.log import Log
from hawknest.net import webcall
from hawknest.post import report_letters, report_sending, report_targets
from hawknest.post.local import Terms
from hawknest.post.report_letters import About
from hawknest.post.report_sending import ReportSending
from hawknest.post.report_targets import Mailbox, Page
from hawknest.post.report_unpacking import read, unpack
from hawknest.store import Connection, dmarc_rows, report_sent, tls_results
from hawknest.store.dmarc_rows import DAY, DkimResult, DmarcRow, SpfResult
from hawknest.store.tls_results import TlsResult
from hawknest.trust import dmarc_report, tls_report

NOW = 1_800_000_000.0
TODAY = int(NOW // DAY)
YESTERDAY = TODAY - 1
POLICY = "p=reject; sp=none; adkim=r; aspf=s; t=n"


class Names:
    """A resolver that knows some TXT records; a name of which it is told None does not answer."""

    def __init__(self) -> None:
        self.known: dict[str, str | None] = {}
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Kind[Any]) -> Answer[Any]:
        self.asked.append(name)
        if name not in self.known or kind is not TXT:
            raise NoSuchName(name, kind.name)
        text = self.known[name]
        if text is None:
            raise Silent(name, kind.name)
        return Answer((text.encode(),), name, 60)


def row(**fields: Any) -> DmarcRow:
    given: dict[str, Any] = {
        "at": YESTERDAY * DAY + 3600.0,
        "policy_domain": "far.example",
        "policy": POLICY,
        "source": "203.0.113.7",
        "header_from": "news.far.example",
        "envelope_from": "bounces.far.example",
        "disposition": "none",
        "dkim": False,
        "spf": False,
    }
    return DmarcRow(**given | fields)


ROWS = [
    row(dkim=True, spf=True, disposition="pass", source="2001:db8::7"),
    row(dkim=True, spf=True, disposition="pass", source="2001:db8::7"),
    row(
        dkim_results=(DkimResult("other.example", "s1", "pass"), DkimResult("far.example", "k<&>", "fail")),
        spf_result=SpfResult("bounces.far.example", "softfail"),
        reason="mailing_list",
        comment="it came through a list \x00\x1b]",
    ),
    row(disposition="reject", spf_result=SpfResult("x.example", "strange"), envelope_from=""),
]


class House:
    """Who sends reports from example.com, over an outbox."""

    def __init__(self, box: Outbox, names: Names) -> None:
        self.box = box
        self.names = names
        self.now = NOW + 8 * 3600
        self.sending = ReportSending(
            store=box.store,
            router=box.reporter.router,
            resolver=names,
            log=Log(),
            owner="me",
            hostname=HOST,
            terms=lambda: Terms(5 * DAY, DAY),
            clock=lambda: self.now,
            on_queued=box.queue.poke,
            may_call=lambda _: True,
            own_ip="192.0.2.1",
        )

    async def sent(self) -> list[report_sent.SentRow]:
        return await self.box.store.read(report_sent.sent)


def on(connection: Connection) -> None:
    settings.set_policy(connection, "dmarc_reports", "on")


async def test_a_day_of_letters_is_reported(nest: Any) -> None:
    names = Names()
    names.known = {"_dmarc.far.example": "v=DMARC1; p=reject; rua=mailto:rua@far.example"}
    nest.do(on)
    nest.do(lambda c: dmarc_rows.add(c, ROWS))
    async with smtpsink.serve() as sink, outbox(nest) as box:
        box.dns.sites["far.example"] = site(sink)
        house = House(box, names)
        assert await house.sending.send() == 1
        assert await house.sending.send() == 0
        await box.until(lambda: sink.letters)
        await box.until(box.gone)
        [letter] = sink.letters
        [noted] = await house.sent()
        assert await box.steps(noted.letter, "delivered")
    assert (noted.outcome, noted.target, noted.letters) == ("sent", "rua@far.example", 4)
    assert letter.sender == "dmarc-reports@example.com"
    assert letter.recipients == [("rua@far.example", "NOTIFY=NEVER")]
    told = message_from_bytes(letter.data, policy=policy.default)
    begin, end = YESTERDAY * DAY, TODAY * DAY - 1
    assert (
        told["Subject"] == f"Report Domain: far.example Submitter: example.com Report-ID: <{noted.report_id}>"
    )
    assert "dmarc-reports@example.com" in told["From"]
    assert told["Auto-Submitted"] == "auto-generated"
    [attached] = list(cast("EmailMessage", told).iter_attachments())
    assert attached.get_content_type() == "application/gzip"
    assert attached.get_filename() == f"example.com!far.example!{begin}!{end}!{noted.report_id}.xml.gz"
    [report] = unpack(letter.data).reports
    assert isinstance(report, dmarc_report.Report)
    assert (report.org, report.domain, report.begin, report.end) == ("example.com", "far.example", begin, end)
    assert report.policy["testing"] == "n"
    assert sorted(record.count for record in report.records) == [1, 1, 2]
    listed = next(record for record in report.records if record.reason)
    assert [one.selector for one in listed.signatures] == ["s1", "k<&>"]
    assert (listed.reason, listed.comment) == ("mailing_list", "it came through a list ]")
    held_against_the_schema(gzip.decompress(attached.get_content()))
    by_oracle(gzip.decompress(attached.get_content()), "aggregate")


async def test_off_unless_wanted(sqlite_nest: Any) -> None:
    names = Names()
    names.known = {"_dmarc.far.example": "v=DMARC1; p=reject; rua=mailto:rua@far.example"}
    sqlite_nest.do(lambda c: dmarc_rows.add(c, ROWS))
    async with outbox(sqlite_nest) as box:
        house = House(box, names)
        assert await house.sending.send() == 0
        assert names.asked == []


async def test_what_the_dns_does_not_tell_is_asked_again(sqlite_nest: Any) -> None:
    names = Names()
    names.known = {"_dmarc.far.example": None}
    sqlite_nest.do(on)
    sqlite_nest.do(lambda c: dmarc_rows.add(c, ROWS))
    async with outbox(sqlite_nest, running=False) as box:
        house = House(box, names)
        assert await house.sending.send() == 0
        names.known = {"_dmarc.far.example": "v=DMARC1; p=reject; rua=mailto:rua@far.example"}
        assert await house.sending.send() == 1
        house.now += 10 * DAY
        sqlite_nest.do(lambda c: dmarc_rows.add(c, ROWS))
        assert await house.sending.send() == 0
        assert await box.store.read(dmarc_rows.days) == []


async def test_two_policies_on_a_day_are_two_reports(sqlite_nest: Any) -> None:
    names = Names()
    names.known = {
        "_dmarc.far.example": "v=DMARC1; p=reject; rua=mailto:rua@far.example,mailto:b@far.example!1k"
    }
    sqlite_nest.do(on)
    sqlite_nest.do(lambda c: dmarc_rows.add(c, [*ROWS, row(policy="p=none")]))
    async with outbox(sqlite_nest, running=False) as box:
        house = House(box, names)
        assert await house.sending.send() == 2
        sent = await house.sent()
        assert sorted((one.target, one.letters, one.outcome[:8]) for one in sent) == [
            ("b@far.example", 1, "not sent"),
            ("b@far.example", 4, "not sent"),
            ("rua@far.example", 1, "sent"),
            ("rua@far.example", 4, "sent"),
        ]
        assert len({one.report_id for one in sent}) == 2


ORG = "v=DMARC1; p=none; psd=n"
MAIL = "v=DMARC1; p=none; rua=mailto:rua@reports.example"


@pytest.mark.parametrize(
    ("records", "targets", "refused"),
    [
        ({}, [], 0),
        ({"_dmarc.a.example": "v=DMARC1; p=none"}, [], 0),
        ({"_dmarc.a.example": "v=spf1; rua=mailto:x@a.example"}, [], 0),
        ({"_dmarc.a.example": "v=DMARC1; p=none; rua=mailto:x@a.example"}, ["x@a.example"], 0),
        (
            {"_dmarc.a.example": "v=DMARC1; p=none; rua=mailto:x@a.example,https://a.example/"},
            ["x@a.example"],
            0,
        ),
        # The same house: what lies below it needs no word of its own.
        ({"_dmarc.a.example": "v=DMARC1; p=none; psd=n; rua=mailto:x@m.a.example"}, ["x@m.a.example"], 0),
        # Elsewhere: the other house has to say it.
        ({"_dmarc.a.example": MAIL}, [], 1),
        (
            {"_dmarc.a.example": MAIL, "a.example._report._dmarc.reports.example": "v=DMARC1"},
            ["rua@reports.example"],
            0,
        ),
        (
            {"_dmarc.a.example": MAIL, "a.example._report._dmarc.reports.example": "v=DMARC1;"},
            ["rua@reports.example"],
            0,
        ),
        ({"_dmarc.a.example": MAIL, "a.example._report._dmarc.reports.example": "p=none; v=DMARC1"}, [], 1),
        ({"_dmarc.a.example": MAIL, "a.example._report._dmarc.reports.example": "hello"}, [], 1),
        ({"_dmarc.a.example": MAIL, "b.example._report._dmarc.reports.example": "v=DMARC1"}, [], 1),
        # It may name another mailbox, of the same host only.
        (
            {
                "_dmarc.a.example": MAIL,
                "a.example._report._dmarc.reports.example": "v=DMARC1; rua=mailto:b@reports.example",
            },
            ["b@reports.example"],
            0,
        ),
        (
            {
                "_dmarc.a.example": MAIL,
                "a.example._report._dmarc.reports.example": "v=DMARC1; rua=mailto:victim@bank.example",
            },
            [],
            1,
        ),
        # A public suffix that looks like a house does not make neighbours.
        (
            {
                "_dmarc.a.example": "v=DMARC1; p=none; rua=mailto:x@b.example",
                "_dmarc.example": "v=DMARC1; p=none; psd=y",
            },
            [],
            1,
        ),
        ({"_dmarc." + "a" * 60 + "." + "b" * 60 + ".example": "v=DMARC1; p=none"}, [], 0),
    ],
)
async def test_mailboxes_elsewhere(records: dict[str, str], targets: Sequence[str], refused: int) -> None:
    names = Names()
    names.known = dict(records)
    found, passed_over = await report_targets.of_dmarc("a.example", names)
    assert [str(one) for one in found] == list(targets)
    assert len(passed_over) == refused


@pytest.mark.parametrize(
    ("uris", "targets"),
    [
        (["mailto:a@b.example"], [Mailbox(report_targets.parse_address("a@b.example"))]),
        (["MAILTO:a@b.example!10m"], [Mailbox(report_targets.parse_address("a@b.example"), 10 << 20)]),
        (["mailto:a%2Bc@b.example?subject=x"], [Mailbox(report_targets.parse_address("a+c@b.example"))]),
        (["mailto:a@b.example!5k!10"], []),
        (["mailto:nobody", "mailto:a@[192.0.2.1]", "ftp://b.example/", "http://b.example/x", ""], []),
        (["https://b.example/r?x=1"], [Page("https://b.example/r?x=1")]),
        (
            [
                "https://user:secret@b.example/",
                "https:///x",
                "https://b.example:0/",
                "https://b.example/\r\nX: y",
            ],
            [],
        ),
        (["mailto:%0d%0aBcc:x@b.example"], []),
        ([f"mailto:{n}@b.example" for n in range(50)], None),
    ],
)
def test_uris(uris: list[str], targets: list[Any] | None) -> None:
    found = report_targets.read(uris)
    if targets is None:
        assert len(found) == report_targets.MOST
    else:
        assert found == targets


RESULTS = [
    TlsResult(
        "far.example",
        "sts",
        "version: STSv1\nmode: enforce\nmx: *.far.example\nmax_age: 86400",
        "",
        sessions=40,
    ),
    TlsResult(
        "far.example",
        "sts",
        "version: STSv1\nmode: enforce\nmx: *.far.example\nmax_age: 86400",
        "certificate-expired",
        "mx.far.example",
        "192.0.2.9",
        2,
    ),
    TlsResult("far.example", "no-policy-found", "", "", sessions=3),
    TlsResult("silent.example", "no-policy-found", "", "", sessions=1),
]


async def test_tls_is_reported_by_letter(nest: Any) -> None:
    names = Names()
    names.known = {"_smtp._tls.far.example": "v=TLSRPTv1; rua=mailto:tls@elsewhere.example"}
    nest.do(lambda c: tls_results.count(c, YESTERDAY, RESULTS))
    async with smtpsink.serve() as sink, outbox(nest) as box:
        box.dns.sites["elsewhere.example"] = site(sink)
        house = House(box, names)
        assert await house.sending.send() == 1
        asked = list(names.asked)
        assert await house.sending.send() == 0
        assert [name for name in names.asked if "silent" in name] == [n for n in asked if "silent" in n]
        await box.until(lambda: sink.letters)
        [letter] = sink.letters
        [noted] = await house.sent()
    told = message_from_bytes(letter.data, policy=policy.default)
    assert told.get_content_type() == "multipart/report"
    assert told["Content-Type"].params["report-type"] == "tlsrpt"
    assert told["TLS-Report-Domain"] == "far.example"
    assert told["TLS-Report-Submitter"] == "example.com"
    assert told["TLS-Required"] == "No"
    assert letter.sender == "tls-reports@example.com"
    part = cast("EmailMessage", told.get_payload()[1])  # type: ignore[index]
    assert part.get_content_type() == "application/tlsrpt+gzip"
    assert part.get_filename().endswith(f"!{noted.report_id}.json.gz")
    [report] = unpack(letter.data).reports
    assert isinstance(report, tls_report.Report)
    none, sts = sorted(report.policies, key=lambda one: one.policy.policy_type)
    assert sts.policy.mx_host == ["*.far.example"]
    assert (sts.summary.total_successful_session_count, sts.summary.total_failure_session_count) == (40, 2)
    assert sts.failure_details[0].sending_mta_ip == "192.0.2.1"
    assert none.policy.policy_type == "no-policy-found"
    assert noted.letters == 45
    by_oracle(gzip.decompress(part.get_payload(decode=True)), "tls")  # type: ignore[arg-type]


async def test_tls_is_reported_to_a_page(sqlite_nest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names()
    names.known = {"_smtp._tls.far.example": "v=TLSRPTv1;rua=https://far.example/tls"}
    calls: list[tuple[str, bytes, dict[str, str]]] = []
    status = [503, 201]

    async def post(url: str, body: bytes, headers: dict[str, str], **_: Any) -> webcall.Answer:
        calls.append((url, body, headers))
        return webcall.Answer(status.pop(0), "said")

    monkeypatch.setattr(report_sending.webcall, "post", post)
    sqlite_nest.do(lambda c: tls_results.count(c, YESTERDAY, RESULTS))
    async with outbox(sqlite_nest, running=False) as box:
        house = House(box, names)
        assert await house.sending.send() == 0
        assert await house.sending.send() == 1
        assert await house.sending.send() == 0
        [noted] = await house.sent()
    assert (noted.target, noted.outcome, len(calls)) == ("https://far.example/tls", "sent", 2)
    assert calls[1][2] == {"Content-Type": "application/tlsrpt+gzip"}
    assert json.loads(gzip.decompress(calls[1][1]))["report-id"] == noted.report_id


async def test_private_pages_are_not_called(sqlite_nest: Any) -> None:
    names = Names()
    names.known = {"_smtp._tls.far.example": "v=TLSRPTv1;rua=https://127.0.0.1:1/tls"}
    sqlite_nest.do(lambda c: tls_results.count(c, TODAY - 2, RESULTS))
    async with outbox(sqlite_nest, running=False) as box:
        house = House(box, names)
        sending = report_sending.replace(house.sending, may_call=report_sending.is_public)
        assert await sending.send() == 0
        [noted] = await house.sent()
    assert "not on the Internet" in noted.outcome


def test_the_start_of_a_server_is_its_own() -> None:
    delays = {report_sending._delay(f"mx{n}.example") for n in range(20)}
    assert len(delays) > 15
    assert all(0 <= delay < report_sending.SPREAD for delay in delays)


#: The schema of RFC 9990, Appendix A, as far as we write it: what is within an element, in order, how often.
SCHEMA: dict[str, tuple[tuple[str, int, int], ...]] = {
    "feedback": (
        ("version", 0, 1),
        ("report_metadata", 1, 1),
        ("policy_published", 1, 1),
        ("record", 1, 10**6),
    ),
    "report_metadata": (
        ("org_name", 1, 1),
        ("email", 1, 1),
        ("report_id", 1, 1),
        ("date_range", 1, 1),
        ("error", 0, 1),
        ("generator", 0, 1),
    ),
    "date_range": (("begin", 1, 1), ("end", 1, 1)),
    "policy_published": (
        ("domain", 1, 1),
        ("discovery_method", 0, 1),
        ("p", 1, 1),
        ("sp", 0, 1),
        ("np", 0, 1),
        ("adkim", 0, 1),
        ("aspf", 0, 1),
        ("testing", 0, 1),
        ("fo", 0, 1),
    ),
    "record": (("row", 1, 1), ("identifiers", 1, 1), ("auth_results", 1, 1)),
    "row": (("source_ip", 1, 1), ("count", 1, 1), ("policy_evaluated", 1, 1)),
    "policy_evaluated": (("disposition", 1, 1), ("dkim", 1, 1), ("spf", 1, 1), ("reason", 0, 10**6)),
    "reason": (("type", 1, 1), ("comment", 0, 1)),
    "identifiers": (("header_from", 1, 1), ("envelope_from", 0, 1)),
    "auth_results": (("dkim", 0, 10**6), ("spf", 0, 1)),
}


def held_against_the_schema(octets: bytes) -> None:
    def within(element: Element, above: str) -> None:
        name = element.tag.removeprefix("{urn:ietf:params:xml:ns:dmarc-2.0}")
        assert name != element.tag
        leaf = name in {"dkim", "spf"} and above == "policy_evaluated"
        wanted = () if leaf else SCHEMA.get(name, ())
        if name in {"dkim", "spf"} and not leaf:
            second = "selector" if name == "dkim" else "scope"
            wanted = (("domain", 1, 1), (second, 1, 1), ("result", 1, 1))
        names = [child.tag.rpartition("}")[2] for child in element]
        order = [one for one, _, _ in wanted]
        assert set(names) <= set(order), names
        assert names == sorted(names, key=order.index)
        for one, least, most in wanted:
            assert least <= names.count(one) <= most, (name, one)
        for child in element:
            within(child, name)

    within(ElementTree.fromstring(octets), "")


ORACLE = r"""
import json, pathlib, sys, tempfile
kind, octets = sys.argv[1], sys.stdin.buffer.read()
import parsedmarc
if kind == "tls":
    found = parsedmarc.parse_smtp_tls_report_json(octets.decode())
    print(json.dumps([found["organization_name"], len(found["policies"])]))
else:
    import dmarc.report, xmlschema
    schema = pathlib.Path(dmarc.report.__file__).with_name("schemas") / "dmarc-2.0.xsd"
    xmlschema.XMLSchema(str(schema)).validate(octets.decode())
    found = parsedmarc.parse_aggregate_report_xml(octets.decode(), offline=True)
    print(json.dumps([found["report_metadata"]["org_name"], len(found["records"])]))
"""


def by_oracle(octets: bytes, kind: str) -> None:
    """Have others read a report, where they are there."""
    python = os.environ.get("HAWKNEST_REPORT_ORACLE")
    if not python:
        return
    done = subprocess.run([python, "-c", ORACLE, kind], input=octets, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == ["example.com", 3 if kind == "aggregate" else 2]


@pytest.mark.skipif(not os.environ.get("HAWKNEST_REPORT_ORACLE"), reason="no Python with parsedmarc is named")
def test_the_oracle_refuses_what_is_wrong() -> None:
    with pytest.raises(AssertionError):
        by_oracle(b"<feedback/>", "aggregate")


def test_what_is_written_can_be_read() -> None:
    about = About("dmarc", "far.example", "example.com", "1a", YESTERDAY)
    packed, count = report_letters.dmarc_body(about, POLICY, [(one, 1) for one in ROWS], dropped=7)
    report = read(packed)
    assert isinstance(report, dmarc_report.Report)
    assert count == len(report.records) == 4
    assert report.error.startswith("7 letters")

"""Reports in letters: what others really send is read or refused with a reason, and no octets do harm."""

import gzip
import io
import os
import time
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.post import report_unpacking
from hawknest.post.report_unpacking import NotUnpacked, read, unpack
from hawknest.trust import dmarc_report, tls_report

CORPORA = Path(
    os.environ.get("HAWKNEST_CORPORA") or Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
)
REPORTS = CORPORA / "dmarc-tlsrpt-reports" / "parsedmarc"
FILES = sorted(path for path in REPORTS.rglob("*") if path.is_file())

#: What cannot be read, and the words that say so; all others are read.
REFUSED = {
    "empty.xml": "it is empty",
    "ikea.com!example.de!1538690400!1538776800.xml": "begins with schema",  # it has two roots
    "invalid_utf_8.xml": "it is no well-formed XML",
    "invalid_xml.xml": "it is no well-formed XML",
}

REPORT = b"""<feedback><report_metadata><org_name>Example</org_name><email>a@example.net</email>
<report_id>1</report_id><date_range><begin>1700000000</begin><end>1700086399</end></date_range></report_metadata>
<policy_published><domain>example.org</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>Example.org.</header_from></identifiers>
<auth_results><spf><domain>example.org</domain><result>fail</result></spf></auth_results></record></feedback>"""


def letter(octets: bytes, kind: str = "application/gzip", name: str = "a!b!1!2.xml.gz") -> bytes:
    message = EmailMessage()
    message["From"] = "reports@example.net"
    message.set_content("A report.")
    message.add_attachment(octets, *kind.split("/"), filename=name)
    return message.as_bytes()


@pytest.mark.skipif(not FILES, reason="the corpora are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_others_send(path: Path) -> None:
    octets = path.read_bytes()
    if path.parent.name == "failure":
        assert unpack(octets).reports == []
        return
    if path.name in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[path.name]):
            read(octets)
        return
    reports = unpack(octets).reports if path.suffix == ".eml" else [read(octets)]
    assert len(reports) == 1
    match reports[0]:
        case dmarc_report.Report() as found:
            assert found.org
            assert found.skipped == 0
            assert all(record.header_from for record in found.records)
        case tls_report.Report() as found:
            assert found.policies[0].policy.policy_domain


def test_what_a_report_says() -> None:
    for octets in (REPORT, gzip.compress(REPORT), _zipped({"a.xml": REPORT}), b"\xef\xbb\xbf" + REPORT):
        found = read(octets)
        assert isinstance(found, dmarc_report.Report)
        assert (found.org, found.report_id, found.domain) == ("Example", "1", "example.org")
        [record] = found.records
        assert (record.source, record.count, record.dkim, record.spf) == ("192.0.2.1", 3, True, False)
        assert record.header_from == "example.org"


@pytest.mark.parametrize(
    ("kind", "name", "packed"),
    [
        ("application/gzip", "a!b!1!2.xml.gz", True),
        ("application/octet-stream", "a!b!1!2.xml.gz", True),
        ("application/x-zip-compressed", "no-name", True),
        ("text/xml", "a.xml", False),
    ],
)
def test_it_is_found_in_a_letter(kind: str, name: str, packed: bool) -> None:
    found = unpack(letter(gzip.compress(REPORT) if packed else REPORT, kind, name))
    assert len(found.reports) == 1
    assert found.refused == []


def test_a_plain_letter_has_none() -> None:
    assert (
        unpack(b"Subject: hello\r\n\r\nDear postmaster, <feedback> is welcome.\r\n")
        == report_unpacking.Unpacked()
    )


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return out.getvalue()


LOL = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<feedback><report_metadata><org_name>&b;</org_name></report_metadata></feedback>"""


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (gzip.compress(b"<feedback>" + b" " * (60 << 20)), "it grows too large"),
        (_zipped({"a.xml": b" " * (60 << 20)}), "it grows too large"),
        (gzip.compress(gzip.compress(gzip.compress(REPORT))), "more than twice"),
        (gzip.compress(REPORT)[:-20], "its end is missing|broken"),
        (_zipped({"readme.txt": b"hello"}), "no report in the ZIP"),
        (b"PK\x03\x04 and nothing more", "no ZIP file"),
        (LOL, "document type"),
        (b"<feedback>" + b"<a>" * 1000, "deep"),
        (b"<html/>", "begins with html"),
        (b"<?xml version='1.0' encoding='no-such'?><feedback/>", "well-formed|encoding"),
        (b"{}", "no TLS report"),
        (b"[" * 100_000, "neither XML nor JSON"),
        (b'{"policies":' + b"[" * 100_000, "no TLS report"),
        (REPORT.replace(b"1700000000", b"x"), "of which time"),
        (REPORT.replace(b"1700086399", b"1600000000"), "of which time"),
        (REPORT.replace(b"192.0.2.1", b"192.0.2.1000"), "no record that can be understood"),
        (REPORT.replace(b"<report_id>1</report_id>", b""), "has no id"),
    ],
)
def test_what_is_refused(octets: bytes, why: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=why) as caught:
        read(octets)
    assert isinstance(caught.value, NotUnpacked | dmarc_report.BadReport | tls_report.BadReport)
    assert time.process_time() - began < 5


def test_records_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dmarc_report, "RECORDS", 5)
    start, end = REPORT.index(b"<record>"), REPORT.index(b"</feedback>")
    with pytest.raises(dmarc_report.BadReport, match="more than 5 records"):
        read(REPORT[:end] + REPORT[start:end] * 5 + b"</feedback>")


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    for packed in (octets, gzip.compress(octets), b"\x1f\x8b\x08" + octets, b"PK\x03\x04" + octets):
        for form in (packed, letter(packed)):
            unpack(form)
        with pytest.raises((NotUnpacked, dmarc_report.BadReport, tls_report.BadReport)):
            read(packed)


@given(st.data())
def test_a_damaged_report(data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(REPORT) - 1))
    piece = data.draw(st.binary(max_size=8))
    damaged = REPORT[:where] + piece + REPORT[where + data.draw(st.integers(0, 20)) :]
    for octets in (damaged, gzip.compress(damaged)):
        try:
            found = read(octets)
        except (NotUnpacked, dmarc_report.BadReport, tls_report.BadReport) as error:
            assert str(error)
        else:
            assert isinstance(found, dmarc_report.Report)
            assert all(0 < record.count <= dmarc_report.COUNT for record in found.records)

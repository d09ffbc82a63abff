"""Any octets as a report, packed or not, and in a letter: read or refused in words, within limits."""

import gzip

from hawknest.post.report_unpacking import NotUnpacked, read, unpack
from hawknest.trust import dmarc_report, tls_report

PIECES = [
    *b"<feedback>|</feedback>|<record>|</record>|<row>|</row>|<count>3</count>|<source_ip>192.0.2.1</source_ip>".split(
        b"|"
    ),
    *b"<report_metadata>|</report_metadata>|<report_id>1</report_id>|<date_range><begin>1</begin><end>2</end></date_range>".split(
        b"|"
    ),
    *b"<policy_published><domain>a.example</domain><p>none</p></policy_published>|<policy_evaluated>|</policy_evaluated>".split(
        b"|"
    ),
    *b"<identifiers><header_from>a.example</header_from></identifiers>|<dkim>pass</dkim>|<!DOCTYPE a [|]>|<![CDATA[|]]>".split(
        b"|"
    ),
    *b"<?xml version='1.0' encoding='utf-16'?>|&amp;|&#x41;|<!--|-->|xmlns='x'".split(b"|"),
    *b'{|}|[|]|,|:|"report-id"|"policies"|"policy"|"summary"|"date-range"|"start-datetime"|"2024-01-01T00:00:00Z"'.split(
        b"|"
    ),
    b"\x1f\x8b\x08\0",
    b"PK\x03\x04",
    b"Content-Type: application/gzip\r\n\r\n",
]


def fuzz(data: bytes) -> None:
    """Read octets as they are, packed, and as a letter."""
    for octets in (data, gzip.compress(data, 1)):
        try:
            found = read(octets)
        except (NotUnpacked, dmarc_report.BadReport, tls_report.BadReport) as error:
            assert str(error)
        else:
            assert isinstance(found, dmarc_report.Report | tls_report.Report)
    unpack(data)
    unpack(b"Content-Type: application/gzip\r\n\r\n" + gzip.compress(data, 1))

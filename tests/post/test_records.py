"""The records of a domain: which there are, and that a zone file of them is one for BIND too."""

import json
import re
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.post.records import Facts, Record, Why, wanted
from hawknest.post.records_words import WORDS
from hawknest.post.zonefile import line, quoted, zone_file
from interop.programs import need, run

DKIM = "v=DKIM1; k=rsa; p=" + "M" * 392
FULL = Facts(
    domain="example.org",
    host="mail.example.org",
    ipv4=(IPv4Address("203.0.113.5"),),
    ipv6=(IPv6Address("2001:db8::5"),),
    spf=("include:spf.provider.example",),
    dkim=(("r1", DKIM), ("e1", "v=DKIM1; k=ed25519; p=abc")),
    sts_id="20261124",
    tlsa=((25, "3 1 1 " + "AB" * 32),),
    services=(("smtp", 25), ("submissions", 465), ("imaps", 993), ("https", 443)),
    caa="letsencrypt.org",
)


def by(facts: Facts) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for record in wanted(facts):
        found.setdefault((record.name, record.type), []).append(record.value)
    return found


def test_all_records_of_a_domain() -> None:
    assert by(FULL) == {
        ("example.org", "MX"): ["10 mail.example.org."],
        ("mail.example.org", "A"): ["203.0.113.5"],
        ("mail.example.org", "AAAA"): ["2001:db8::5"],
        ("5.113.0.203.in-addr.arpa", "PTR"): ["mail.example.org."],
        ("5." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa", "PTR"): ["mail.example.org."],
        ("example.org", "TXT"): ["v=spf1 mx include:spf.provider.example -all"],
        ("mail.example.org", "TXT"): ["v=spf1 a -all"],
        ("r1._domainkey.example.org", "TXT"): [DKIM],
        ("e1._domainkey.example.org", "TXT"): ["v=DKIM1; k=ed25519; p=abc"],
        ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.org"],
        ("_mta-sts.example.org", "TXT"): ["v=STSv1; id=20261124"],
        ("mta-sts.example.org", "CNAME"): ["mail.example.org."],
        ("_smtp._tls.example.org", "TXT"): ["v=TLSRPTv1; rua=mailto:tls-reports@example.org"],
        ("_25._tcp.mail.example.org", "TLSA"): ["3 1 1 " + "ab" * 32],
        ("_submissions._tcp.example.org", "SRV"): ["0 1 465 mail.example.org."],
        ("_imaps._tcp.example.org", "SRV"): ["0 1 993 mail.example.org."],
        ("autoconfig.example.org", "CNAME"): ["mail.example.org."],
        ("autodiscover.example.org", "CNAME"): ["mail.example.org."],
        ("_autodiscover._tcp.example.org", "SRV"): ["0 1 443 mail.example.org."],
        ("mail.example.org", "CAA"): ['0 issue "letsencrypt.org"'],
    }


def test_what_is_not_known_or_not_there_is_not_told() -> None:
    found = by(Facts(domain="example.org", host="example.org", elsewhere=True))
    assert found["example.org", "TXT"] == ["v=spf1 mx ~all"]
    assert not {type_ for _, type_ in found} & {"TLSA", "SRV", "CAA", "CNAME"}
    unknown = [r for r in wanted(Facts(domain="example.org", host="mx.example.org")) if not r.known]
    assert {r.type for r in unknown} == {"A", "AAAA", "PTR"}
    assert wanted(Facts(domain="[192.0.2.1]", host="mx.example.org")) == []


def test_no_name_with_a_cname_has_anything_else() -> None:
    """RFC 1034 §3.6.2."""
    found = by(FULL)
    for name, type_ in found:
        if type_ == "CNAME":
            assert [t for n, t in found if n == name] == ["CNAME"]


def test_every_purpose_has_words() -> None:
    assert set(WORDS) == set(Why)
    assert {r.why for r in wanted(FULL)} == set(Why)
    assert all(en != ja for en, ja in WORDS.values())


@pytest.mark.peer
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "facts",
    [
        FULL,
        Facts(domain="example.org", host="mx.example.net"),
        Facts(domain="example.org", host="example.org"),
    ],
)
def test_bind_reads_the_zone_file(tmp_path: Path, facts: Facts, language: str) -> None:
    check = need("named-checkzone")
    text = zone_file(wanted(facts), facts.domain, facts.host, language)
    outside = not facts.host.endswith("example.org")
    head = "@ 300 SOA ns root 1 3600 600 86400 60\n@ 300 NS ns\nns 300 A 192.0.2.53\n"
    if not facts.ipv4 and not outside:  # what the owner fills in
        text = text.replace(
            "; " + facts.host + ". IN A {public IPv4 address}", facts.host + ". IN A 203.0.113.5"
        )
    (tmp_path / "zone").write_text(head + text)
    said = run([check, "-i", "local", "-D", "-o", tmp_path / "full", facts.domain, tmp_path / "zone"])
    assert "ignor" not in said
    loaded = (tmp_path / "full").read_text()
    assert re.search(r"example\.org\.\s+\d+\s+IN\s+MX\s+10 m", loaded) or outside or "MX" in loaded
    written = [r for r in wanted(facts) if r.known and (r.name + ".").endswith("example.org.")]
    assert sum(1 for row in text.splitlines() if row and row[0] not in ";$") >= len(written)


def test_what_cannot_be_pasted_is_a_comment() -> None:
    text = zone_file(wanted(FULL), "example.org", "mail.example.org")
    assert "\n; 5.113.0.203.in-addr.arpa. IN PTR mail.example.org.\n" in text
    text = zone_file(wanted(Facts(domain="a.example", host="b.example")), "a.example", "b.example")
    assert "\n; b.example. IN A {public IPv4 address}\n" in text
    assert "\n; b.example. IN TXT" in text


@given(st.text(max_size=900))
def test_any_text_is_written_as_one_line(text: str) -> None:
    said = quoted(text)
    assert said.isascii()
    assert said.isprintable()
    parts = re.findall(r'"((?:[^"\\]|\\\d{3})*)"(?: |$)', said)
    octets = [re.sub(rb"\\(\d{3})", lambda m: bytes([int(m[1])]), part.encode()) for part in parts]
    assert b"".join(octets) == text.encode()
    assert all(len(part) <= 255 for part in octets)


def test_a_line() -> None:
    record = Record("a.example", "TXT", 'say "hi" \\o/', needed=True, why=Why.SPF)
    assert line(record) == 'a.example. IN TXT "say \\034hi\\034 \\092o/"'


def test_json_of_a_record() -> None:
    import msgspec

    [first, *_] = json.loads(msgspec.json.encode(wanted(FULL)))
    assert first == {
        "name": "example.org",
        "type": "MX",
        "value": "10 mail.example.org.",
        "needed": True,
        "why": "mx",
    }

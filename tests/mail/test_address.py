"""Addresses and paths: tables, other people's corpora, and the properties that must hold for any text."""

import json
import re
import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawknest.mail.address import (
    Address,
    AddressError,
    Path,
    canonical_domain,
    domain_name,
    parse_address,
    parse_path,
    take_path,
    to_unicode,
)
from mail_corpora import corpus


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("<user@example.com>", "user", "example.com"),
        ("user@example.com", "user", "example.com"),
        ("<User.Name+tag@Example.COM>", "User.Name+tag", "example.com"),
        ('<"user"@example.com>', "user", "example.com"),
        ('<"a b\\"c\\\\"@example.com>', 'a b"c\\', "example.com"),
        ('<">"@example.com>', ">", "example.com"),
        ('<""@example.com>', "", "example.com"),
        ("<user@host_name.example.com>", "user", "host_name.example.com"),
        ("<a..b.@docomo.ne.jp>", "a..b.", "docomo.ne.jp"),
        ("<user@bücher.example>", "user", "xn--bcher-kva.example"),
        ("<user@日本語。jp>", "user", "xn--wgv71a119e.jp"),
        ("<ユーザ@例え.jp>", "ユーザ", "xn--r8jz45g.jp"),
        ("<user@[192.0.2.1]>", "user", "[192.0.2.1]"),
        ("<user@[IPv6:2001:DB8:0:0:0:0:0:1]>", "user", "[IPv6:2001:db8::1]"),
        ("<user@[ipv6:2001:db8::1]>", "user", "[IPv6:2001:db8::1]"),
        ("<postmaster>", "postmaster", ""),
        ("PostMaster", "PostMaster", ""),
        (f"<{'l' * 64}@example.com>", "l" * 64, "example.com"),
    ],
)
def test_paths(text, local, domain):
    assert parse_path(text).address == Address(local, domain)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing"),
        ("<", "closing >"),
        ("<user@example.com", "closing >"),
        ("user", "no domain"),
        ("<user@>", "domain is missing"),
        ("<@example.com>", "before the @"),
        ("<user@example.com.>", "end with a dot"),
        ("<user@.example.com>", "empty part"),
        ("<user@example..com>", "empty part"),
        ("<user@192.0.2.1>", "brackets"),
        ("<user@2001:db8::1>", "brackets"),
        ("<user@[192.0.2.256]>", "brackets"),
        ("<user@[192.0.2.1>", "closing bracket"),
        ("<user@[IPv6:fe80::1%eth0]>", "brackets"),
        ("<user@exam ple.com>", "character"),
        ("<us er@example.com>", "quoted"),
        ("<user@example.com>SIZE=1", "space"),
        ("<user@example.com> SIZE=1", "after the address"),
        ('<"us\x01er"@example.com>', "quotes"),
        ("<us\u202eer@example.com>", "character"),
        ("<us\udcffer@example.com>", "character"),
        (f"<{'l' * 65}@example.com>", "64 octets"),
        (f"<{'ü' * 33}@example.com>", "64 octets"),
        (f"<user@{'d' * 64}.com>", "63 octets"),
        (f"<user@{'d.' * 127}com>", "255 octets"),
        (f"<{'l' * 64}@{'d.' * 100}com>", "254 octets"),
        ("<user@xn--.\u00df\u3002\u3002>", "internationalized"),
    ],
)
def test_no_paths(text, words):
    with pytest.raises(AddressError, match=words) as refusal:
        parse_path(text)
    assert str(refusal.value).isascii()


RELAY_TRICKS = {
    "<user%foreign@local.example>": Address("user%foreign", "local.example"),
    "<foreign!user@local.example>": Address("foreign!user", "local.example"),
    '<"user@foreign"@local.example>': Address("user@foreign", "local.example"),
    "<user@foreign@local.example>": None,
    "<user@foreign@[192.0.2.1]>": None,
    '<"user%foreign">': None,
    "<user%foreign>": None,
    "<user@foreign.example.>": None,
    "<@local.example:user@foreign@local.example>": None,
    "<@local.example:postmaster>": None,
}


@pytest.mark.parametrize("brackets", [True, False])
@pytest.mark.parametrize(("text", "address"), RELAY_TRICKS.items())
def test_relay_tricks_are_no_address_or_one_at_the_domain_after_the_last_at(text, address, brackets):
    text = text if brackets else text[1:-1]
    try:
        assert parse_path(text).address == address
    except AddressError:
        assert address is None


def test_source_routes_are_left_out_and_told():
    path = parse_path("<@A.example,@[192.0.2.1],@bücher.example:user@foreign.example>")
    assert path.address == Address("user", "foreign.example")
    assert path.route == ("a.example", "[192.0.2.1]", "xn--bcher-kva.example")
    assert parse_path("@local.example:user@foreign.example").route == ("local.example",)


def test_the_null_path_and_what_follows_a_path():
    assert parse_path("<>") == Path(None)
    assert take_path("<> SIZE=1 BODY=8BITMIME") == (Path(None), "SIZE=1 BODY=8BITMIME")
    assert take_path(' <"a> b"@c.d>  X=<y>') == (Path(Address("a> b", "c.d")), "X=<y>")
    assert take_path('"a> b"@c.d X=<y>') == (Path(Address("a> b", "c.d")), "X=<y>")


def test_utf8_is_told_where_it_was_written():
    assert not parse_path("<user@xn--bcher-kva.example>").utf8
    assert parse_path("<user@bücher.example>").utf8
    assert not parse_address("user@bücher.example").needs_smtputf8
    assert parse_address("bücher@example.com").needs_smtputf8


def test_long_local_parts_may_be_allowed():
    local = "bounce-" + "x" * 80
    assert parse_path(f"<{local}@example.com>", local_limit=128).address == Address(local, "example.com")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("User@Example.com", '"uSER"@EXAMPLE.com'),
        ("JOSÉ@example.com", "jose\u0301@example.com"),
        ("ΣΊΣΥΦΟΣ@example.com", "σίσυφος@example.com"),
        ("a@bücher.example", "A@BU\u0308CHER.example"),
        ("a@[IPv6:1:0::0:2]", "a@[IPv6:1::2]"),
    ],
)
def test_one_mailbox_has_one_key(one, other):
    assert parse_address(one).key == parse_address(other).key


@pytest.mark.parametrize(
    ("local", "separator", "user", "detail"),
    [
        ("user+shop", "+", "user", "shop"),
        ("user+a+b", "+", "user", "a+b"),
        ("user+", "+", "user", ""),
        ("+user", "+", "+user", None),
        ("user", "+", "user", None),
        ("user-shop", "-", "user", "shop"),
    ],
)
def test_details(local, separator, user, detail):
    assert Address(local, "a.b").split_plus(separator) == (Address(user, "a.b"), detail)


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        (" Example.COM. ", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:2001:db8:0::1]", "[IPv6:2001:db8::1]"),
        ("localhost", "localhost"),
    ],
)
def test_domains_as_typed(typed, domain):
    assert domain_name(typed) == domain


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("192.0.2.1", "write [192.0.2.1]"),
        ("2001:DB8::1", "write [IPv6:2001:db8::1]"),
        ("IPv6:2001:db8::1", "write [IPv6:2001:db8::1]"),
        ("user@example.com", "after the @"),
        ("", "missing"),
        ("exa mple", "character"),
    ],
)
def test_domains_mistyped(typed, words):
    with pytest.raises(AddressError, match=re.escape(words)):
        domain_name(typed)


def test_domains_for_people():
    assert to_unicode("xn--bcher-kva.example") == "bücher.example"
    assert to_unicode("xn--zz.xn--bcher-kva.example") == "xn--zz.bücher.example"
    assert parse_address("user@xn--bcher-kva.example").display == "user@bücher.example"


# Text that a local part can hold: printable ASCII, and letters beyond.
LOCALS = st.text(
    st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("éß用户ユЖ\u05d0"), max_size=20
)
DOMAINS = st.sampled_from(
    ["example.com", "a.b", "localhost", "[192.0.2.1]", "[IPv6:2001:db8::1]", "xn--bcher-kva.de"]
)


@given(LOCALS, DOMAINS)
@example("", "a.b")
@example("é..", "a.b")
def test_what_is_spelled_is_read_back(local, domain):
    address = Address(local, domain)
    assert parse_address(str(address)) == address
    assert parse_path(f"<{address}>").address == address
    assert take_path(f"{address} SIZE=1") == (parse_path(str(address)), "SIZE=1")


@given(LOCALS, DOMAINS)
def test_a_key_is_its_own_key(local, domain):
    user, at, host = Address(local, domain).key.rpartition("@")
    assert (at, host) == ("@", domain)
    assert Address(user, domain).key == f"{user}@{domain}"


SOUP = st.lists(
    st.sampled_from(
        ['"', "\\", "<", ">", "@", ".", ",", ":", "[", "]", " ", "a", "é", "IPv6:", "\r\n", "\0", "1"]
    )
    | st.text(max_size=3)
).map("".join)


@given(SOUP)
def test_any_text_is_an_address_or_refused_and_never_injects(text):
    try:
        path, rest = take_path(text)
    except AddressError:
        return
    assert text.endswith(rest)
    if path.address:
        assert not re.search(r"[\x00-\x1f\x7f]", str(path.address))
        assert parse_path(f"<{path.address}>").address == path.address


@given(st.text())
def test_a_canonical_domain_stays(text):
    try:
        domain = domain_name(text)
    except AddressError:
        return
    assert canonical_domain(domain) == domain == domain_name(domain)
    assert domain.isascii()


@pytest.mark.parametrize("piece", ["a", "a.", '"', "\\", "@a,", "@a:", "[", "<", '\\"', "1.", "é"])
@pytest.mark.parametrize("head", ["", "<", '"', '<"', "<@", "a@", "<a@["])
def test_long_nonsense_is_read_once(piece, head):
    # A parser that goes back over what it read would need minutes for this, and the test's time limit would end it.
    text = head + piece * 300_000
    with pytest.raises(AddressError):
        parse_path(text)


#: Where an SMTP path differs from isemail's judgement on purpose.
TAKEN_ALL_THE_SAME = {".test@iana.org", "test.@iana.org"}  # quirk_loose_dots
TAKEN_DIAGNOSES = {
    "ISEMAIL_RFC5321_IPV6DEPRECATED",  # RFC 5952 would not write it so, but it is an address
    "ISEMAIL_RFC5322_LOCAL_TOOLONG",  # isemail counts the quotes; only the unquoted text is counted here
}
REFUSED_DIAGNOSES = {"ISEMAIL_RFC5321_TLDNUMERIC"}  # rather a bare IP address than a domain
SMTP = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321"}


def test_isemail():
    wrong: list[tuple[str, str | None]] = []
    for test in ET.parse(corpus("isemail/test/tests.xml")).getroot().iter("test"):
        symbols = test.findtext("address") or ""
        text = re.sub("[\u2400-\u2421]", lambda symbol: chr(ord(symbol[0]) - 0x2400), symbols)
        diagnosis = test.findtext("diagnosis")
        valid = test.findtext("category") in SMTP and diagnosis not in REFUSED_DIAGNOSES
        valid = valid or text in TAKEN_ALL_THE_SAME
        if _taken(text) != valid and diagnosis not in TAKEN_DIAGNOSES:
            wrong.append((text, diagnosis))
    assert not wrong


def _taken(text: str) -> bool:
    try:
        parse_address(text)
    except AddressError:
        return False
    return True


def _cases(name: str) -> list:
    lines = corpus("idn-addresses/email-validator-syntax.jsonl").read_text("utf-8").splitlines()
    return [row["value"] for row in map(json.loads, lines) if row["case"] == name]


@pytest.mark.parametrize("name", ["test_email_valid", "test_email_valid_intl_local_part"])
def test_valid_addresses_of_email_validator(name):
    for text, expected in _cases(name):
        if not text.endswith(">") and not text.startswith('"'):  # with a display name, it is no SMTP path
            address = parse_address(text)
            assert address.domain == expected["ascii_domain"].lower()
            assert to_unicode(address.domain) == expected["domain"]
            assert address.needs_smtputf8 == expected["smtputf8"]


def test_strange_characters_of_email_validator_are_refused():
    for character, _name in _cases("test_email_unsafe_character"):
        if not any(map(unicodedata.combining, character)):  # which is strange only at the very start
            assert not _taken(f"user{character}@example.com")


def test_idna_vectors():
    for line in corpus("idn-addresses/idna-uts46.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["op"] == "encode" and not row["input"].isascii():
            assert (
                canonical_domain(row["input"]) if "expect" in row else _taken(f"a@{row['input']}")
            ) == row.get("expect", False)

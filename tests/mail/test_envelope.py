"""The parameters of RFC 3461, and rewritten senders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail import srs
from hawknest.mail.address import Address, parse_address
from hawknest.mail.envelope import (
    EnvelopeError,
    Notify,
    OriginalRecipient,
    Recipient,
    decode_xtext,
    encode_xtext,
    format_notify,
    format_orcpt,
    parse_envid,
    parse_notify,
    parse_orcpt,
)

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


@given(PRINTABLE)
def test_xtext_is_read_back(text):
    assert decode_xtext(encode_xtext(text)) == text
    assert " " not in encode_xtext(text)


@pytest.mark.parametrize("text", ["a=b", "a b", "+4", "+zz", "é", "+0D+0A", "a+7F"])
def test_no_xtext(text):
    with pytest.raises(EnvelopeError):
        decode_xtext(text)


def test_xtext_of_the_standard():
    assert decode_xtext("QQ314159") == "QQ314159"
    assert decode_xtext("a+2Bb+3dc") == "a+b=c"


@pytest.mark.parametrize(
    ("text", "notify"),
    [
        ("NEVER", Notify.NEVER),
        ("success", Notify.SUCCESS),
        ("FAILURE,DELAY", Notify.FAILURE | Notify.DELAY),
        ("SUCCESS,FAILURE,DELAY", Notify.SUCCESS | Notify.FAILURE | Notify.DELAY),
    ],
)
def test_notify(text, notify):
    assert parse_notify(text) == notify
    assert format_notify(notify) == text.upper()


@pytest.mark.parametrize("text", ["", "NEVER,DELAY", "SOMETIMES", "DELAY,", "FAILURE DELAY", "\u017fuccess"])
def test_no_notify(text):
    with pytest.raises(EnvelopeError):
        parse_notify(text)


@pytest.mark.parametrize(
    ("notify", "failure", "success"),
    [(None, True, False), (Notify.NEVER, False, False), (Notify.SUCCESS, False, True)],
)
def test_what_a_sender_wants(notify, failure, success):
    recipient = Recipient(Address("a", "b.example"), notify=notify)
    assert recipient.wants(Notify.FAILURE) == failure
    assert recipient.wants(Notify.SUCCESS) == success


@given(st.sampled_from(["rfc822", "x400"]), PRINTABLE)
def test_orcpt_is_read_back(kind, text):
    orcpt = OriginalRecipient(kind, text)
    assert parse_orcpt(format_orcpt(orcpt)) == orcpt


@given(st.text("a@.+=\\x{}é用\U0001f600", max_size=20))
def test_orcpt_beyond_ascii_is_read_back(text):
    orcpt = OriginalRecipient("utf-8", text)
    assert format_orcpt(orcpt).isascii()
    assert parse_orcpt(format_orcpt(orcpt)) == orcpt


def test_orcpt_in_utf8():
    assert parse_orcpt("UTF-8;用户@例え.jp") == OriginalRecipient("utf-8", "用户@例え.jp")
    assert parse_orcpt("RFC822;a+2Bb@c.example") == OriginalRecipient("rfc822", "a+b@c.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@b",
        ";a",
        "rfc822;a b",
        "rfc822;é",
        "utf-8;a b",
        "utf-8;\\x{D}\\x{A}",
        "utf-8;\\x{FFFFFF}+0A",
        "x" * 501,
    ],
)
def test_no_orcpt(text):
    with pytest.raises(EnvelopeError):
        parse_orcpt(text)


def test_envid():
    assert parse_envid("a+20b") == "a b"
    with pytest.raises(EnvelopeError):
        parse_envid("x" * 101)


KEYS = (b"new key", b"old key")
NOW = 1_794_963_600.0
DAY = 86_400
LOCALS = st.text(
    st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("é用"), min_size=1, max_size=30
)
DOMAINS = st.sampled_from(["example.com", "a.b", "[192.0.2.1]", "[IPv6:2001:db8::1]"])


@given(LOCALS, DOMAINS, st.sampled_from("=+-"), st.integers(0, 2**32))
def test_a_bounce_finds_its_way_back(local, domain, separator, now):
    sender = Address(local, domain)
    sent_as = srs.encode(sender, "ours.example", KEYS, now, separator=separator)
    assert sent_as.domain == "ours.example"
    assert parse_address(str(sent_as), local_limit=200) == sent_as
    back = srs.decode(sent_as, KEYS, now + 20 * DAY)
    if not (srs._FOREIGN0.fullmatch(local) or srs._FOREIGN1.fullmatch(local)):
        assert back == sender


def test_the_form_is_the_known_one():
    sent_as = srs.encode(Address("user", "origin.example"), "ours.example", KEYS, NOW)
    assert sent_as.local.startswith("SRS0=")
    assert sent_as.local.endswith("=origin.example=user")
    assert len(sent_as.local) == len("origin.exampleuser") + 16


def test_a_changed_case_does_no_harm():
    sent_as = srs.encode(Address("User", "origin.example"), "ours.example", KEYS, NOW)
    assert srs.decode(Address(sent_as.local.lower(), "ours.example"), KEYS, NOW) == Address(
        "user", "origin.example"
    )


def test_keys_are_changed_without_loss():
    old = srs.encode(Address("user", "origin.example"), "ours.example", KEYS[1:], NOW)
    assert srs.decode(old, KEYS, NOW) == Address("user", "origin.example")
    assert srs.decode(old, KEYS[:1], NOW) is srs.Refusal.BAD_HASH


@pytest.mark.parametrize(
    ("days", "good"), [(-1, True), (-2, False), (0, True), (21, True), (22, False), (900, False)]
)
def test_an_address_ages(days, good):
    sent_as = srs.encode(Address("user", "origin.example"), "ours.example", KEYS, NOW)
    back = srs.decode(sent_as, KEYS, NOW + days * DAY)
    assert back == (Address("user", "origin.example") if good else srs.Refusal.EXPIRED)


def test_every_tampering_is_seen():
    sent_as = srs.encode(Address("user", "origin.example"), "ours.example", KEYS, NOW).local
    for at in range(5, len(sent_as)):
        for character in "AB2=x":
            if sent_as[at].lower() != character.lower():
                changed = sent_as[:at] + character + sent_as[at + 1 :]
                assert isinstance(srs.decode(Address(changed, "ours.example"), KEYS, NOW), srs.Refusal)


@pytest.mark.parametrize(
    "local", ["user", "SRS0", "SRS0=", "SRS0=AAAAAA=AA=x", "SRS1=AAAAAA=x=y", "SRS0=AAAAA1=AA=x=y"]
)
def test_no_rewritten_address(local):
    assert srs.decode(Address(local, "ours.example"), KEYS, NOW) is srs.Refusal.NOT_SRS


def test_three_forwarders_in_a_row():
    sender = Address("user", "origin.example")
    one, two, three = (b"one",), (b"two",), (b"three",)
    first = srs.encode(sender, "first.example", one, NOW, separator="+")
    second = srs.encode(first, "second.example", two, NOW)
    third = srs.encode(second, "third.example", three, NOW, separator="-")
    assert second.local.startswith("SRS1=")
    assert third.local.startswith("SRS1-")
    assert len(third.local) == len(second.local)
    assert srs.decode(third, three, NOW) == first  # straight to the first one, which knows the sender
    assert srs.decode(first, one, NOW) == sender
    assert srs.decode(second, three, NOW) is srs.Refusal.BAD_HASH


@given(
    st.text(max_size=80).map(lambda text: f"SRS0={text}")
    | st.text(max_size=80).map(lambda text: f"SRS1={text}")
)
def test_any_local_part_is_judged(local):
    assert isinstance(srs.decode(Address(local, "ours.example"), KEYS, NOW), srs.Refusal)
    assert srs.encode(Address(local, "x.example"), "ours.example", KEYS, NOW).domain == "ours.example"


@pytest.mark.parametrize(("keys", "separator"), [((), "="), (KEYS, "x"), (KEYS, "")])
def test_srs_needs_a_key_and_a_separator(keys, separator):
    with pytest.raises(ValueError, match="SRS needs"):
        srs.encode(Address("a", "b.example"), "ours.example", keys, NOW, separator=separator)

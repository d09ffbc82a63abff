"""One attempt over real connections: hosts in order, TLS, login, extensions that are missing, letters of any size and kind."""

import asyncio
import tracemalloc
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from outbox import HOST, LETTER, NOBODY, outbox, server_context, site

import smtpsink
from hawknest.mail.envelope import Notify
from hawknest.post import parcel
from hawknest.post.outcome import Deferred
from hawknest.post.site import Login, Target, Tls
from hawknest.store.blobs import Content
from smtpsink import Drop, Script, Slow
from stores import Nest

ALL = smtpsink.EXTENSIONS


def without(*names: str) -> list[str]:
    return [extension for extension in ALL if extension.split()[0] not in names]


async def attempt(nest: Nest, where: Any, *recipients: str, **letter: Any) -> Any:
    """Send one letter to a site. Returns the steps that are no `queued`."""
    settings = letter.pop("settings", {})
    async with outbox(nest, **settings) as box:
        box.dns.sites["far.example"] = where
        letter_id = await box.send(*(recipients or ("bob@far.example",)), **letter)
        await box.settled()
        return [step for step in await box.steps(letter_id) if step.event not in {"queued", "reported"}]


# Hosts


async def test_the_next_host_is_tried_where_one_cannot_be_used(sqlite_nest: Nest) -> None:
    busy = Script(answers={"connect": "421 4.3.2 busy"})
    async with smtpsink.serve(busy) as first, smtpsink.serve() as second:
        (step,) = await attempt(sqlite_nest, site(NOBODY, first, second))
        assert step.event == "delivered"
        assert step.detail["host"] == "mx3.example"
        assert [(t["host"], t["said"]) for t in step.detail["tried"]] == [
            ("dead.example", "cannot connect: connection refused"),
            ("mx2.example", "421 4.3.2 busy"),
        ]


async def test_only_who_was_put_off_is_offered_to_the_next_host(sqlite_nest: Nest) -> None:
    script = Script(
        recipients={"no@far.example": "550 5.1.1 nobody", "later@far.example": "450 4.2.0 greylisted"}
    )
    async with smtpsink.serve(script) as first, smtpsink.serve() as second:
        steps = await attempt(
            sqlite_nest, site(first, second), "yes@far.example", "no@far.example", "later@far.example"
        )
        assert [(step.event, step.detail["host"]) for step in steps] == [
            ("delivered", "mx1.example"),
            ("failed", "mx1.example"),
            ("delivered", "mx2.example"),
        ]
        assert steps[2].detail["tried"][0]["said"] == "450 4.2.0 greylisted"
        assert [r for r, _ in second.letters[0].recipients] == ["later@far.example"]


@pytest.mark.parametrize("stage", ["MAIL", "DATA"])
async def test_breaking_off_before_the_end_leads_to_the_next_host(sqlite_nest: Nest, stage: str) -> None:
    async with smtpsink.serve(Script(answers={stage: Drop()})) as first, smtpsink.serve() as second:
        (step,) = await attempt(sqlite_nest, site(first, second))
        assert step.detail["host"] == "mx2.example"
        assert len(second.letters) == 1


async def test_breaking_off_after_the_end_does_not(sqlite_nest: Nest) -> None:
    """The first host may have taken the letter: another would deliver it twice."""
    async with smtpsink.serve(Script(answers={"end": Drop()})) as first, smtpsink.serve() as second:
        (step,) = await attempt(sqlite_nest, site(first, second))
        assert step.event == "deferred"
        assert second.connections == 0


async def test_offers_in_one_attempt_are_bounded(sqlite_nest: Nest) -> None:
    async with smtpsink.serve(Script(answers={"MAIL": "451 later"})) as sink:
        (step,) = await attempt(sqlite_nest, site(*[sink] * 9))
        assert step.event == "deferred"
        assert sink.connections == 3


async def test_a_destination_without_hosts_waits(sqlite_nest: Nest) -> None:
    (step,) = await attempt(sqlite_nest, site())
    assert (step.event, step.detail["code"]) == ("deferred", "4.4.4")


async def test_what_dns_says_is_the_outcome(sqlite_nest: Nest) -> None:
    (step,) = await attempt(sqlite_nest, Deferred("4.4.3", "no resolver answers", everyone=True))
    assert (step.event, step.detail["said"]) == ("deferred", "no resolver answers")


# Our name


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [(HOST, "127.0.0.1", HOST), ("", "127.0.0.1", "[127.0.0.1]"), ("bare", "127.0.0.1", "[127.0.0.1]")],
)
async def test_we_never_say_a_bare_name(sqlite_nest: Nest, name: str, address: str, said: str) -> None:
    async with smtpsink.serve(address=address) as sink:
        await attempt(sqlite_nest, site(sink), settings={"name": name})
        assert sink.letters[0].helo == said


async def test_ipv6_literal(sqlite_nest: Nest) -> None:
    try:
        async with smtpsink.serve(address="::1") as sink:
            await attempt(sqlite_nest, site(sink), settings={"name": ""})
            assert sink.letters[0].helo == "[IPv6:::1]"
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


# TLS


@pytest.mark.parametrize("tls", [Tls.MAY, Tls.MUST])
async def test_tls_is_used_where_it_is_offered(sqlite_nest: Nest, tls: Tls) -> None:
    async with smtpsink.serve(Script(tls=server_context())) as sink:
        (step,) = await attempt(sqlite_nest, site(sink, tls=tls))
        assert sink.letters[0].tls
        assert sink.letters[0].helo == HOST  # said again (RFC 3207 §4.2)
        assert step.detail["tls"].startswith("TLSv1.3 ")


async def test_tls_from_the_first_octet(sqlite_nest: Nest) -> None:
    async with smtpsink.serve(Script(tls=server_context(), implicit=True)) as sink:
        await attempt(sqlite_nest, site(sink, tls=Tls.FIRST))
        assert sink.letters[0].tls


TLS_TROUBLE = [
    (Script(), "not offered"),
    (Script(tls=server_context(), broken_tls=True), "handshake"),
    (Script(tls=server_context(), answers={"STARTTLS": "454 4.7.0 no TLS today"}), "no TLS today"),
]


@pytest.mark.parametrize(("script", "words"), TLS_TROUBLE)
async def test_without_tls_in_the_clear_unless_it_is_demanded(
    sqlite_nest: Nest, script: Script, words: str
) -> None:
    async with smtpsink.serve(script) as sink:
        (step,) = await attempt(sqlite_nest, site(sink, tls=Tls.MAY))
        assert step.event == "delivered"
        assert not sink.letters[0].tls
        assert step.detail["tls"] == ""
        (step,) = await attempt(sqlite_nest, site(sink, tls=Tls.MUST))
        assert step.event == "deferred"
        assert step.detail["code"].startswith("4.7.")
        assert words in step.detail["said"]
        assert len(sink.letters) == 1


async def test_a_certificate_that_must_be_right_is_checked(sqlite_nest: Nest) -> None:
    async with smtpsink.serve(Script(tls=server_context())) as sink:
        (step,) = await attempt(sqlite_nest, site(sink, tls=Tls.MUST, verify=True))
        assert step.event == "deferred"
        assert not sink.letters


# Login


@pytest.mark.parametrize(
    "mechanisms",
    ["PLAIN LOGIN", "PLAIN", "LOGIN", "CRAM-MD5", "PLAIN SCRAM-SHA-1", "LOGIN SCRAM-SHA-1 SCRAM-SHA-256"],
)
async def test_login_to_a_smart_host(sqlite_nest: Nest, mechanisms: str) -> None:
    script = Script(tls=server_context(), login=("nest", "s3cret"), mechanisms=mechanisms)
    async with smtpsink.serve(script) as sink:
        await attempt(sqlite_nest, site(sink, tls=Tls.MUST, login=Login("nest", "s3cret")))
        assert sink.letters[0].login == "nest"
        (command,) = sink.commands("AUTH")
        assert command.split()[1] == mechanisms.split()[-1 if "SCRAM" in mechanisms else 0]


async def test_a_host_that_does_not_know_the_password_gets_no_letter(sqlite_nest: Nest) -> None:
    script = Script(tls=server_context(), login=("nest", "s3cret"), mechanisms="SCRAM-SHA-256", impostor=True)
    async with smtpsink.serve(script) as sink:
        (step,) = await attempt(sqlite_nest, site(sink, tls=Tls.MUST, login=Login("nest", "s3cret")))
        assert (step.event, step.detail["code"]) == ("deferred", "4.7.8")
        assert step.detail["said"] == "the server does not know the password itself"
        assert not sink.letters


async def test_a_wrong_password_is_no_reason_to_give_letters_back(sqlite_nest: Nest) -> None:
    script = Script(tls=server_context(), login=("nest", "s3cret"))
    async with smtpsink.serve(script) as sink:
        (step,) = await attempt(sqlite_nest, site(sink, tls=Tls.MUST, login=Login("nest", "guess")))
        assert (step.event, step.detail["code"]) == ("deferred", "4.7.8")


@pytest.mark.parametrize("tls", [Tls.NEVER, Tls.MAY])
async def test_a_password_is_never_sent_in_the_clear(sqlite_nest: Nest, tls: Tls) -> None:
    async with smtpsink.serve(Script(login=("nest", "s3cret"))) as sink:
        (step,) = await attempt(sqlite_nest, site(sink, tls=tls, login=Login("nest", "s3cret")))
        assert step.detail["said"] == "the password is not sent without TLS"
        assert not sink.commands("AUTH")
    assert "s3cret" not in repr(Login("nest", "s3cret"))


# What the server cannot take


async def test_a_letter_larger_than_the_server_takes_fails_before_it_is_sent(sqlite_nest: Nest) -> None:
    async with smtpsink.serve(Script(extensions=[*without("SIZE"), f"SIZE {len(LETTER) - 1}"])) as sink:
        (step,) = await attempt(sqlite_nest, site(sink))
        assert (step.event, step.detail["code"]) == ("failed", "5.3.4")
        assert not sink.commands("MAIL")
    async with smtpsink.serve(Script(extensions=[*without("SIZE"), f"SIZE {len(LETTER)}"])) as sink:
        await attempt(sqlite_nest, site(sink))
        assert f"SIZE={len(LETTER)}" in sink.letters[0].parameters


UTF8_HEADER = "From: ann@example.com\r\nSubject: 手紙\r\n\r\nHi.\r\n".encode()
UTF8_BODY = "From: ann@example.com\r\n\r\n手紙\r\n".encode()


@pytest.mark.parametrize(
    ("data", "sender", "recipients", "events"),
    [
        (LETTER, "ann@example.com", ["bob@far.example"], ["delivered"]),
        (UTF8_BODY, "ann@example.com", ["bob@far.example"], ["delivered"]),
        (UTF8_HEADER, "ann@example.com", ["bob@far.example"], ["failed"]),
        (LETTER, "ännchen@example.com", ["bob@far.example"], ["failed"]),
        (LETTER, "ann@example.com", ["bøb@far.example", "bob@far.example"], ["failed", "delivered"]),
    ],
)
async def test_without_smtputf8_only_what_ascii_can_say(
    sqlite_nest: Nest, data: bytes, sender: str, recipients: list[str], events: list[str]
) -> None:
    letter = {"data": data, "sender": sender, "smtputf8": True}
    async with smtpsink.serve(Script(extensions=without("SMTPUTF8"))) as sink:
        steps = await attempt(sqlite_nest, site(sink), *recipients, **letter)
        assert [step.event for step in steps] == events
        assert all(step.detail["code"] == "5.6.7" for step in steps if step.event == "failed")
        assert not any("SMTPUTF8" in line for line in sink.commands("MAIL"))
    async with smtpsink.serve() as sink:
        steps = await attempt(sqlite_nest, site(sink), *recipients, **letter)
        assert {step.event for step in steps} == {"delivered"}
        assert "SMTPUTF8" in sink.letters[0].parameters
        assert sink.letters[0].data == data


BINARY = b"Subject: x\r\n\r\n\0\1\n.\r.\r\nend without a line end"
OVERLONG = b"Subject: x\r\n\r\n" + b"x" * 999 + b"\r\n"


@pytest.mark.parametrize(
    ("data", "extensions", "code"),
    [
        (BINARY, ALL, "2.0.0"),
        (BINARY, without("BINARYMIME"), "5.6.1"),
        (BINARY, without("CHUNKING"), "5.6.1"),
        (OVERLONG, without("BINARYMIME"), "5.6.1"),
        (b"Subject: x\r\n\r\n" + b"x" * 998 + b"\r\n", without("BINARYMIME"), "2.0.0"),
        (UTF8_BODY, without("BINARYMIME"), "2.0.0"),
        (BINARY, without("PIPELINING"), "2.0.0"),
        (b"", ALL, "2.0.0"),
    ],
)
async def test_binary_letters(sqlite_nest: Nest, data: bytes, extensions: list[str], code: str) -> None:
    async with smtpsink.serve(Script(extensions=extensions)) as sink:
        (step,) = await attempt(sqlite_nest, site(sink), data=data, body="BINARYMIME")
        assert step.detail["code"] == code
        if code == "2.0.0":
            assert sink.letters[0].data == data
            assert sink.letters[0].bdat == ("BINARYMIME" in extensions)
            assert ("BODY=BINARYMIME" in sink.letters[0].parameters) == sink.letters[0].bdat


async def test_a_refused_chunk_refuses_the_letter(sqlite_nest: Nest, monkeypatch: Any) -> None:
    async def blocks(_self: Any) -> AsyncGenerator[bytes]:
        for block in (b"one", b"two", b"three"):
            yield block

    monkeypatch.setattr(parcel.Parcel, "blocks", blocks)
    async with smtpsink.serve(Script(answers={"BDAT": "552 5.3.4 too big"})) as sink:
        (step,) = await attempt(sqlite_nest, site(sink), body="BINARYMIME")
        assert (step.event, step.detail["code"]) == ("failed", "5.3.4")
        assert sink.commands("BDAT") == ["BDAT 3"]


async def test_eight_bits_go_as_they_are_without_8bitmime(sqlite_nest: Nest) -> None:
    async with smtpsink.serve(Script(extensions=without("8BITMIME"))) as sink:
        (step,) = await attempt(sqlite_nest, site(sink), data=UTF8_BODY)
        assert step.event == "delivered"
        assert sink.letters[0].data == UTF8_BODY
        assert "BODY" not in sink.letters[0].parameters


# The octets


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        (b".\r\n..\r\n.x\r\n\r\n.\r\nend\r\n", None),
        (b"no line end", b"no line end\r\n"),
        (b"a\n.\nb\r.\rc\r\n.\nd\n.\r\ne\r\n", b"a\r\n.\r\nb\r\n.\r\nc\r\n.\r\nd\r\n.\r\ne\r\n"),
        (b"", b""),
    ],
)
async def test_dots_and_line_ends(sqlite_nest: Nest, data: bytes, sent: bytes | None) -> None:
    """Nothing inside a letter can end it early (N21)."""
    async with smtpsink.serve() as sink:
        await attempt(sqlite_nest, site(sink), data=data, body="7BIT")
        (letter,) = sink.letters
        assert letter.data == (data if sent is None else sent)


async def test_prefix_goes_in_front_and_what_stays_here_stays(sqlite_nest: Nest) -> None:
    async with smtpsink.serve() as sink:
        await attempt(
            sqlite_nest,
            site(sink),
            data=b"Return-Path: <x@y.example>\r\n" + LETTER,
            skip=28,
            prefix=b"Delivered-To: list@example.com\r\n",
        )
        assert sink.letters[0].data == b"Delivered-To: list@example.com\r\n" + LETTER


async def test_a_large_letter_takes_little_memory(sqlite_nest: Nest) -> None:
    size = 48 * 1024 * 1024
    line = b"x" * 62 + b"\r\n"
    async with outbox(sqlite_nest) as box, smtpsink.serve(Script(keep=False)) as sink:
        box.dns.sites["far.example"] = site(sink)
        spool = box.store.blobs.spool("large", 1024)
        for _ in range(size // (1 << 20)):
            await spool.write(line * (1 << 14))
        content: Content = await spool.finish()
        tracemalloc.start()
        try:
            await box.send("bob@far.example", content=content, prefix=b"X: y\r\n", skip=64)
            await box.until(lambda: sink.letters, 60)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert await box.settled() == []
        assert sink.letters[0].size == size + 6 - 64
        assert peak < 16 * 1024 * 1024
        assert not any(path.is_file() for path in (sqlite_nest.directory / "blobs").rglob("*"))


async def test_a_letter_whose_file_is_gone_waits(sqlite_nest: Nest) -> None:
    async with smtpsink.serve() as sink:
        (step,) = await attempt(sqlite_nest, site(sink), content=Content(9, None, "aa/bb"))
        assert (step.event, step.detail["code"]) == ("deferred", "4.3.0")
        assert not sink.letters


# DSN


async def test_dsn_parameters_are_passed_on(sqlite_nest: Nest) -> None:
    letter = {
        "notify": (Notify.FAILURE | Notify.SUCCESS).value,
        "orcpt": "rfc822;first+2Blast@far.example",
        "ret": "HDRS",
        "envid": "id=1",
    }
    async with smtpsink.serve() as sink:
        await attempt(sqlite_nest, site(sink), **letter)
        assert "RET=HDRS ENVID=id+3D1" in sink.letters[0].parameters
        parameters = sink.letters[0].recipients[0][1]
        assert parameters == "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;first+2Blast@far.example"


# LMTP


async def test_lmtp_has_an_answer_for_each_recipient(sqlite_nest: Nest) -> None:
    script = Script(lmtp=True, ends={"full@far.example": "452 4.2.2 full", "no@far.example": "550 5.7.1 no"})
    async with smtpsink.serve(script) as sink:
        steps = await attempt(
            sqlite_nest, site(sink, lmtp=True), "a@far.example", "full@far.example", "no@far.example"
        )
        assert [step.event for step in steps] == ["delivered", "deferred", "failed"]
        assert sink.commands("LHLO") == [f"LHLO {HOST}"]


# Patience


async def test_a_server_that_reads_nothing_does_not_hold_us_for_ever(sqlite_nest: Nest) -> None:
    done = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        for answer in (b"250 deaf\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            await reader.readline()
            writer.write(answer)
        writer.transport.pause_reading()
        await done.wait()
        writer.transport.abort()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    async with server:
        (step,) = await attempt(
            sqlite_nest,
            site(Target("deaf.example", "127.0.0.1", server.sockets[0].getsockname()[1])),
            data=b"x" * 62 + b"\r\n" + (b"y" * 62 + b"\r\n") * 200_000,
            settings={"patience": dict.fromkeys(("greeting", "command", "data", "block"), 0.3)},
        )
        done.set()
        await asyncio.sleep(0.01)
        assert (step.event, step.detail["code"]) == ("deferred", "4.4.2")


async def test_slow_but_alive(sqlite_nest: Nest) -> None:
    answers = {stage: Slow(0.03, "250 ok") for stage in ("MAIL", "RCPT", "end")}
    async with smtpsink.serve(Script(answers=answers)) as sink:
        (step,) = await attempt(sqlite_nest, site(sink))
        assert step.event == "delivered"
        assert step.detail["said"] == "250 ok"

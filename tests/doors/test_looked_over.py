"""Letters that strangers bring, from the door to the mailbox: let in with what was found about them, among the junk, or refused."""

from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hawknest.accounts import domains
from hawknest.app.nest import Nest
from hawknest.store import Connection, Statement, dmarc_rows, journey
from hawknest.trust.dkim_sign import Signer, Signing
from nests import PASSWORD, STRANGER, converse, nest
from zone import Zone

KEY = Signer("bank.example", "s1", Ed25519PrivateKey.from_private_bytes(b"1" * 32))
RECORDS = {
    "bank.example TXT": "v=spf1 ip4:192.0.2.9 -all",
    "_dmarc.bank.example TXT": "v=DMARC1; p=reject; rua=mailto:dmarc@bank.example",
    "s1._domainkey.bank.example TXT": KEY.record,
    "9.2.0.192.in-addr.arpa PTR": "mx.bank.example",
    "mx.bank.example A": "192.0.2.9",
    "shop.example TXT": "v=spf1 -all",
    "_dmarc.strict.example TXT": "v=DMARC1; p=quarantine",
    "9.2.0.192.list.example A": "127.0.0.2",
    "9.2.0.192.list.example TXT": "it sends junk",
}
LETTER = (
    b"From: Mia <mia@bank.example>\r\nTo: mia@example.org\r\nSubject: Your account\r\n\r\nAll is well.\r\n"
)
ELSEWHERE = "198.51.100.7"  # a host that is nobody's


def signed(letter: bytes) -> bytes:
    header, _, body = letter.partition(b"\r\n\r\n")
    signing = Signing(header + b"\r\n")
    signing.update(body)
    return signing.signed([KEY], 1_000_000_000) + letter


async def brought(
    rooms: Nest,
    letter: bytes,
    *,
    sender: str = "mia@bank.example",
    to: tuple[str, ...] = ("mia@example.org",),
    peer: str = STRANGER,
    service: str = "smtp",
    login: str = "",
) -> str:
    """Bring a letter; gives the answer to it."""
    named = "".join(f"RCPT TO:<{address}>\r\n" for address in to)
    stuffed = letter.replace(b"\r\n.", b"\r\n..")
    said = await converse(
        rooms,
        service,
        f"EHLO mx.bank.example\r\n{login}MAIL FROM:<{sender}>\r\n{named}DATA\r\n".encode()
        + stuffed
        + b".\r\nQUIT\r\n",
        peer=peer,
    )
    return said.decode().split("\r\n")[-3]


_IN = Statement(
    """SELECT m.name, b.data, b.place FROM placement p JOIN mailbox m ON m.id = p.mailbox_id JOIN email e ON e.id = p.email_id
       JOIN blob b ON b.id = e.blob_id JOIN account a ON a.id = e.account_id WHERE a.local = :local ORDER BY e.id"""
)


async def found(rooms: Nest, local: str = "mia") -> list[tuple[str, bytes]]:
    """The letters of somebody, each with its mailbox."""
    rows = await rooms.store.read(lambda c: c.all(_IN, local=local))
    return [(name, data or (rooms.store.blobs.files / place).read_bytes()) for name, data, place in rows]


async def steps(rooms: Nest) -> list[journey.Step]:
    """The journey of the newest letter."""

    def ask(connection: Connection) -> list[journey.Step]:
        return journey.steps(connection, journey.newest(connection, 1)[0].id)

    return await rooms.store.read(ask)


def strict(how: str, domain: str = "example.org") -> Any:
    return partial(domains.set_strictness, text=domain, strictness=how)


async def test_a_letter_that_is_as_it_says(tmp_path: Path) -> None:
    async with nest(tmp_path, zone=Zone(RECORDS)) as rooms:
        forged = b"Authentication-Results: mx.example.org; dmarc=fail\r\n"
        answer = await brought(rooms, signed(forged + LETTER))
        assert answer.startswith("250 2.0.0 Accepted as ")
        ((mailbox, letter),) = await found(rooms)
        told = await steps(rooms)
    assert mailbox == "INBOX"
    assert letter.count(b"Authentication-Results:") == 1
    first, second, *_ = letter.replace(b"\r\n\t", b" ").split(b"\r\n")
    assert first == b"Return-Path: <mia@bank.example>"
    assert second == (
        b"Authentication-Results: mx.example.org; iprev=pass policy.iprev=192.0.2.9; spf=pass smtp.mailfrom=mia@bank.example; "
        b"dkim=pass header.d=bank.example header.s=s1 header.a=ed25519-sha256; dmarc=pass header.from=bank.example"
    )
    assert [step.event for step in told] == ["checked", "filed"]
    assert told[0].detail == {
        "author": "bank.example",
        "iprev": {"result": "pass", "name": "mx.bank.example"},
        "spf": {"result": "pass", "domain": "bank.example"},
        "dkim": [{"result": "pass", "domain": "bank.example", "selector": "s1"}],
        "dmarc": {"result": "pass", "domain": "bank.example", "policy": ""},
        "verdict": "accept",
    }


async def test_a_forged_letter_is_refused_and_its_id_tells_why(tmp_path: Path) -> None:
    async with nest(tmp_path, zone=Zone(RECORDS), policies={"dmarc_reports": "on"}) as rooms:
        answer = await brought(rooms, LETTER, peer=ELSEWHERE)
        assert answer.startswith("550 5.7.26 Not taken: it was neither sent nor signed by bank.example")
        assert await found(rooms) == []
        letter_id = answer.rpartition("(")[2].rstrip(")")
        told = await rooms.store.read(partial(journey.steps, letter_id=letter_id))
        assert [(step.event, step.address) for step in told] == [
            ("checked", ""),
            ("refused", "mia@example.org"),
        ]
        assert told[0].detail["verdict"] == "refuse"
        rows = await rooms.store.read(
            lambda c: dmarc_rows.of_day(c, dmarc_rows.day_of(told[0].at), "bank.example")
        )
    ((row, count),) = rows
    assert (row.disposition, row.source, row.header_from, count) == ("reject", ELSEWHERE, "bank.example", 1)
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize(("how", "mailbox"), [("refuse", None), ("junk", "Junk"), ("mark", "INBOX")])
async def test_as_far_as_the_domain_wants(tmp_path: Path, how: str, mailbox: str | None) -> None:
    async with nest(tmp_path, zone=Zone(RECORDS), change=strict(how)) as rooms:
        answer = await brought(rooms, LETTER, peer=ELSEWHERE)
        assert answer.startswith("250" if mailbox else "550")
        assert [name for name, _ in await found(rooms)] == ([mailbox] if mailbox else [])
        if how == "junk":
            last = (await steps(rooms))[-1]
            assert (last.event, last.address) == ("junk", "mia@example.org")
            assert "bank.example" in last.detail["because"]


async def test_domains_that_disagree(tmp_path: Path) -> None:
    """One answer for all: who would have refused finds it among the junk."""
    async with nest(tmp_path, zone=Zone(RECORDS), change=strict("mark", "example.net")) as rooms:
        answer = await brought(rooms, LETTER, peer=ELSEWHERE, to=("tom@example.net", "mia@example.org"))
        assert answer.startswith("250")
        assert [name for name, _ in await found(rooms, "mia")] == ["Junk"]
        assert [name for name, _ in await found(rooms, "tom")] == ["INBOX"]
        again = await brought(rooms, LETTER, peer=ELSEWHERE, to=("mia@example.net", "mia@example.org"))
        assert again.startswith("250")
        assert [name for name, _ in await found(rooms, "mia")] == ["Junk", "INBOX"]


@pytest.mark.parametrize(
    ("author", "sender", "answer", "mailbox"),
    [
        ("a@strict.example", "a@strict.example", "250", "Junk"),
        ("a@shop.example", "a@shop.example", "250", "Junk"),  # SPF says no, and nobody signed
        ("a@quiet.example", "a@quiet.example", "250", "INBOX"),
        ("a@sub.bank.example", "a@quiet.example", "550", ""),
        ("a@bank.example>\r\nFrom: <b@quiet.example", "a@quiet.example", "550", ""),
        ("a@bank.example>, <b@quiet.example", "b@quiet.example", "250", "Junk"),
    ],
)
async def test_what_authors_ask_for(
    tmp_path: Path, author: str, sender: str, answer: str, mailbox: str
) -> None:
    letter = f"From: <{author}>\r\nSubject: x\r\n\r\nx\r\n".encode()
    async with nest(tmp_path, zone=Zone(RECORDS)) as rooms:
        assert (await brought(rooms, letter, sender=sender, peer=ELSEWHERE)).startswith(answer)
        assert [name for name, _ in await found(rooms)] == ([mailbox] if mailbox else [])


async def test_somebody_without_a_junk_mailbox(tmp_path: Path) -> None:
    def change(connection: Connection) -> None:
        strict("junk")(connection)
        connection.run(Statement("DELETE FROM mailbox WHERE role = 'junk'"))

    keywords = Statement("SELECT keywords FROM email")
    async with nest(tmp_path, zone=Zone(RECORDS), change=change) as rooms:
        await brought(rooms, LETTER, peer=ELSEWHERE)
        assert [name for name, _ in await found(rooms)] == ["INBOX"]
        assert await rooms.store.read(lambda c: c.all(keywords)) == [("$Junk",)]


async def test_nobody_can_tell_now(tmp_path: Path) -> None:
    """What might have spoken for the letter could not be asked: the other server comes again."""
    async with nest(tmp_path, zone=Zone(RECORDS, failing=["s1._domainkey.bank.example"])) as rooms:
        answer = await brought(rooms, signed(LETTER), peer=ELSEWHERE)
        assert answer.startswith("451 4.7.26 Not taken now: ")
        assert await found(rooms) == []
    async with nest(tmp_path, zone=Zone(RECORDS, failing=["_dmarc.bank.example"])) as rooms:
        assert (await brought(rooms, LETTER, peer=ELSEWHERE)).startswith("250")


async def test_lists(tmp_path: Path) -> None:
    policies = {"blocklists": "list.example"}
    async with nest(tmp_path, zone=Zone(RECORDS), policies=policies) as rooms:
        answer = await brought(rooms, signed(LETTER))
        assert answer.startswith("550 5.7.1 Not taken: 192.0.2.9 is on the list list.example")
        assert "it sends junk" in answer
        assert (await brought(rooms, signed(LETTER), peer=ELSEWHERE)).startswith("250")


async def test_a_large_letter_is_judged_the_same(tmp_path: Path) -> None:
    body = b"0123456789 abcdef\r\n" * 100_000
    async with nest(tmp_path, zone=Zone(RECORDS)) as rooms:
        assert (await brought(rooms, signed(LETTER + body), peer=ELSEWHERE)).startswith("250")
        spoiled = signed(LETTER + body) + b"more\r\n"
        assert (await brought(rooms, spoiled, peer=ELSEWHERE)).startswith("550")
        ((mailbox, letter),) = await found(rooms)
    assert mailbox == "INBOX"
    assert letter.endswith(signed(LETTER + body).partition(b"\r\n\r\n")[2])
    assert b"dkim=pass" in letter[:1000]
    (place,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert place.stat().st_size == len(letter)


async def test_who_is_not_looked_over(tmp_path: Path) -> None:
    """Users, exempt addresses, and programs on this machine; what claims to be our word is taken away all the same."""
    login = "AUTH PLAIN " + b64encode(f"\0mia\0{PASSWORD}".encode()).decode() + "\r\n"
    zone = Zone(RECORDS)
    own = b"Authentication-Results: mx.example.org; dmarc=pass\r\n" + LETTER
    policies = {"sender_policy": "off", "clear_login": "on"}
    async with nest(tmp_path, zone=zone, exemptions=["192.0.2.77"], policies=policies) as rooms:
        for peer, service, words in (
            (ELSEWHERE, "submission", login),
            ("192.0.2.77", "smtp", ""),
            ("127.0.0.1", "smtp", ""),
        ):
            assert (await brought(rooms, own, peer=peer, service=service, login=words)).startswith("250"), (
                peer
            )
        letters = await found(rooms)
    assert zone.asked == []
    assert [letter.count(b"Authentication-Results") for _, letter in letters] == [0, 0, 0]


async def test_a_header_that_nobody_reads_to_its_end(tmp_path: Path) -> None:
    long = b"".join(b"X-%d: %b\r\n" % (n, b"x" * 900) for n in range(200))
    async with nest(tmp_path, zone=Zone(RECORDS)) as rooms:
        assert (await brought(rooms, long + LETTER)).startswith(
            "552 5.3.4 The header of the letter has more than"
        )
        assert await found(rooms) == []


async def test_switched_off(tmp_path: Path) -> None:
    zone = Zone(RECORDS)
    async with nest(tmp_path, zone=zone, policies={"check_senders": "off"}) as rooms:
        assert (await brought(rooms, LETTER, peer=ELSEWHERE)).startswith("250")
        ((_, letter),) = await found(rooms)
    assert b"Authentication-Results" not in letter
    assert zone.asked == []


@pytest.mark.parametrize("peer", ["fe80::1%eth0", "2001:db8::7", "10.0.0.7"])
async def test_whatever_address_a_peer_has(tmp_path: Path, peer: str) -> None:
    """Also of a neighbour over IPv6, who comes with the name of the interface behind the address."""
    async with nest(tmp_path, zone=Zone(RECORDS)) as rooms:
        assert (await brought(rooms, LETTER, sender="a@quiet.example", peer=peer)).startswith("550 5.7.26")
        assert (await brought(rooms, signed(LETTER), peer=peer)).startswith("250")

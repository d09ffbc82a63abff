"""Every letter of the corpora goes in by SMTP, comes back by POP3 octet for octet after the trace lines, and can be deleted.

PARITY 78: whatever it is, it can be listed, fetched and deleted. Letters whose line ends can be made CRLF go in by DATA,
those with a bare CR left over by BDAT, which keeps it.
"""

import asyncio
import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawknest.wire.smtp.body import DotWriter
from nests import PASSWORD, Session, nest

CORPORA = Path(os.environ.get("HAWKNEST_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
SETS = [
    "spamassassin",
    "dovecot-list-mbox",
    "mailcore2",
    "mime4j",
    "ruby-mail",
    "nodemailer-mailparser",
    "email-mime",
    "haraka-specimens",
    "laminas-mail",
    "cpython-test_email",
    "jpmobile-ja",
    "sisimai-bounces",
    "dkim-dkimpy",
    "arc-suite",
    "dmarc-tlsrpt-reports",
    "jmap-fixtures",
    "xss-vectors",
    "ical-samples",
]
TRACE = re.compile(rb"\AReturn-Path: <ann@example\.com>\r\nReceived: from [^\r]*\r\n(?:\t[^\r]*\r\n)+")


def letters(name: str) -> Iterator[bytes]:
    """The letters of a set; a file that is no letter serves as any octets do."""
    for path in sorted((CORPORA / name).rglob("*")):
        if not path.is_file() or path.name.startswith("UPSTREAM"):
            continue
        octets = path.read_bytes()
        if path.suffix == ".gz" and name == "dovecot-list-mbox":
            yield from re.split(rb"(?m)^From .*\n", gzip.decompress(octets))[1:]
        elif octets.startswith(b"From "):
            yield octets.partition(b"\n")[2]
        else:
            yield octets


def crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def sending(octets: bytes) -> bytes:
    """The octets of a dialogue that sends a letter."""
    hello = b"MAIL FROM:<ann@example.com>\r\nRCPT TO:<mia@example.org>\r\n"
    if b"\r" in octets.replace(b"\r\n", b""):
        return hello + b"BDAT %d LAST\r\n" % len(octets) + octets
    writer = DotWriter()
    return hello + b"DATA\r\n" + writer.write(octets) + writer.end()


def received(said: bytes) -> list[bytes]:
    """The letters in the answers to RETR."""
    found, at = [], 0
    while (start := said.find(b"octets\r\n", at)) >= 0:
        start += len(b"octets\r\n")
        end = said.index(b"\r\n.\r\n", start - 2)
        found.append(said[start : end + 2].replace(b"\r\n..", b"\r\n."))
        at = end + 5
    return found


@pytest.mark.parametrize("name", SETS)
@pytest.mark.timeout(300)
async def test_every_letter_goes_in_comes_back_and_goes(name: str, tmp_path: Path) -> None:
    if not (CORPORA / name).exists():
        pytest.skip(f"the corpus {name} is not here: set HAWKNEST_CORPORA to where the corpora are")
    sent = [crlf(octets) for octets in letters(name)]
    assert sent
    async with nest(tmp_path, policies={"message_size_limit": "0"}) as rooms:
        smtp = Session(rooms, "smtp")
        await smtp.settle()
        smtp.send(b"EHLO client.example.com\r\n")
        await smtp.settle()
        for octets in sent:
            smtp.send(sending(octets))
            said = await smtp.settle()
            assert b"Accepted as" in said.split(b"\r\n")[-2], (said, octets[:300])
        await smtp.end()

        pop3 = Session(rooms, "pop3", peer="127.0.0.1")
        await pop3.settle()
        pop3.send(f"USER mia@example.org\r\nPASS {PASSWORD}\r\nLIST\r\n".encode())
        answers = await pop3.settle()
        while b"\r\n.\r\n" not in answers:
            answers += await pop3.settle()
        sizes = [int(line.split()[1]) for line in answers.split(b"letters\r\n")[-1].split(b"\r\n")[:-2]]
        assert len(sizes) == len(sent)
        for number, octets in enumerate(sent, 1):
            pop3.send(b"RETR %d\r\n" % number)
            said = await pop3.settle()
            while not said.endswith(b"\r\n.\r\n"):
                said += await pop3.settle()
            (letter,) = received(said)
            trace = TRACE.match(letter)
            assert trace is not None
            whole = octets if not octets or octets.endswith(b"\r\n") else octets + b"\r\n"
            assert letter[trace.end() :] == whole, octets[:300]
            assert len(letter) - sizes[number - 1] in {0, len(whole) - len(octets)}
        pop3.send(
            b"".join(b"DELE %d\r\n" % number for number in range(1, len(sent) + 1)) + b"STAT\r\nQUIT\r\n"
        )
        assert b"+OK 0 0\r\n" in await pop3.end()

        again = Session(rooms, "pop3", peer="127.0.0.1")
        again.send(f"USER mia@example.org\r\nPASS {PASSWORD}\r\nSTAT\r\n".encode())
        assert b"+OK 0 0\r\n" in await again.end()
        assert not list((tmp_path / "blobs").rglob("*.*"))
    await asyncio.sleep(0)

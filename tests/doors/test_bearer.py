"""A token of a login service at all three doors, long ones included; none where nobody can tell whose it is."""

import base64
import json
from pathlib import Path

import pytest

from forgive import forgive
from hawknest.app.nest import Nest
from hawknest.wire.sasl import TokenFault
from nests import converse, nest

LOCAL = "127.0.0.1"
LONG = "x" * 6000  # as some services make them
FAULT = TokenFault(scope="mail")
FIRST = {
    "smtp": b"EHLO x\r\nAUTH %b %b\r\n",
    "pop3": b"CAPA\r\nAUTH %b %b\r\n",
    "imap": b"a AUTHENTICATE %b %b\r\n",
}
WAITING = {
    "smtp": b"EHLO x\r\nAUTH %b\r\n%b\r\n",
    "pop3": b"CAPA\r\nAUTH %b\r\n%b\r\n",
    "imap": b"a AUTHENTICATE %b\r\n%b\r\n",
}
IN = {"smtp": b"\r\n235 ", "pop3": b"\r\n+OK 0 letters", "imap": b"\r\na OK "}
OUT = {"smtp": b"\r\n535 ", "pop3": b"\r\n-ERR [AUTH] ", "imap": b"\r\na NO [AUTHENTICATIONFAILED] "}
LATER = {"smtp": b"\r\n454 ", "pop3": b"\r\n-ERR [SYS/TEMP] ", "imap": b"\r\na NO [UNAVAILABLE] "}
ASKS = {"smtp": b"\r\n334 ", "pop3": b"\r\n+ ", "imap": b"\r\n+ "}
QUIT = {"smtp": b"QUIT\r\n", "pop3": b"QUIT\r\n", "imap": b"z LOGOUT\r\n"}


async def verify(token: str, service: str) -> str | TokenFault | None:
    """Answer for a login service whose tokens name their owner and the service they are for."""
    if token == "silent":
        return None
    return "mia@example.org" if token in {f"mia-{service}", LONG} else FAULT


def message(mechanism: str, token: str) -> bytes:
    text = (
        f"n,a=mia@example.org,\1host=x\1auth=Bearer {token}\1\1"
        if mechanism == "OAUTHBEARER"
        else f"user=mia@example.org\1auth=Bearer {token}\1\1"
    )
    return base64.b64encode(text.encode())


async def say(rooms: Nest, service: str, way: dict[str, bytes], mechanism: str, token: str) -> bytes:
    octets = way[service] % (mechanism.encode(), message(mechanism, token))
    last = b"AQ==\r\n" if mechanism == "OAUTHBEARER" else b"\r\n"
    if token in {"silent", LONG, f"mia-{service}"}:
        last = b""
    where = "submission" if service == "smtp" else service
    return await converse(rooms, where, octets + last + QUIT[service], LOCAL)


@pytest.mark.parametrize("service", IN)
async def test_tokens_at_the_doors(tmp_path: Path, service: str) -> None:
    async with nest(tmp_path) as rooms:
        rooms.keys.tokens = verify
        for mechanism in ("OAUTHBEARER", "XOAUTH2"):
            for way in (FIRST, WAITING):
                for token in (f"mia-{service}", LONG):
                    said = await say(rooms, service, way, mechanism, token)
                    assert mechanism.encode() in said  # it was announced
                    assert IN[service] in said, said
                said = await say(rooms, service, way, mechanism, "anothers")
                assert OUT[service] in said, said
                challenge = said.split(ASKS[service])[-1].split(b"\r\n")[0]
                told = json.loads(base64.b64decode(challenge))
                assert told["scope"] == "mail"
                assert told["status"] in {"invalid_token", "401"}
                assert LATER[service] in await say(rooms, service, way, mechanism, "silent")
                forgive(rooms.keys)


@pytest.mark.parametrize("service", IN)
async def test_nobody_to_ask_and_nothing_offered(tmp_path: Path, service: str) -> None:
    async with nest(tmp_path) as rooms:
        said = await say(rooms, service, FIRST, "OAUTHBEARER", f"mia-{service}")
        assert b"OAUTHBEARER" not in said
        assert IN[service] not in said

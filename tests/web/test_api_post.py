"""Letters by the API: the queue, journeys, how somebody may send, and webhooks."""

import asyncio
import contextlib
import hmac
import json
import time

import pytest
from served import ADMIN, PASSWORD, USER, served

from hawknest.accounts import exempt
from hawknest.post import maysend, maysend_words, webhooks
from hawknest.post.hooks import TRIES, signature
from hawknest.post.maysend import Question
from nests import converse
from smtpsink import Script, serve

V = "/api/v1"


async def send(nest, to, sender="mia@example.org", name="mia@example.org"):
    """Hand a letter in as a user. Returns its id."""
    import base64

    login = base64.b64encode(f"\0{name}\0{PASSWORD}".encode())
    said = await converse(
        nest.rooms,
        "submission",
        b"EHLO x\r\nAUTH PLAIN %b\r\nMAIL FROM:<%b>\r\n%bDATA\r\nMessage-ID: <%b@x.example>\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"
        % (
            login,
            sender.encode(),
            b"".join(b"RCPT TO:<%b>\r\n" % address.encode() for address in to),
            to[0].replace("@", ".").encode(),
        ),
        peer="127.0.0.1",
    )
    assert b"Accepted as" in said, said
    return said.partition(b"Accepted as ")[2].split()[0].decode()


async def test_the_queue(tmp_path):
    """PARITY 9: letters wait while delivery is suspended; held, rerouted, let go, dropped, returned."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        await ada.post(f"{V}/delivery/suspend")
        letters = [await send(nest, [f"far{n}@elsewhere.example"]) for n in range(3)]
        found = (await ada.get(f"{V}/queue")).json()
        assert found["total"] == 3
        assert {row["letter"] for row in found["items"]} == set(letters)
        number = found["items"][0]["number"]
        assert (await ada.post(f"{V}/queue/{number}/hold", json={})).json() == {"count": 1}
        assert (await ada.get(f"{V}/queue?search={number}")).json()["items"][0]["state"] == "held"
        assert (await ada.post(f"{V}/queue/elsewhere.example/release", json={})).json() == {"count": 3}
        moved = await ada.post(f"{V}/queue/{letters[1]}/reroute", json={"to": "[192.0.2.7]"})
        assert moved.json() == {"count": 1}
        rerouted = (await ada.get(f"{V}/queue?search={letters[1]}")).json()["items"][0]
        assert (rerouted["destination"], rerouted["to"]) == ("[192.0.2.7]", "far1@elsewhere.example")
        for which, act, body, status in (
            (letters[1], "reroute", {}, 422),
            (letters[1], "reroute", {"to": "not a host"}, 422),
            (letters[1], "burn", {}, 404),
            ("nothing", "hold", {}, 404),
            ("all", "hold", {"colour": "red"}, 422),
        ):
            assert (await ada.post(f"{V}/queue/{which}/{act}", json=body)).status_code == status
        assert (await ada.post(f"{V}/queue/{letters[2]}/drop", json={})).json() == {"count": 1}
        assert (await ada.post(f"{V}/queue/all/drop", json={"tell_sender": True})).json() == {"count": 2}
        assert (await ada.get(f"{V}/queue?limit=1")).json()["total"] == 2


async def test_suspended_letters_leave_once(tmp_path):
    """PARITY 9: three letters, Pending 3, none sent; resumed, each is delivered once."""
    from hawknest.config.fields import Outbound

    async with serve(Script()) as sink:  # noqa: SIM117 (its port is needed)
        async with (
            served(tmp_path, chores=True, outbound=Outbound(port=sink.port)) as nest,
            nest.signed_in() as ada,
        ):
            await ada.post(f"{V}/delivery/suspend")
            for number in range(3):
                await send(nest, [f"far{number}@[127.0.0.1]"])
            await asyncio.sleep(0.3)
            assert (await ada.get(f"{V}/status")).json()["pending"] == 3
            assert sink.letters == []
            await ada.post(f"{V}/delivery/resume")
            async with asyncio.timeout(10):
                while (await ada.get(f"{V}/status")).json()["pending"]:  # noqa: ASYNC110 (over HTTP)
                    await asyncio.sleep(0.1)
            assert len(sink.letters) == 3


async def test_journeys(tmp_path):
    """Who administers sees all letters; a user the own ones, and never who else got a letter."""
    async with served(tmp_path) as nest, nest.signed_in() as ada, nest.signed_in(USER) as mia:
        both = await send(nest, ["tom@example.org", "mia@example.org"], "tom@example.org", "tom@example.org")
        other = await send(nest, ["zoe@example.com"], "tom@example.org", "tom@example.org")
        mine = await send(nest, ["zoe@example.com", "tom@example.org"])
        told = (await ada.get(f"{V}/letters")).json()["items"]
        assert [one["letter"]["id"] for one in told] == [mine, other, both]
        assert {step["address"] for step in told[2]["steps"]} >= {"tom@example.org", "mia@example.org"}
        own = (await mia.get(f"{V}/letters")).json()["items"]
        assert [one["letter"]["id"] for one in own] == [mine, both]
        assert {step["address"] for step in own[1]["steps"]} == {"mia@example.org"}
        assert own[1]["letter"]["detail"] == {}
        assert {step["address"] for step in own[0]["steps"]} >= {"zoe@example.com", "tom@example.org"}
        assert (await mia.get(f"{V}/letters/{other}")).status_code == 404
        assert (await mia.get(f"{V}/letters?search=zoe@example.com")).json()["items"] == own[:1]
        assert (await ada.get(f"{V}/letters/{other}")).json()["letter"]["sender"] == "tom@example.org"
        by_id = (await ada.get(f"{V}/letters", params={"search": "<zoe.example.com@x.example>"})).json()[
            "items"
        ]
        assert {one["letter"]["id"] for one in by_id} == {other, mine}
        page = (await ada.get(f"{V}/letters?limit=2")).json()
        assert [
            one["letter"]["id"]
            for one in (await ada.get(f"{V}/letters?after={page['next']}")).json()["items"]
        ] == [both]
        assert len((await ada.get(f"{V}/letters?who=zoe@example.com&state=filed")).json()["items"]) == 2
        assert (await ada.get(f"{V}/letters?state=failed")).json()["items"] == []
        for wrong in ("state=x", "after=../x"):
            assert (await ada.get(f"{V}/letters?{wrong}")).status_code == 422


@pytest.mark.parametrize(
    ("question", "allowed"),
    [
        ({"peer": "192.0.2.9", "recipient": "mia@example.org"}, {"stranger": ["smtp"]}),
        ({"peer": "192.0.2.9", "recipient": "far@elsewhere.example"}, {}),
        ({"peer": "192.168.1.7", "sender": "mia@example.org", "recipient": "far@elsewhere.example"}, {"exempt": ["smtp", "submission", "submissions"]}),
        ({"peer": "192.168.1.7", "sender": "x@x.example", "recipient": "far@elsewhere.example"}, {}),
        ({"peer": "192.168.1.7", "sender": "x@x.example", "recipient": "mia@example.org"}, {"exempt": ["smtp", "submission", "submissions"]}),
        ({"peer": "192.168.2.7", "sender": "mia@example.org", "recipient": "far@elsewhere.example"}, {}),
        ({"user": "mia", "sender": "mia@example.org", "recipient": "far@elsewhere.example"}, {"account": ["smtp", "submission", "submissions"]}),
        ({"user": "mia", "sender": "team@example.org", "recipient": "far@elsewhere.example"}, {"account": ["smtp", "submission", "submissions"]}),
        ({"user": "mia", "sender": "tom@example.org", "recipient": "far@elsewhere.example"}, {}),
        ({"user": "printer", "sender": "x@example.org", "recipient": "far@elsewhere.example"}, {"device": ["smtp", "submission", "submissions"]}),
        ({"user": "printer", "sender": "x@example.com", "recipient": "far@elsewhere.example"}, {}),
        ({"user": "nobody", "recipient": "far@elsewhere.example"}, {}),
    ],
)  # fmt: skip
async def test_how_may_this_client_send(tmp_path, question, allowed):
    """The three modes and what the sender policy makes of them, with a reason for each way."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        await nest.write(lambda c: exempt.add(c, "192.168.1.2-254", "lan"))
        await ada.post(f"{V}/devices", json={"name": "printer", "senders": ["@example.org"]})
        found = (await ada.get(f"{V}/may-send", params=question)).json()
        ways = {}
        for way in found["ways"]:
            assert way["reasons"], way
            assert bool(way["reply"]) is not way["allowed"]
            if way["allowed"]:
                ways.setdefault(way["by"], []).extend(way["services"])
        assert ways == allowed
        assert found["allowed"] is bool(allowed)
        if question.get("user") == "nobody":
            assert [note["id"] for note in found["notes"]] == ["nobody"]
        japanese = (await ada.get(f"{V}/may-send", params=question | {"language": "ja"})).json()
        assert japanese["ways"][0]["reasons"][0]["text"] != found["ways"][0]["reasons"][0]["text"]


async def test_what_cannot_be_asked(tmp_path):
    """What is no address is said, with its field's name in the words."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        for wrong in ({"peer": "pc1"}, {"sender": "x"}, {"recipient": "@"}):
            assert (await ada.get(f"{V}/may-send", params=wrong)).status_code == 422


def test_the_router_is_not_exempt(tmp_path):
    """PARITY 61: the router within a range is a stranger, and the answer says why."""

    async def ask():
        async with served(tmp_path) as nest:
            await nest.write(lambda c: exempt.add(c, "192.168.1.0/24"))
            question = Question(peer="192.168.1.1", recipient="far@elsewhere.example")
            return await nest.rooms.store.read(
                lambda c: maysend.how(c, question, time.time(), {"192.168.1.1"})
            )

    answer = asyncio.run(ask()).plain("en")
    assert not answer["allowed"]
    assert "router" in [reason["id"] for way in answer["ways"] for reason in way["reasons"]]


def test_both_languages_fill_in_the_same():
    import re

    for english, japanese in maysend_words.WORDS.values():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", japanese))


class Listener:
    """A program that is told."""

    def __init__(self, *answers):
        self.answers = [*answers]
        self.told = []

    async def __call__(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers["Content-Length"]))
        self.told.append((head.split("\r\n")[0], headers, body))
        answer = self.answers.pop(0) if self.answers else b"HTTP/1.1 204 No Content\r\n\r\n"
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async def wait(self, count):
        async with asyncio.timeout(15):
            while len(self.told) < count:  # noqa: ASYNC110 (the other side is a program)
                await asyncio.sleep(0.05)


async def test_webhooks_are_told(tmp_path, monkeypatch):
    """Delivered, bounced, a failed sign-in: each told once, signed, tried again where it failed, without a letter's words."""
    from hawknest.config.fields import Outbound

    monkeypatch.setattr("hawknest.post.hooks.TRIES", (0.1, 0.1))
    monkeypatch.setattr("hawknest.post.hooks.GATHER", 0.1)
    listener = Listener(b"HTTP/1.1 500 Broken\r\n\r\n")
    script = Script(recipients={"no@[127.0.0.1]": "550 5.1.1 nobody here"})
    server = await asyncio.start_server(listener, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/told?x=1"
    async with server, serve(script) as sink:  # noqa: SIM117 (its port is needed)
        async with (
            served(tmp_path, chores=True, outbound=Outbound(port=sink.port)) as nest,
            nest.signed_in() as ada,
        ):
            made = (await ada.post(f"{V}/webhooks", json={"url": url, "private": True})).json()
            letter = await send(nest, ["yes@[127.0.0.1]"])
            await listener.wait(2)  # the first answer was no
            (line, headers, body), (_, headers2, body2) = listener.told[:2]
            assert line == "POST /told?x=1 HTTP/1.1"
            assert (body, headers["Hawknest-Delivery"]) == (body2, headers2["Hawknest-Delivery"])
            at, _, mark = headers2["Hawknest-Signature"].partition(",v1=")
            expected = hmac.digest(made["secret"].encode(), f"{at[2:]}.".encode() + body, "sha256").hex()
            assert mark == expected
            told = json.loads(body)
            assert (told["event"], told["letter"], told["to"]) == ("delivered", letter, "yes@[127.0.0.1]")
            await send(nest, ["no@[127.0.0.1]"])
            await listener.wait(3)
            told = json.loads(listener.told[2][2])
            assert (told["event"], told["code"]) == ("bounced", "5.1.1")
            async with nest.anybody(origin=nest.url, **{"x-hawknest": "1"}) as guesser:
                for name in ("mia@example.org", "mia@example.org", "my-password-by-mistake"):
                    await guesser.post(f"{V}/auth/sign-in", json={"name": name, "password": "wrong"})
            await listener.wait(5)
            failures = [json.loads(body) for _, _, body in listener.told[3:]]
            assert {f["account"] for f in failures} >= {"mia@example.org", ""}
            assert "my-password" not in str(failures)
            async with asyncio.timeout(20):  # what it answered is written down after it was heard
                listed = (await ada.get(f"{V}/webhooks")).json()["items"][0]
                while listed["waiting"]:
                    await asyncio.sleep(0.02)
                    listed = (await ada.get(f"{V}/webhooks")).json()["items"][0]
            assert listed["answer"] == "204 No Content"
            assert "secret" not in listed


async def test_webhooks_that_may_not_be(tmp_path):
    """Only https, or what the owner says is private; and what a name leads to is looked at when it is called."""
    async with served(tmp_path, chores=True) as nest, nest.signed_in() as ada:
        for url in (
            "http://example.org/",
            "ftp://example.org/",
            "https://user:pass@example.org/",
            "https://exa mple.org/",
            "https://example.org/#x",
            "https://example.org:99999/",
            "https:///x",
            "file:///etc/passwd",
            "https://example.org/\r\nX: y",
            "javascript:alert(1)",
            "",
        ):
            assert (await ada.post(f"{V}/webhooks", json={"url": url})).status_code == 422, url
        assert (
            await ada.post(f"{V}/webhooks", json={"url": "https://x.example/", "events": ["all"]})
        ).status_code == 422
        listener = Listener()
        server = await asyncio.start_server(listener, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            for host in (
                "127.0.0.1",
                "localhost",
                "[::ffff:127.0.0.1]",
                "[64:ff9b::7f00:1]",
                "[2002:7f00:1::]",
                "0.0.0.0",
            ):
                made = await ada.post(f"{V}/webhooks", json={"url": f"https://{host}:{port}/"})
                assert made.status_code == 201
            now = time.time()
            await nest.write(lambda c: webhooks.tell(c, [("bounced", {})], now))
            nest.rooms.hooks.poke()
            async with asyncio.timeout(15):
                while True:
                    answers = [hook["answer"] for hook in (await ada.get(f"{V}/webhooks")).json()["items"]]
                    if all(answers):
                        break
                    await asyncio.sleep(0.1)
            assert all("not on the Internet" in answer for answer in answers), answers
            assert listener.told == []


async def test_webhooks_change(tmp_path):
    """A webhook is switched off, gets another secret, and goes with what it was still to be told."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        made = (
            await ada.post(f"{V}/webhooks", json={"url": "https://x.example/a", "events": ["bounced"]})
        ).json()
        number = made["webhook"]["id"]
        assert (await ada.post(f"{V}/webhooks", json={"url": "https://x.example/a"})).status_code == 422
        await nest.write(lambda c: webhooks.tell(c, [("bounced", {}), ("delivered", {})], 1.0))
        assert (await ada.get(f"{V}/webhooks")).json()["items"][0]["waiting"] == 1
        off = (await ada.patch(f"{V}/webhooks/{number}", json={"active": False, "new_secret": True})).json()
        assert off["webhook"]["active"] is False
        assert off["secret"] not in {None, made["secret"]}
        assert (
            await ada.patch(f"{V}/webhooks/{number}", json={"url": "http://x.example/"})
        ).status_code == 422
        assert (
            await ada.patch(f"{V}/webhooks/{number}", json={"url": "http://x.example/", "private": True})
        ).status_code == 200
        audit = str((await ada.get(f"{V}/audit")).json())
        assert made["secret"] not in audit
        assert off["secret"] not in audit
        assert (await ada.delete(f"{V}/webhooks/{number}")).status_code == 204
        for gone in (number, "x", "-1", "9" * 30):
            assert (await ada.delete(f"{V}/webhooks/{gone}")).status_code == 404


def test_the_signature_is_the_one_that_is_described():
    assert signature("s", b"body", 7) == "t=7,v1=" + hmac.new(b"s", b"7.body", "sha256").hexdigest()
    assert sum(TRIES) > 86400
    assert ADMIN

"""The coach by the API: lines once and as they turn, for whom they are, in whose language; nobody elsewhere is asked."""

import asyncio
import contextlib
import json
from typing import Any

from served import ADMIN, STEWARD, served

from dnsserver import DnsServer
from hawknest.config.fields import Coach, Dns

V = "/api/v1"
WORLD: dict[str, Any] = {
    "example.org NS": "ns.example.org",
    "ns.example.org A": "127.0.0.1",
    "mx.example.org A": "127.0.0.1",
}


@contextlib.asynccontextmanager
async def coached(directory, records=WORLD):
    """A served nest whose names are those of a small server here."""
    with DnsServer(records, ttl=1) as names:
        names.head("example.org")
        dns = Dns(resolvers=[f"127.0.0.1:{names.port}"], timeout=1.0)
        coach = Coach(port=names.port)
        async with served(directory, dns=dns, coach=coach) as nest:
            yield nest, names


class Events:
    """Server-sent events as a browser takes them."""

    def __init__(self, response):
        self._lines = response.aiter_lines()

    async def next(self, within=10.0):
        async with asyncio.timeout(within):
            while not (line := await anext(self._lines)).startswith("data: "):
                pass
            return json.loads(line[6:])


def state(found, line):
    return next(one["state"] for one in found["lines"] if one["id"] == line)


async def test_lines_once(tmp_path):
    async with coached(tmp_path) as (nest, names), nest.signed_in() as ada:
        found = (await ada.get(f"{V}/domains/example.org/coach")).json()
        assert (found["domain"], found["host"], found["ready"]) == ("example.org", "mx.example.org", False)
        assert state(found, "host") == "green"
        mx = next(one for one in found["lines"] if one["id"] == "mx")
        assert mx["enter"] == [
            {
                "name": "example.org",
                "relative": "@",
                "zone": "example.org",
                "type": "MX",
                "value": "10 mx.example.org.",
            }
        ]
        assert mx["skipped"]
        japanese = (await ada.get(f"{V}/domains/example.org/coach?language=ja")).json()
        assert any(
            ord(sign) > 0x3000 for sign in next(o for o in japanese["lines"] if o["id"] == "mx")["text"]
        )
        assert not [query for query in names.queries if "gmail" in query[0] or "spamhaus" in query[0]]


async def test_a_line_turns_while_somebody_watches(tmp_path):
    async with coached(tmp_path) as (nest, names), nest.signed_in() as ada:
        async with ada.stream("GET", f"{V}/domains/example.org/coach/events") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            events = Events(response)
            found = await events.next()
            while state(found, "mx") != "red":
                found = await events.next()
            names.add({"example.org MX": "10 mx.example.org"})
            began = asyncio.get_running_loop().time()
            while state(found, "mx") != "green":
                found = await events.next()
            assert asyncio.get_running_loop().time() - began < 8
            assert (await ada.post(f"{V}/domains/example.org/coach/again")).status_code == 204
            assert state((await ada.get(f"{V}/domains/example.org/coach")).json(), "mx") == "green"
        for _ in range(100):
            if not [task for task in asyncio.all_tasks() if task.get_name().startswith("coach")]:
                break
            await asyncio.sleep(0.05)
        before = len(names.queries)
        await asyncio.sleep(0.5)
        assert len(names.queries) == before, "nobody is asked when nobody watches"


async def test_for_whom_it_is(tmp_path):
    async with coached(tmp_path) as (nest, _):
        async with nest.signed_in(STEWARD) as dora:
            assert (await dora.get(f"{V}/domains/example.org/coach")).status_code in {403, 404}
            assert (await dora.get(f"{V}/domains/example.org/coach/events")).status_code in {403, 404}
            assert (await dora.get(f"{V}/domains/example.com/coach")).status_code == 200
        async with nest.signed_in(ADMIN) as ada:
            assert (await ada.get(f"{V}/domains/nowhere.example/coach")).status_code in {404, 422}
            hosts = (await ada.get(f"{V}/smart-hosts?language=ja")).json()
            assert hosts[0]["id"] == "sakura"
        async with nest.anybody() as nobody:
            assert (await nobody.get(f"{V}/domains/example.org/coach")).status_code == 401

"""What happens now: the state within two seconds, lines of the log, changes by others; and the log's files."""

import asyncio
import contextlib
import json
import time

import pytest
from served import ADMIN, USER, served

from hawknest.accounts import sessions, users
from hawknest.doors.web import live
from hawknest.doors.web.live import EACH, QUEUE, Live
from hawknest.log.reading import Filter, Growth, page

V = "/api/v1"


class Stream:
    """Server-sent events as a browser takes them."""

    def __init__(self, response):
        self._lines = response.aiter_lines()

    async def next(self, *topics, within=5.0):
        """The next event of one of the topics."""
        async with asyncio.timeout(within):
            topic = ""
            while True:
                line = await anext(self._lines)
                if line.startswith("event: "):
                    topic = line[7:]
                elif line.startswith("data: ") and topic in topics:
                    return topic, json.loads(line[6:])


@contextlib.asynccontextmanager
async def watching(client, query=""):
    async with client.stream("GET", f"{V}/events{query}") as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


async def idle_pop3(nest):
    """A POP3 session that does nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", nest.port("pop3"))
    assert (await reader.readline()).startswith(b"+OK")
    return writer


async def test_the_state_is_told_within_two_seconds(tmp_path):
    """PARITY 14: three idle POP3 sessions, then a pause: each is told within two seconds."""
    async with served(tmp_path) as nest, nest.signed_in() as ada, watching(ada, "?topics=status") as stream:
        _, first = await stream.next("status")
        base = first["connections"]
        sessions = [await idle_pop3(nest) for _ in range(3)]
        began = time.monotonic()
        _, state = await stream.next("status")
        while state["connections"] != base + 3:
            _, state = await stream.next("status")
        assert time.monotonic() - began < 2
        began = time.monotonic()
        async with nest.signed_in() as other:
            await other.post(f"{V}/delivery/suspend")
        while state["delivery"] == "on":
            _, state = await stream.next("status")
        assert time.monotonic() - began < 2
        for writer in sessions:
            writer.close()


async def test_changes_and_lines_are_told(tmp_path):
    """What another administrator changes, and what the server writes down; filtered as asked."""
    async with (
        served(tmp_path) as nest,
        nest.signed_in() as ada,
        nest.signed_in() as other,
        watching(ada, "?topics=log,audit&protocol=auth&search=needle") as stream,
    ):
        await asyncio.sleep(0.7)
        nest.rooms.log.auth.info("denied", name="needle", password="hidden")
        nest.rooms.log.auth.info("denied", name="hay")
        nest.rooms.log.smtp.info("denied", name="needle")
        _, line = await stream.next("log")
        assert (line["category"], line["name"], line["password"]) == ("auth", "needle", "***")
        await other.patch(f"{V}/users/{USER}", json={"quota": 7})
        topic, entry = await stream.next("audit", "log")
        assert (topic, entry["who"], entry["detail"]["after"]) == ("audit", ADMIN, {"quota": 7})


async def test_a_stream_ends_with_its_session(tmp_path, monkeypatch):
    """Who is signed out hears no more; so does who is no administrator any more."""
    monkeypatch.setattr("hawknest.doors.web.stream.HOLDS", 0.2)
    async with served(tmp_path) as nest, await nest.as_(ADMIN) as ada, watching(ada) as stream:
        await stream.next("status")
        await nest.write(lambda c: sessions.end_others(c, users.get(c, ADMIN).id))
        with pytest.raises(StopAsyncIteration):
            await stream.next("nothing", within=5)


async def test_only_so_many_watch(tmp_path):
    """One account opens so many streams and no more; closed ones count no longer."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(EACH):
                await stack.enter_async_context(watching(await nest.as_(ADMIN)))
            found = await ada.get(f"{V}/events")
            assert (found.status_code, found.headers["retry-after"]) == (429, "30")
        for _ in range(50):
            if not nest.rooms.live._watchers:
                break
            await asyncio.sleep(0.1)
        async with watching(ada) as stream:
            await stream.next("status")


async def test_topics_need_their_scopes(tmp_path):
    """A token that may see the state sees no line of the log."""
    async with served(tmp_path) as nest:
        token = await nest.token(scopes=["status:read"])
        async with nest.anybody(authorization=f"Bearer {token}") as program:
            assert (await program.get(f"{V}/events?topics=log")).status_code == 403
            assert (await program.get(f"{V}/events?topics=weather")).status_code == 422
            async with watching(program) as stream:
                await stream.next("status")


async def test_a_slow_reader_loses_lines_and_is_told(tmp_path):
    """However many lines there are, a watcher holds so many; the state is never lost, only its newest kept."""
    async with served(tmp_path) as nest:
        watching_ = Live(
            nest.rooms.store, nest.rooms.log, nest.rooms.steward.status, lambda: tmp_path / "log"
        )
        with watching_.watching(1, frozenset({"log"}), Filter()) as watcher:
            watching_._tell_log([{"event": str(number)} for number in range(QUEUE + 30)])
            told = watcher.take()
            assert len(told) == QUEUE + 1
            assert told[-1] == ("dropped", b"30")
            assert watcher.take() == []
        assert live.TOPICS


async def test_log_pages(tmp_path):
    """The newest lines first, a page at a time, by every filter; no secret; the day to take away."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        for number in range(25):
            nest.rooms.log.auth.info(
                "logged in", login=f"user{number}@example.org", peer="192.0.2.7", token="t0psecret"
            )
        nest.rooms.log.delivery.warning("deferred", letter="0" * 16, to="far@elsewhere.example")
        first = (await ada.get(f"{V}/log?limit=10&protocol=auth")).json()
        assert [line["login"] for line in first["items"]] == [
            f"user{n}@example.org" for n in range(24, 14, -1)
        ]
        rest = (await ada.get(f"{V}/log?limit=100&protocol=auth&after={first['next']}")).json()
        assert [line["login"] for line in rest["items"]] == [
            f"user{n}@example.org" for n in range(14, -1, -1)
        ]
        assert rest["next"] is None
        for query, count in (
            ("person=user3@", 1),
            ("address=elsewhere", 1),
            ("address=192.0.2.7&limit=5", 5),
            (f"letter={'0' * 16}", 1),
            ("level=warning", 1),
            ("search=USER24", 1),
            ("session=none", 0),
        ):
            assert len((await ada.get(f"{V}/log?{query}")).json()["items"]) == count, query
        assert "t0psecret" not in (await ada.get(f"{V}/log")).text
        for wrong in (
            "day=../../etc",
            "after=../../etc/passwd.0",
            "protocol=x",
            "level=x",
            "after=2026-01-01",
        ):
            assert (await ada.get(f"{V}/log?{wrong}")).status_code == 422
        out = await ada.get(f"{V}/log/export?day={first['days'][0]}&protocol=auth")
        assert [json.loads(line)["login"] for line in out.text.splitlines()] == [
            f"user{n}@example.org" for n in range(25)
        ]
        assert "attachment" in out.headers["content-disposition"]
        assert (await ada.get(f"{V}/log/export?day=1999-01-01")).status_code == 422


async def test_what_is_written(tmp_path):
    """PARITY 49: each category off, its lines vanish; on, they appear; at once, and the file says so."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        now = (await ada.get(f"{V}/log/settings")).json()
        assert now["categories"] == now["known"]
        for category in now["known"]:
            if category == "finger":
                continue
            rest = [name for name in now["known"] if name != category]
            off = (await ada.patch(f"{V}/log/settings", json={"categories": rest})).json()
            assert off["categories"] == rest
            getattr(nest.rooms.log, category).info("needle", way="off")
            await ada.patch(f"{V}/log/settings", json={"categories": now["known"]})
            getattr(nest.rooms.log, category).info("needle", way="on")
            lines = (await ada.get(f"{V}/log?search=needle&protocol={category}")).json()["items"]
            assert [line["way"] for line in lines] == ["on"], category
        more = {"level": "debug", "conversations": True, "days": 3, "octets": 5_000_000}
        changed = (await ada.patch(f"{V}/log/settings", json=more)).json()
        assert {name: changed[name] for name in more} == more
        assert "days = 3" in (tmp_path / "hawknest.toml").read_text()
        for wrong in (
            {"categories": ["all"]},
            {"level": "loud"},
            {"days": 0},
            {"octets": 1},
            {"directory": "/tmp"},
        ):
            assert (await ada.patch(f"{V}/log/settings", json=wrong)).status_code == 422
        assert (await ada.get(f"{V}/audit?search=log.change&limit=1")).json()["items"][0]["detail"]["after"][
            "log.days"
        ] == 3


def test_lines_at_any_edge(tmp_path, monkeypatch):
    """Pages are whole wherever the blocks of the file end."""
    lines = [json.dumps({"event": "x" * (number % 40), "n": number}) for number in range(200)]
    (tmp_path / "2026-01-02.log").write_text("\n".join(lines) + "\n")
    (tmp_path / "2026-01-01.log").write_text("no json\n\n" + json.dumps({"n": -1}) + "\n")
    (tmp_path / "passwords.log").write_text('{"n": 99}\n')
    for block in (1, 7, 64, 100_000):
        monkeypatch.setattr("hawknest.log.reading.BLOCK", block)
        seen, place = [], ""
        while True:
            found = page(tmp_path, Filter(), 7, place)
            seen += [line.get("n") for line in found.lines]
            if not (place := found.next):
                break
        assert seen == [*range(199, -1, -1), -1, None]


def test_growth(tmp_path):
    """What is written is given once, whole lines only, over midnight and when a file was cut short."""
    now = [time.mktime((2026, 1, 1, 23, 0, 0, 0, 0, -1))]
    first, second = tmp_path / "2026-01-01.log", tmp_path / "2026-01-02.log"
    first.write_text('{"n": 0}\n')
    growth = Growth(tmp_path, lambda: now[0])
    assert growth.news() == []
    with first.open("a") as file:
        file.write('{"n": 1}\n{"n"')
        file.flush()
        assert growth.news() == [{"n": 1}]
        file.write(": 2}\n")
    assert growth.news() == [{"n": 2}]
    now[0] += 7200
    second.write_text('{"n": 3}\n')
    assert growth.news() == [{"n": 3}]
    second.write_text("{}\n")
    assert growth.news() == [{}]

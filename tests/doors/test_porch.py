"""Who may connect at all, and what is written down of a conversation."""

import json
from pathlib import Path

from hawknest.app.nest import opened
from hawknest.config import Listener, Tls
from hawknest.log import Log
from hawknest.log import Settings as LogSettings
from nests import PASSWORD, Session, config, nest


async def test_an_allow_list_keeps_strangers_out(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        entry = Listener(service="smtp", address="127.0.0.1", port=0, tls=Tls.NONE, allow=["192.168.1.0/24"])
        for peer, greeted in (("192.168.1.9", True), ("192.0.2.9", False)):
            session = Session(rooms, "smtp", peer, entry)
            said = await session.settle()
            assert said.startswith(b"220 ") is greeted
            assert session.wire.closed is not greeted
            if greeted:
                await session.end()


async def test_a_conversation_is_written_down_without_its_secrets(tmp_path: Path) -> None:
    async with nest(tmp_path):
        pass  # furnished
    log = Log(LogSettings(directory=tmp_path / "log", conversations=True))
    async with opened(config(tmp_path), log) as rooms:
        session = Session(rooms, "pop3", "127.0.0.1")
        await session.settle()
        session.send(f"USER mia\r\nPASS {PASSWORD}\r\nSTAT\r\nQUIT\r\n".encode())
        await session.end()
    log.close()
    (file,) = (tmp_path / "log").iterdir()
    text = file.read_text()
    said = [json.loads(line) for line in text.splitlines()]
    assert (
        next(line["text"] for line in said if line.get("event") == "said" and line["side"] == "C")
        == "USER mia"
    )
    assert any(line.get("text", "").startswith("+OK 0 0") for line in said)
    assert PASSWORD not in text

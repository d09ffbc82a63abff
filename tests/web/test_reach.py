"""A link that is passed on leads to where everybody may come, not to the door of who administers."""

from pathlib import Path

import pytest

from hawknest.accounts import settings, users
from hawknest.config import SERVICES, Listener
from hawknest.store import Connection
from web.pages import served

EVERYWHERE = "0.0.0.0"


@pytest.mark.parametrize(
    ("address", "admin", "outside"),
    [(EVERYWHERE, False, True), (EVERYWHERE, True, False), ("127.0.0.1", False, False)],
)
async def test_the_link_to_pass_on(tmp_path: Path, address: str, *, admin: bool, outside: bool) -> None:
    listeners = [
        Listener(service="http", port=0, tls=SERVICES["http"].tls, admin=True),
        Listener(service="https", port=0, tls=SERVICES["https"].tls, address=address, admin=admin),
    ]

    def job(connection: Connection) -> None:
        users.change(connection, "mia@example.org", admin=True)
        settings.set_policy(connection, "sign_up", "approved")

    async with served(tmp_path, listeners=listeners) as house:
        await house.write(job)
        mia = await house.browser("http")
        await mia.sign_in("mia@example.org")
        made = (await mia.ask("POST", "invitations", {"to": "example.org"})).json()
        base = f"https://mx.example.org:{house.ports['https']}" if outside else house.base("http")
        assert made["page"] == f"{base}/join#{made['secret']}"
        assert made["svg"].startswith("<svg")
        assert (await mia.ask("GET", "sign-up")).json()["page"] == f"{base}/join"

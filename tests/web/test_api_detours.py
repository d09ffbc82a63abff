"""A whole nest whose letters go by the smart host: told to who administers, listed, and ended by hand."""

import asyncio
import email
import email.policy

from served import ADMIN, served
from test_api_post import send

from hawknest.accounts import users
from hawknest.config import Tls
from hawknest.config.fields import Outbound, Route
from hawknest.store import letters
from smtpsink import Script, serve

V = "/api/v1"
LISTED = "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org"


async def until(condition):
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 (over HTTP)
            await asyncio.sleep(0.05)


async def test_smart_sending(tmp_path):
    async with serve(Script(answers={"RCPT": LISTED})) as far, serve() as smart:  # noqa: SIM117 (their ports are needed)
        async with (
            served(
                tmp_path,
                chores=True,
                outbound=Outbound(port=far.port),
                route=[Route(host="127.0.0.1", port=smart.port, tls=Tls.NONE, failover=True)],
            ) as nest,
            nest.signed_in() as ada,
        ):
            letter = await send(nest, ["tom@[127.0.0.1]"])

            async def delivered():
                told = (await ada.get(f"{V}/letters/{letter}")).json()
                return "delivered" in [step["event"] for step in told["steps"]]

            await until(delivered)
            assert [r for r, _ in smart.letters[0].recipients] == ["tom@[127.0.0.1]"]
            steps = (await ada.get(f"{V}/letters/{letter}")).json()["steps"]
            assert [step["event"] for step in steps] == ["queued", "around blocked", "delivered"]
            (barrier,) = (await ada.get(f"{V}/detours")).json()["items"]
            assert (barrier["destination"], barrier["cause"]) == ("[127.0.0.1]", "blocked")
            assert barrier["words"] == LISTED

            def inbox(connection):
                account = users.get(connection, ADMIN)
                return [
                    letters.read(connection, i.blob_id).data for i in letters.inbox(connection, account.id)[2]
                ]

            (octets,) = await nest.rooms.store.read(inbox)
            notice = email.message_from_bytes(octets, policy=email.policy.default)
            assert notice["From"] == "Hawknest <postmaster@example.org>"
            assert "takes no letters from this server's address" in notice["Subject"]
            assert LISTED in notice.get_content()

            far.script.answers = {}
            assert (await ada.delete(f"{V}/detours/[127.0.0.1]")).status_code == 204
            assert (await ada.delete(f"{V}/detours/[127.0.0.1]")).status_code == 404
            letter = await send(nest, ["kim@[127.0.0.1]"])
            await until(delivered)
            assert len(far.letters) == 1

"""Sign-ins by the API and the command line: what happened at the doors, to whom it belongs and to who administers."""

import base64
import json

from served import ADMIN, PASSWORD, USER, served

from hawknest import cli
from nests import converse

V = "/api/v1"


async def test_sign_ins(tmp_path, capsys):
    async with served(tmp_path) as nest, nest.signed_in(ADMIN) as ada, nest.signed_in(USER) as mia:
        for password in (PASSWORD, "wrong"):
            login = base64.b64encode(f"\0{USER}\0{password}".encode())
            await converse(
                nest.rooms, "submission", b"EHLO x\r\nAUTH PLAIN %b\r\nQUIT\r\n" % login, "127.0.0.1"
            )
        async with nest.signed_in(ADMIN) as browser:  # which takes the new session in place of its own
            entered = await browser.post(f"{V}/auth/sign-in", json={"name": ADMIN, "password": PASSWORD})
            assert entered.status_code == 200
        await nest.rooms.sign_ins.flush()
        own = (await mia.get(f"{V}/me/sign-ins")).json()
        assert {(one["service"], one["credential"], one["result"]) for one in own["items"]} == {
            ("smtp", "password", ""),
            ("smtp", "", "wrong"),
        }
        assert own["total"] == 2
        assert (await ada.get(f"{V}/users/{USER}/sign-ins")).json()["items"] == own["items"]
        assert (await mia.get(f"{V}/users/{ADMIN}/sign-ins")).status_code in {403, 404}
        (web,) = (await ada.get(f"{V}/me/sign-ins")).json()["items"]
        assert (web["service"], web["credential"], web["network"]) == ("web", "password", "loopback")
        assert (await mia.patch(f"{V}/me", json={"app_passwords_only": True})).status_code == 200
        assert (await ada.get(f"{V}/users/{USER}")).json()["user"]["app_passwords_only"] is True
    capsys.readouterr()
    for words in (["--json"], []):
        assert not cli.run(["user", "sign-ins", USER, "--data", str(tmp_path), *words])
    first, _, rest = capsys.readouterr().out.partition("\n]\n")
    assert len(json.loads(first + "\n]")) == 2
    assert "wrong password" in rest

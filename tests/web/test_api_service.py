"""The main window by the API: start and stop, the pauses, listeners with their ports, the self-test, the numbers."""

import asyncio
import socket

from prometheus_client.parser import text_string_to_metric_families
from served import ADMIN, USER, served

from hawknest import config as configuration

V = "/api/v1"


def listener(found, name):
    return next(one for one in found["items"] if one["name"] == name)


def speaks(port):
    """Whether somebody answers at a port."""
    with socket.socket() as sock:
        sock.settimeout(2)
        return sock.connect_ex(("127.0.0.1", port)) == 0


async def test_start_and_stop(tmp_path):
    """All listeners close and open again, and the page stays where it is."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        port = nest.port("pop3")
        stopped = (await ada.post(f"{V}/service/stop")).json()
        assert [entry["service"] for entry in stopped["listeners"]] == ["http"]
        assert not speaks(port)
        started = (await ada.post(f"{V}/service/start")).json()
        assert {entry["service"] for entry in started["listeners"]} == {"http", "smtp", "submission", "pop3"}
        assert (await ada.post(f"{V}/service/explode")).status_code == 404


async def test_pauses(tmp_path):
    """Delivery and receiving are paused apart."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        assert (await ada.post(f"{V}/delivery/suspend")).json()["delivery"] == "suspended"
        assert (await ada.post(f"{V}/receiving/suspend")).json()["receiving"] == "suspended"
        assert (await ada.post(f"{V}/delivery/resume")).json()["delivery"] == "on"
        assert (await ada.post(f"{V}/receiving/resume")).json()["receiving"] == "on"


async def test_one_listener(tmp_path):
    """One listener closes and opens; the one that is used does not close itself."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        port = nest.port("pop3")
        assert (await ada.post(f"{V}/listeners/pop3-4/stop")).json()["open"] is False
        assert not speaks(port)
        opened = (await ada.post(f"{V}/listeners/pop3-4/start")).json()
        assert speaks(opened["open_port"])
        assert (await ada.post(f"{V}/listeners/http-1/stop")).status_code == 409
        assert (await ada.post(f"{V}/listeners/pop3-1/stop")).status_code == 404  # the number is another's


async def test_a_listener_is_changed(tmp_path):
    """PARITY 32-37: off is a switch, port 0 shows the port that was chosen, and the file has what was said."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        before = listener((await ada.get(f"{V}/listeners")).json(), "finger-5")
        assert (before["enabled"], before["open"]) == (False, False)
        on = (await ada.patch(f"{V}/listeners/finger-5", json={"enabled": True})).json()["listener"]
        assert (on["port"], on["open"]) == (0, True)
        assert speaks(on["open_port"])
        free = (await ada.get(f"{V}/ports?port=0")).json()
        assert free["free"] is True
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        moved = (
            await ada.patch(f"{V}/listeners/finger-5", json={"port": port, "allow": ["127.0.0.0/8"]})
        ).json()
        assert moved["listener"]["open_port"] == port
        assert speaks(port)
        assert not speaks(on["open_port"])
        assert configuration.load(tmp_path).contents.listener[4].port == port
        off = (await ada.patch(f"{V}/listeners/finger-5", json={"enabled": False})).json()["listener"]
        assert (off["open"], off["port"]) == (False, port)
        told = (await ada.get(f"{V}/audit?search=listener")).json()["items"]
        assert [entry["detail"]["after"] for entry in told] == [
            {"enabled": False},
            {"port": port, "allow": ["127.0.0.0/8"]},
            {"enabled": True},
        ]


async def test_a_port_in_use_is_named_with_its_owner(tmp_path):
    """PARITY 36: who has the port is said before anything changes, the server goes on, and a free port is proposed."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port, old = taken.getsockname()[1], nest.port("pop3")
            looked = (await ada.get(f"{V}/ports?port={port}")).json()
            assert looked["free"] is False
            assert f"127.0.0.1:{port}: the port is in use by " in looked["why"]
            assert "process " in looked["why"]
            assert looked["proposal"] not in {0, port}
            text = (tmp_path / "hawknest.toml").read_text()
            refused = await ada.patch(f"{V}/listeners/pop3-4", json={"port": port})
            assert refused.status_code == 409
            assert "in use by" in refused.json()["detail"]
            assert (tmp_path / "hawknest.toml").read_text() == text
            assert speaks(old)


async def test_listeners_that_cannot_be(tmp_path):
    """What is wrong with a change is said in plain words; nothing of it is done, and nobody cuts off their own branch."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        text = (tmp_path / "hawknest.toml").read_text()
        for name, body, status in (
            ("pop3-4", {"port": 99999}, 422),
            ("pop3-4", {"port": "x"}, 422),
            ("pop3-4", {"address": "not an address"}, 422),
            ("pop3-4", {"address": 'x"\nhostname = "evil'}, 422),
            ("pop3-4", {"tls": "maybe"}, 422),
            ("pop3-4", {"admin": True}, 422),
            ("pop3-4", {"allow": ["everybody"]}, 422),
            ("finger-5", {"tls": "implicit"}, 422),
            ("http-1", {"enabled": False}, 409),
            ("http-1", {"admin": False}, 409),
            ("http-1", {"port": 1}, 409),
            ("nothing-9", {"enabled": True}, 404),
        ):
            found = await ada.patch(f"{V}/listeners/{name}", json=body)
            assert found.status_code == status, (name, body, found.text)
        assert (tmp_path / "hawknest.toml").read_text() == text
        assert (await ada.get(f"{V}/status")).status_code == 200


async def test_the_self_test(tmp_path):
    """The server tries itself with an empty list of exemptions, and nothing is left behind."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        found = (await ada.post(f"{V}/selftest", json={"to": USER})).json()
        assert found["ok"], found
        assert {step["step"] for step in found["steps"]} >= {
            "listener",
            "tls",
            "relay",
            "login",
            "letter",
            "read",
        }
        assert (await ada.get(f"{V}/exempt")).json()["items"] == []
        japanese = (await ada.post(f"{V}/selftest?language=ja", json={})).json()
        assert japanese["steps"][0]["words"] == "サーバーが動いている"
        nobody = await ada.post(f"{V}/selftest", json={"to": "nobody@example.org"})
        assert nobody.status_code == 422


async def test_numbers_for_prometheus(tmp_path):
    """The numbers parse, count up, and are not for everybody."""
    async with served(tmp_path) as nest:
        token = await nest.token(scopes=["metrics:read"])
        async with nest.anybody(authorization=f"Bearer {token}") as program:
            found = await program.get("/metrics")
            assert found.headers["content-type"].startswith("text/plain; version=")
            families = {family.name: family for family in text_string_to_metric_families(found.text)}
            assert {
                "hawknest_connections",
                "hawknest_pending",
                "hawknest_letters_in",
                "hawknest_listener",
            } <= families.keys()
            nest.rooms.log.count("letters_in", 3)
            await nest.rooms.gauges.look()
            nest.rooms.log.count("letters_in")
            again = (await program.get("/metrics")).text
            assert "hawknest_letters_in_total 4.0" in again
        async with nest.anybody() as nobody:
            assert (await nobody.get("/metrics")).status_code == 401


async def test_history(tmp_path):
    """The samples of the last day, by their names; what happened since the last minute is in them when it is over."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        reader, writer = await asyncio.open_connection("127.0.0.1", nest.port("pop3"))
        await reader.readline()
        nest.rooms.log.count("letters_in", 5)
        await nest.rooms.gauges.look()
        nest.rooms.log.count("letters_in", 2)
        await nest.rooms.gauges.look()
        found = (await ada.get(f"{V}/metrics-history?series=letters_in,connections")).json()
        counted, level = found["series"]
        assert (counted["kind"], sum(counted["values"])) == ("count", 7)
        assert level["kind"] == "level"
        assert level["values"][-1] >= 1
        writer.close()
        assert (await ada.get(f"{V}/metrics-history?series=weather")).status_code == 422
        for wrong in ("from=x", "to=-1", "to=nan", "from=inf"):
            assert (await ada.get(f"{V}/metrics-history?{wrong}")).status_code == 422


async def test_dns(tmp_path):
    """A domain is looked up by the resolvers of the file; where they are silent, that is said."""
    from hawknest.config.fields import Dns

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        dns = Dns(resolvers=[f"127.0.0.1:{silent.getsockname()[1]}"], timeout=0.2)
        async with served(tmp_path, dns=dns) as nest, nest.signed_in() as ada:
            async with asyncio.timeout(30):
                found = (await ada.post(f"{V}/dns/test", json={"domain": "example.com"})).json()
                assert found["worst"] == "problem"
                assert found["findings"][0]["id"].startswith("dns-")
                own = (await ada.get(f"{V}/domains/example.org/check?language=ja")).json()
                assert own["domain"] == "example.org"
            assert (await ada.post(f"{V}/dns/test", json={"domain": "a b"})).status_code == 422
            assert ADMIN

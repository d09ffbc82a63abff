"""Every route of the table, asked by whom it is not for. PARITY N4, N11, N14."""

import re
import time

import pytest
from served import ADMIN, STEWARD, USER, served

from hawknest.accounts import stewards
from hawknest.config import Listener, Tls
from hawknest.doors.web.api.scopes import SCOPES
from hawknest.doors.web.route import Need
from hawknest.doors.web.routes import ROUTES

V = "/api/v1"
#: What stands in a path for each of its values: things of example.org, which dora does not administer.
VALUES = {
    "address": "mia@example.org",
    "name": "example.org",
    "id": "1",
    "label": "phone",
    "act": "stop",
    "trace": "0" * 16,
    "number": "1",
}
#: What no token does: to make others, and to take letters of others out.
SESSIONS_ALONE = (f"{V}/tokens", f"{V}/users/{{address}}/held/{{number}}/octets")
ADMINISTRATION = [route for route in ROUTES if route.administration]


def path_of(route):
    return re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], route.path)


def asked(client, route, **more):
    """Ask a route with some body of its kind."""
    kind = {"application/json": {"json": {}}, "text/csv": {"content": b"address\r\n"}}[route.media]
    headers = {"content-type": "text/csv"} if route.media == "text/csv" else {}
    body = kind if route.body is not None else {}
    return client.request(
        route.method, path_of(route), headers=headers | more.pop("headers", {}), **body, **more
    )


def test_the_table_is_whole():
    """Each route of the administration has a scope, but those that no token opens."""
    for route in ADMINISTRATION:
        assert route.scope in SCOPES or route.path.startswith(SESSIONS_ALONE), route.path
        assert route.summary
    assert {str(route.scope) for route in ROUTES if route.scope} == SCOPES
    assert len(ADMINISTRATION) > 50


async def test_nobody(tmp_path):
    """Who is not signed in is told so, and nothing else; with a wrong cookie or token too."""
    async with served(tmp_path) as nest:
        for headers in ({}, {"cookie": "hawknest=nonsense"}, {"authorization": "Bearer hawknest-nonsense"}):
            async with nest.anybody(**headers) as client:
                for route in ROUTES:
                    if route.need is not Need.NOBODY:
                        found = await asked(client, route)
                        assert found.status_code == 401, (route.method, route.path, found.text)
                        assert found.headers["content-type"] == "application/problem+json"


async def test_a_plain_user(tmp_path):
    """For a plain user there is no administration at all."""
    async with served(tmp_path) as nest, nest.signed_in(USER) as mia:
        for route in ADMINISTRATION:
            found = await asked(mia, route)
            assert found.status_code == 404, (route.method, route.path, found.text)


async def test_an_administrator_of_another_domain(tmp_path):
    """Who administers example.com alone sees and changes nothing of example.org, nor of the whole nest."""
    async with served(tmp_path) as nest, nest.signed_in(STEWARD) as dora:
        for route in ADMINISTRATION:
            found = await asked(dora, route)
            if route.need is Need.ADMIN:
                assert found.status_code == 404, (route.method, route.path, found.text)
            elif "{address}" in route.path or "{name}" in route.path:
                assert found.status_code in {404, 422}, (route.method, route.path, found.text)
                if found.status_code == 422:  # the body was looked at first
                    assert route.body is not None
        listed = (await dora.get(f"{V}/users")).json()
        assert [user["address"] for user in listed["items"]] == ["zoe@example.com"]
        assert listed["total"] == 1
        assert [d["name"] for d in (await dora.get(f"{V}/domains")).json()["items"]] == ["example.com"]
        led = (await dora.get(f"{V}/aliases")).json()["items"]
        assert {a["address"].rpartition("@")[2] for a in led} == {"example.com"}
        assert "example.org" not in str(led)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "users", {"address": "x@example.org"}),
        ("POST", "aliases", {"address": "x@example.org", "targets": [USER]}),
        ("POST", "domains", {"name": "new.example"}),
        ("PATCH", "users/mia@example.org", {"real_name": "x"}),
        ("POST", "users/mia@example.org/password", {"password": "a fine long phrase"}),
        ("PATCH", "users/zoe@example.com", {"admin": True}),
        ("PATCH", "users/zoe@example.com", {"admin_domains": ["example.org"]}),
        ("POST", "users", {"address": "y@example.com", "admin": True}),
        ("PATCH", "domains/example.org", {"catch_all": "zoe@example.com"}),
        ("POST", "domains/example.org/roles", {"target": "zoe@example.com"}),
        ("PATCH", "aliases/postmaster@example.org", {"targets": ["zoe@example.com"]}),
        ("PATCH", "aliases/postmaster@example.net", {"targets": ["zoe@example.com"]}),
    ],
)
async def test_what_an_administrator_of_a_domain_may_not(tmp_path, method, path, body):
    """No way leads from one domain to another, or up."""
    async with served(tmp_path) as nest, nest.signed_in(STEWARD) as dora:
        found = await dora.request(method, f"{V}/{path}", json=body)
        assert found.status_code in {403, 404, 422}, found.text
        assert found.status_code != 422 or "example.net" in path


async def test_what_an_administrator_of_a_domain_may(tmp_path):
    """The own domain is theirs, but for those in it who administer more."""
    async with served(tmp_path) as nest, nest.signed_in(STEWARD) as dora:
        assert (await dora.post(f"{V}/users", json={"address": "y@example.com"})).status_code == 201
        assert (await dora.patch(f"{V}/users/y@example.com", json={"quota": 9})).status_code == 200
        assert (await dora.post(f"{V}/users/y@example.com/password", json={})).status_code == 200
        body = {"address": "a@example.com", "targets": [USER]}
        assert (await dora.post(f"{V}/aliases", json=body)).status_code == 201
        assert (await dora.patch(f"{V}/domains/example.com", json={"catch_all": None})).status_code == 200

        async with nest.signed_in() as ada:
            await ada.patch(f"{V}/users/zoe@example.com", json={"admin_domains": ["example.org"]})
            await ada.patch(f"{V}/users/y@example.com", json={"admin": True})
        for address in ("zoe@example.com", "y@example.com"):
            for method, path, given in (
                ("POST", "/password", {}),
                ("PATCH", "", {"forward": ["far@elsewhere.example"]}),
                ("DELETE", "", None),
                ("POST", "/app-passwords", {"label": "x"}),
                ("GET", "/held", None),
            ):
                found = await dora.request(method, f"{V}/users/{address}{path}", json=given)
                assert found.status_code == 403, (method, path, found.text)


async def test_an_administrator_who_is_none_any_more(tmp_path):
    """A right that is taken away is gone at once, in sessions and tokens that are there."""
    async with served(tmp_path) as nest, nest.signed_in(STEWARD) as dora:
        token = await nest.token(STEWARD)
        async with nest.anybody(authorization=f"Bearer {token}") as program:
            assert (await program.get(f"{V}/users")).status_code == 200
            assert (await dora.get(f"{V}/users")).status_code == 200
            await nest.write(lambda c: stewards.appoint(c, STEWARD, []))
            assert (await program.get(f"{V}/users")).status_code == 404
            assert (await dora.get(f"{V}/users")).status_code == 404


async def test_tokens(tmp_path):
    """A token does what its scopes say until it ends or is taken back, and makes no other."""
    async with served(tmp_path) as nest, nest.signed_in() as ada:
        body = {"label": "backup", "scopes": ["users:read"], "expires_at": time.time() + 60}
        made = (await ada.post(f"{V}/tokens", json=body)).json()
        assert made["secret"] not in str((await ada.get(f"{V}/tokens")).json())
        assert (await ada.post(f"{V}/tokens", json=body)).status_code == 422  # the label is taken
        for wrong in ({"scopes": ["all"]}, {"scopes": []}, {"expires_at": 5}, {"label": ""}):
            assert (await ada.post(f"{V}/tokens", json=body | {"label": "x"} | wrong)).status_code == 422
        async with nest.anybody(authorization=f"Bearer {made['secret']}") as program:
            assert (await program.get(f"{V}/users")).status_code == 200
            for route in ADMINISTRATION:
                if route.scope != "users:read":
                    found = await asked(program, route)
                    assert found.status_code == 403, (route.method, route.path, found.text)
            assert (await ada.delete(f"{V}/tokens/{made['token']['id']}")).status_code == 204
            assert (await program.get(f"{V}/users")).status_code == 401
        over = await nest.token(expires_at=time.time() + 0.2)
        async with nest.anybody(authorization=f"Bearer {over}") as program:
            assert (await program.get(f"{V}/users")).status_code == 200
            nest.rooms.gates = None
            import asyncio

            await asyncio.sleep(0.3)
            assert (await program.get(f"{V}/users")).status_code == 401


async def test_a_foreign_page(tmp_path):
    """N11: what changes something needs our header and our origin; a token is no cookie and needs neither."""
    async with served(tmp_path) as nest:
        cookie = f"hawknest={await nest.cookie(ADMIN)}"
        for headers in (
            {},
            {"x-hawknest": "1"},
            {"origin": nest.url},
            {"x-hawknest": "1", "origin": "https://evil.example"},
            {"x-hawknest": "1", "origin": "null"},
            {"x-hawknest": "1", "origin": nest.url, "sec-fetch-site": "cross-site"},
        ):
            async with nest.anybody(cookie=cookie, **headers) as page:
                for route in ADMINISTRATION:
                    if route.changes:
                        found = await asked(page, route)
                        assert found.status_code == 403, (headers, route.method, route.path, found.text)


async def test_listeners_without_administration(tmp_path):
    """Where administration is not, there is none: not even for who administers."""
    public = Listener(service="http", address="127.0.0.1", port=0, tls=Tls.NONE, admin=False)
    async with served(tmp_path, listener=[public]) as nest, nest.signed_in() as ada:
        for route in ADMINISTRATION:
            assert (await asked(ada, route)).status_code == 404, route.path
        assert (await ada.get(f"{V}/letters")).json()["items"] == []


async def test_no_route_writes_where_it_is_told(tmp_path):
    """N14, N1: no value of a request becomes a path: nothing new lies outside of what the nest itself writes."""
    names = ("../../x", "/tmp/x", "..\\x", "....//x", "x%2f..%2f..%2fy", "CON", "a/b", "ユーザ", ".", "..")
    async with served(tmp_path / "in" if (tmp_path / "in").mkdir() is None else tmp_path) as nest:
        async with nest.signed_in() as ada:
            for name in names:
                await ada.post(f"{V}/users", json={"address": f'"{name}"@example.org'})
                await ada.post(f"{V}/domains", json={"name": name})
                await ada.post(f"{V}/aliases", json={"address": f'"{name}"@example.org', "targets": [USER]})
                await ada.post(f"{V}/devices", json={"name": name, "any_sender": True})
                await ada.post(f"{V}/tokens", json={"label": name, "scopes": ["users:read"]})
                await ada.patch(f"{V}/listeners/{name}", json={"enabled": True})
                for key in ("day", "after", "letter", "session"):
                    for where in ("log", "log/export"):
                        found = await ada.get(f"{V}/{where}", params={key: name})
                        assert found.status_code in {200, 422}
        assert [path.name for path in tmp_path.iterdir()] == ["in"]
        known = (
            "hawknest.sqlite",
            "hawknest.toml",
            "log",
            "tls",
            "run",
            "blobs",
            "spool",
            "snapshots",
            "mark",
            "vault.key",
        )
        found = [path.name for path in (tmp_path / "in").iterdir()]
        assert [name for name in found if not name.startswith(known)] == []

"""Each noun of the API, made, looked at, changed and removed over a served nest."""

import csv
import io
import time

import pytest
from served import ADMIN, PASSWORD, USER, served

V = "/api/v1"


def fields(response, status=200):
    """The JSON of an answer that has a status."""
    assert response.status_code == status, response.text
    return response.json() if response.content else None


async def test_users(tmp_path):
    """A user's life: made with a password that is given once, listed, changed, given another password, removed."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        made = fields(
            await admin.post(f"{V}/users", json={"address": "New@example.org", "real_name": "新"}), 201
        )
        assert made["user"]["address"] == "new@example.org"
        assert len(made["password"]) > 20
        found = fields(await admin.get(f"{V}/users?search=new"))
        assert (found["total"], [u["real_name"] for u in found["items"]]) == (1, ["新"])
        changed = fields(
            await admin.patch(
                f"{V}/users/new@example.org",
                json={"forward": ["far@elsewhere.example"], "quota": 1000, "admin_domains": ["example.com"]},
            )
        )
        assert changed["user"]["forward"] == ["far@elsewhere.example"]
        assert (changed["user"]["quota"], changed["admin_domains"]) == (1000, ["example.com"])
        given = fields(await admin.post(f"{V}/users/new@example.org/password", json={"password": PASSWORD}))
        assert given["password"] is None
        fields(await admin.delete(f"{V}/users/new@example.org"), 204)
        gone = fields(await admin.get(f"{V}/users/new@example.org"), 404)
        assert gone["title"] == "Not found"


async def test_a_users_fields_round_trip(tmp_path):
    """Every field of the properties comes back as it was sent."""
    wanted = {
        "real_name": "Mia M.",
        "active": False,
        "quota": 10**9,
        "message_limit": 10**6,
        "forward": ["a@elsewhere.example", "b@elsewhere.example"],
        "keep_copy": False,
        "responder_on": True,
        "responder_subject": "Away",
        "responder_text": "Until Monday.\nMia",
        "finger_text": "Hello",
        "reassemble": True,
        "imap_without": "QRESYNC",
        "language": "ja",
    }
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        fields(await admin.patch(f"{V}/users/{USER}", json=wanted))
        user = fields(await admin.get(f"{V}/users/{USER}"))["user"]
        assert {name: user[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"address": "no-at"}, None),
        ({"address": "x@elsewhere.example"}, None),
        ({"address": "y@example.org", "password": "webmaster2003"}, None),
        ({"address": "y@example.org", "quota": -1}, None),
        ({"address": "y@example.org", "quota": "much"}, "quota"),
        ({"real_name": "nobody"}, "address"),
        ({"address": "y@example.org", "colour": "red"}, "colour"),
        ({"address": "postmaster@example.org"}, None),
        ({"address": "mia@example.org"}, None),
        ({"address": "a" * 10_000 + "@example.org"}, None),
        ({"address": "nul\0@example.org"}, None),
    ],
)
async def test_users_that_cannot_be(tmp_path, body, field):
    """What is wrong with a user is said in plain words, and nothing is made."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        before = fields(await admin.get(f"{V}/users"))["total"]
        found = await admin.post(f"{V}/users", json=body)
        problem = fields(found, 422)
        assert found.headers["content-type"] == "application/problem+json"
        assert problem["detail"]
        assert problem.get("field") == field
        assert fields(await admin.get(f"{V}/users"))["total"] == before


async def test_pages(tmp_path):
    """A list is given a page at a time, whole and without repeats, in any order."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        for order in ("address", "name", "octets", "created"):
            seen, after = [], ""
            while after is not None:
                page = fields(await admin.get(f"{V}/users?limit=2&sort={order}&after={after}"))
                seen += [user["address"] for user in page["items"]]
                after = page["next"]
            assert len(seen) == len(set(seen)) == page["total"] == 5
        assert fields(await admin.get(f"{V}/users?sort=shoe"), 422)["detail"]
        for wrong in (
            "limit=0",
            "limit=-1",
            "limit=x",
            "limit=99999999999999999999",
            "after=x",
            "limit=%EF%BC%91",
        ):
            fields(await admin.get(f"{V}/users?{wrong}"), 422)


async def test_app_passwords_and_sessions(tmp_path):
    """Somebody else's app passwords and sessions are listed without secrets, and ended."""
    async with served(tmp_path) as nest, nest.signed_in() as admin, nest.signed_in(USER) as mia:
        made = fields(await admin.post(f"{V}/users/{USER}/app-passwords", json={"label": "phone"}), 201)
        assert len(made["password"]) == 24
        listed = fields(await admin.get(f"{V}/users/{USER}/app-passwords"))["items"]
        assert [(p["label"], p["services"]) for p in listed] == [("phone", ["smtp", "pop3", "imap"])]
        fields(await admin.delete(f"{V}/users/{USER}/app-passwords/phone"), 204)
        there = fields(await admin.get(f"{V}/users/{USER}/sessions"))["items"]
        assert [set(one) & {"challenge", "hash", "mark"} for one in there] == [set()]
        assert (await mia.get(f"{V}/auth/me")).status_code == 200
        fields(await admin.delete(f"{V}/users/{USER}/sessions/{there[0]['id']}"), 204)
        assert (await mia.get(f"{V}/auth/me")).status_code == 401


async def test_the_last_administrator_stays(tmp_path):
    """Nobody can lock everybody out."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        fields(await admin.patch(f"{V}/users/{ADMIN}", json={"admin": False}), 422)
        fields(await admin.patch(f"{V}/users/{ADMIN}", json={"active": False}), 422)
        fields(await admin.delete(f"{V}/users/{ADMIN}"), 422)
        fields(await admin.patch(f"{V}/users/{USER}", json={"admin": True}))
        fields(await admin.patch(f"{V}/users/{ADMIN}", json={"admin": False}))
        assert (await admin.get(f"{V}/users")).status_code == 404  # no longer an administrator, at once


async def test_csv(tmp_path):
    """What comes out as CSV goes in again; a trial changes nothing; a wrong line changes nothing and is named."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        out = await admin.get(f"{V}/users.csv")
        assert out.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(out.text)))
        assert {row["address"] for row in rows} >= {ADMIN, USER}
        assert not {"password", "password_hash", "scram", "salt"} & set(rows[0])
        new = "address,real_name,password\r\nann@example.org,Ann,a fine long phrase\r\nbob@example.com,ボブ,\r\n"
        headers = {"content-type": "text/csv"}
        tried = fields(await admin.post(f"{V}/users/import?dry_run=1", content=new.encode(), headers=headers))
        assert tried == {"added": ["ann@example.org", "bob@example.com"], "dry_run": True}
        assert fields(await admin.get(f"{V}/users"))["total"] == 5
        done = fields(await admin.post(f"{V}/users/import", content=new.encode(), headers=headers))
        assert (done["dry_run"], fields(await admin.get(f"{V}/users"))["total"]) == (False, 7)
        bad = new + "carl@example.org,Carl,abc\r\n,nobody,\r\n"
        for query in ("?dry_run=1", ""):
            problem = fields(
                await admin.post(f"{V}/users/import{query}", content=bad.encode(), headers=headers), 422
            )
            assert "line 5" in problem["detail"]
        fields(await admin.post(f"{V}/users/import", content=b"\xff\xfe", headers=headers), 400)
        fields(await admin.post(f"{V}/users/import", json={}), 415)


async def test_domains(tmp_path):
    """A domain's life, an alias domain, IDN, an address literal, catch-all and role addresses."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        made = fields(await admin.post(f"{V}/domains", json={"name": "例え.jp"}), 201)
        assert (made["name"], made["readable"]) == ("xn--r8jz45g.jp", "例え.jp")
        fields(await admin.post(f"{V}/domains", json={"name": "xn--r8jz45g.jp"}), 422)
        alias = fields(
            await admin.post(f"{V}/domains", json={"name": "b.example", "alias_of": "例え.jp"}), 201
        )
        assert alias["alias_of"] == made["name"]
        fields(await admin.post(f"{V}/domains", json={"name": "[192.0.2.1]", "alias_of": "example.org"}), 201)
        changed = fields(await admin.patch(f"{V}/domains/{made['name']}", json={"catch_all": USER}))
        assert changed["domain"]["catch_all"] == USER
        roles = fields(await admin.post(f"{V}/domains/{made['name']}/roles", json={"target": USER}))
        assert {a["address"].partition("@")[0] for a in roles["items"]} >= {"webmaster", "security"}
        whole = fields(await admin.get(f"{V}/domains/{made['name']}"))
        assert whole["roles_missing"] == []
        assert {r["type"] for r in whole["records"]} >= {"MX", "A", "TXT", "SRV"}
        off = fields(await admin.patch(f"{V}/domains/{made['name']}", json={"catch_all": None}))
        assert off["domain"]["catch_all"] is None
        assert off["domain"]["strictness"] == "refuse"
        strict = fields(await admin.patch(f"{V}/domains/{made['name']}", json={"strictness": "junk"}))
        assert (strict["domain"]["strictness"], strict["domain"]["catch_all"]) == ("junk", None)
        assert (await admin.patch(f"{V}/domains/{made['name']}", json={"strictness": "x"})).status_code == 422
        fields(await admin.delete(f"{V}/domains/{made['name']}"), 422)  # b.example leads to it
        fields(await admin.delete(f"{V}/domains/b.example"), 204)
        fields(await admin.delete(f"{V}/domains/{made['name']}"), 204)
        fields(await admin.delete(f"{V}/domains/example.org"), 422)  # people live there


async def test_aliases(tmp_path):
    """An alias leads where it is told; postmaster can be led elsewhere and not removed."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        led = fields(
            await admin.post(
                f"{V}/aliases", json={"address": "club@example.org", "targets": [USER, "x@example.org"]}
            ),
            201,
        )
        assert led["nobody"] == ["x@example.org"]
        fields(
            await admin.patch(f"{V}/aliases/club@example.org", json={"targets": ["far@elsewhere.example"]})
        )
        found = fields(await admin.get(f"{V}/aliases?search=club"))["items"]
        assert [a["targets"] for a in found] == [["far@elsewhere.example"]]
        fields(await admin.patch(f"{V}/aliases/postmaster@example.org", json={"targets": [USER]}))
        fields(await admin.delete(f"{V}/aliases/postmaster@example.org"), 422)
        fields(await admin.delete(f"{V}/aliases/club@example.org"), 204)
        fields(await admin.delete(f"{V}/aliases/club@example.org"), 422)


async def test_devices_and_exemptions(tmp_path):
    """A printer's credential, and addresses that need not log in in every spelling."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        fields(await admin.post(f"{V}/devices", json={"name": "printer"}), 422)
        made = fields(
            await admin.post(f"{V}/devices", json={"name": "printer", "senders": ["@example.org"]}), 201
        )
        assert made["password"]
        renewed = fields(
            await admin.patch(f"{V}/devices/printer", json={"active": False, "new_password": True})
        )
        assert (renewed["device"]["active"], renewed["password"] != made["password"]) == (False, True)
        fields(await admin.delete(f"{V}/devices/printer"), 204)
        for text in ("192.168.1.2-254", "192.168.7.*", "10.0.0.0/24", "192.168.9.2〜9"):
            fields(await admin.post(f"{V}/exempt", json={"addresses": text, "note": "lan"}), 201)
        same = fields(await admin.post(f"{V}/exempt", json={"addresses": "192.168.1.2~254"}), 422)
        assert "listed already" in same["detail"]
        assert (
            "host name" in fields(await admin.post(f"{V}/exempt", json={"addresses": "pc1"}), 422)["detail"]
        )
        fields(await admin.post(f"{V}/exempt", json={"addresses": "0.0.0.0/0"}), 422)
        ends = time.time() + 3600
        fields(await admin.post(f"{V}/exempt", json={"addresses": "127.0.0.1", "expires_at": ends}), 201)
        fields(await admin.post(f"{V}/exempt", json={"addresses": "127.0.0.2", "expires_at": 5}), 422)
        listed = fields(await admin.get(f"{V}/exempt"))["items"]
        assert [(e["count"], e["active"]) for e in listed] == [
            (253, True),
            (256, True),
            (256, True),
            (8, True),
            (1, True),
        ]
        gone = await admin.delete(f"{V}/exempt", params={"addresses": "192.168.1.2〜254"})
        fields(gone, 204)


async def test_policies(tmp_path):
    """Policies tell what they are for; they take only what they can be; null is the default; profiles set several."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        listed = {p["name"]: p for p in fields(await admin.get(f"{V}/policies"))["items"]}
        assert all(policy["help"] for policy in listed.values())
        assert (listed["queue_days"]["kind"], listed["queue_days"]["most"]) == ("float", 30)
        changed = fields(await admin.patch(f"{V}/policies", json={"recipients_limit": 5, "cram_md5": True}))
        found = {p["name"]: (p["value"], p["weaker"]) for p in changed["items"]}
        assert (found["recipients_limit"], found["cram_md5"]) == ((5, False), (True, True))
        for wrong in (
            {"recipients_limit": 0},
            {"recipients_limit": True},
            {"cram_md5": 1},
            {"nothing": 1},
            {"queue_days": 99},
        ):
            problem = fields(await admin.patch(f"{V}/policies", json=wrong), 422)
            assert problem["field"] == next(iter(wrong))
        fields(await admin.patch(f"{V}/policies", json={"recipients_limit": None}))
        standing = fields(await admin.get(f"{V}/profiles"))
        assert (standing["active"], standing["weaker"]) == ("own", ["cram_md5"])
        assert fields(await admin.post(f"{V}/profiles/recommended"))["active"] == "recommended"
        assert (
            nest.rooms.directory.rules.policies.cram_md5
            or (await nest.rooms.directory.look()).policies.cram_md5 is False
        )
        fields(await admin.post(f"{V}/profiles/best"), 404)


async def test_a_key_makes_a_request_one_request(tmp_path):
    """The same POST under the same key is done once; another one under that key is refused; nothing wrong is kept."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        headers = {"idempotency-key": "k-1"}
        first = await admin.post(f"{V}/users", json={"address": "one@example.org"}, headers=headers)
        again = await admin.post(f"{V}/users", json={"address": "one@example.org"}, headers=headers)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert again.headers["idempotent-replayed"] == "true"
        fields(await admin.post(f"{V}/users", json={"address": "two@example.org"}, headers=headers), 422)
        key = {"idempotency-key": "k-2"}
        fields(await admin.post(f"{V}/users", json={"address": "one@example.org"}, headers=key), 422)
        fields(await admin.delete(f"{V}/users/one@example.org"), 204)
        fields(await admin.post(f"{V}/users", json={"address": "one@example.org"}, headers=key), 201)
        fields(await admin.post(f"{V}/users", json={}, headers={"idempotency-key": "x" * 1000}), 422)


async def test_audit(tmp_path):
    """Every change has a line: who, by which way, what, before and after, and no secret."""
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        fields(await admin.patch(f"{V}/users/{USER}", json={"real_name": "Mia B.", "quota": 5}))
        fields(await admin.post(f"{V}/users/{USER}/password", json={"password": PASSWORD}))
        fields(await admin.post(f"{V}/delivery/suspend"))
        token = await nest.token()
        async with nest.anybody(Authorization=f"Bearer {token}") as program:
            fields(
                await program.post(f"{V}/aliases", json={"address": "a@example.org", "targets": [USER]}), 201
            )
        listed = fields(await admin.get(f"{V}/audit"))["items"]
        told = [(e["who"], e["way"], e["action"], e["subject"]) for e in listed]
        assert told == [
            (ADMIN, "token", "alias.add", "a@example.org"),
            (ADMIN, "session", "delivery.suspend", "delivery"),
            (ADMIN, "session", "user.password", USER),
            (ADMIN, "session", "user.change", USER),
        ]
        assert listed[-1]["detail"] == {
            "before": {"real_name": "Mia", "quota": 0},
            "after": {"real_name": "Mia B.", "quota": 5},
        }
        assert PASSWORD not in str(listed)
        page = fields(await admin.get(f"{V}/audit?limit=1&search=user."))
        assert page["items"][0]["action"] == "user.password"
        rest = fields(await admin.get(f"{V}/audit?search=user.&after={page['next']}"))
        assert [e["action"] for e in rest["items"]] == ["user.change"]

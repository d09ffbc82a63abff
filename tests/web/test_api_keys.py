"""The keys of a domain by the API: shown with their records, looked for now, followed by others; no secret in any answer."""

from served import USER, served

from signed import Zone

V = "/api/v1"


async def test_keys(tmp_path):
    async with served(tmp_path) as nest, nest.signed_in() as admin:
        zone = nest.rooms.keysmith.resolver = Zone()
        made = (await admin.get(f"{V}/domains/example.org/keys")).json()
        assert [(k["algorithm"], k["state"], k["missing"]) for k in made["items"]] == [
            ("rsa-sha256", "new", False),
            ("ed25519-sha256", "new", False),
        ]
        assert all(k["name"] == f"{k['selector']}._domainkey.example.org" for k in made["items"])
        looked = (await admin.post(f"{V}/domains/example.org/keys/look")).json()
        assert [k["missing"] for k in looked["items"]] == [True, True]
        for key in made["items"]:
            zone.enter(key["name"], key["record"])
        looked = (await admin.post(f"{V}/domains/example.org/keys/look")).json()
        assert [(k["state"], k["missing"]) for k in looked["items"]] == [("active", False)] * 2
        for _ in range(2):
            rotated = (await admin.post(f"{V}/domains/example.org/keys/rotate")).json()
            assert [k["state"] for k in rotated["items"]] == ["active", "active", "new", "new"]
        for key in rotated["items"]:
            zone.enter(key["name"], key["record"])
        looked = (await admin.post(f"{V}/domains/example.org/keys/look")).json()["items"]
        assert [k["state"] for k in looked] == ["retiring", "retiring", "active", "active"]
        assert looked[0]["leaves_at"] == looked[0]["since"] + 7 * 86400
        assert "PRIVATE" not in str(rotated)
        assert set(looked[0]) == {
            "selector",
            "algorithm",
            "state",
            "missing",
            "name",
            "record",
            "created_at",
            "since",
            "looked_at",
            "seen_at",
            "leaves_at",
        }
        assert (await admin.post(f"{V}/domains", json={"name": "fresh.example"})).status_code == 201
        assert (await admin.get(f"{V}/domains/fresh.example/keys")).json()["total"] == 2
        assert (await admin.get(f"{V}/domains/elsewhere.example/keys")).status_code == 422
        log = (await admin.get(f"{V}/audit?search=domain.keys")).json()
        assert log["items"]


async def test_who_may(tmp_path):
    async with served(tmp_path) as nest, nest.signed_in(USER) as user:
        for method, path in (("GET", "keys"), ("POST", "keys/rotate"), ("POST", "keys/look")):
            found = await user.request(method, f"{V}/domains/example.org/{path}")
            assert found.status_code in {403, 404}

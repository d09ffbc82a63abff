"""The API's description: whole, unambiguous, offline."""

import re

from served import USER, served

from hawknest.doors.web.describe import Description
from hawknest.doors.web.openapi import document, kind_of, members
from hawknest.doors.web.routes import ROUTES

TOLD = [route for route in ROUTES if not route.aside]
DOCUMENT = document(ROUTES)


def test_every_route_is_described():
    """Each row has its operation, under a name that no other has, with what it takes and gives."""
    operations = [one for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len(operations) == len(TOLD)
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names)
    for route in TOLD:
        found = DOCUMENT["paths"][route.path][route.method.lower()]
        places = re.findall(r"\{(\w+)\}", route.path)
        assert [p["name"] for p in found["parameters"] if p["in"] == "path"] == places
        assert ("requestBody" in found) is (route.body is not None)
        assert found["responses"]["default"]


def test_every_reference_leads_somewhere():
    """Types have short names, and each that is referred to is there."""
    schemas = DOCUMENT["components"]["schemas"]
    assert [name for name in schemas if "hawknest" in name] == []
    for name in re.findall(r"#/components/schemas/([^'\"]+)", str(DOCUMENT)):
        assert name in schemas


def test_members():
    """What a type has is told with its kind and meaning."""
    schema = {"$ref": "#/components/schemas/NewExemption"}
    told = {one.name: one for one in members(DOCUMENT, schema)}
    assert told["addresses"].needed
    assert not told["note"].needed
    assert told["expires_at"].kind == "number | null"
    assert kind_of(schema) == "NewExemption"


def test_the_page_asks_nobody_else():
    """No script, no style within it, and nothing from anywhere else: it keeps to the rules for pages, offline."""
    page = Description(lambda: ROUTES).page
    assert re.findall(r"<script|\bstyle=|\bon\w+=|\bsrc=", page) == []
    assert {link for link in re.findall(r'href="([^"#]*)', page) if link} == {
        "/api/docs.css",
        "/api/v1/openapi.json",
    }
    assert page.count("<section>") == len(TOLD)


async def test_it_is_given_to_who_is_signed_in(tmp_path):
    """The page and the document, to users too; to nobody else."""
    async with served(tmp_path) as nest, nest.signed_in(USER) as mia:
        found = await mia.get("/api/docs")
        assert "default-src 'none'" in found.headers["content-security-policy"]
        assert found.text.startswith("<!doctype html>")
        assert (await mia.get("/api/docs.css")).headers["content-type"].startswith("text/css")
        assert (await mia.get("/api/v1/openapi.json")).json()["openapi"] == "3.1.0"
        async with nest.anybody() as nobody:
            assert (await nobody.get("/api/docs")).status_code == 401

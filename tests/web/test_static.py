"""The built pages: found by exact names, kept by browsers as long as is right, and nothing else of the disk."""

import os
import re
from pathlib import Path

import pytest

from hawknest.accounts import settings
from hawknest.doors.web.static import PAGES, SIGN_UP
from web.pages import API, served
from web.test_gate import raw

ROOT = Path(__file__).parents[2]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    place = tmp_path / "static"
    (place / "assets").mkdir(parents=True)
    (place / "index.html").write_text("<!doctype html><title>first page</title>")
    (place / "assets" / "main-Abc123_-xY.js").write_text("console.log('x');" * 100)
    (place / "assets" / "plain.css").write_text("a{}")
    (place / "hawk.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (place / "font.woff2").write_bytes(b"\0\1\2")
    (tmp_path / "secret.txt").write_text("secret")
    return place


async def test_files_and_how_long_they_are_kept(tmp_path: Path, built: Path) -> None:
    async with served(tmp_path, static=built) as house:
        browser = await house.browser()
        answer = await browser.get("/assets/main-Abc123_-xY.js", headers={"Accept-Encoding": "identity"})
        assert answer.text.startswith("console")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith("text/javascript")
        packed = await browser.get("/assets/main-Abc123_-xY.js")
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.text == answer.text
        assert packed.headers["vary"] == "accept-encoding"
        for path, media in (
            ("/assets/plain.css", "text/css"),
            ("/hawk.svg", "image/svg+xml"),
            ("/font.woff2", "font/woff2"),
        ):
            answer = await browser.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(media)
            assert answer.headers["cache-control"] == "no-cache"
            again = await browser.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        head = await browser.head("/hawk.svg")
        assert (head.status_code, head.content) == (200, b"")


async def test_the_first_page_answers_at_the_applications_addresses(tmp_path: Path, built: Path) -> None:
    async with served(tmp_path, static=built) as house:
        browser = await house.browser()
        for path in (
            "/",
            "/users",
            "/users/mia%40example.org",
            "/users/a%2Bb@example.org/keys",
            "/welcome",
            "/me/keys",
            "/?x",
        ):
            answer = await browser.get(path)
            assert "first page" in answer.text, path
            assert answer.headers["cache-control"] == "no-cache"
        for path in (
            "/index.html",
            "/nowhere",
            "/assets/",
            "/assets",
            "/api",
            "/api/v1",
            "/api/v1/nowhere",
            "/.well-known/x",
        ):
            assert (await browser.get(path)).status_code == 404, path
        assert (await browser.post("/users")).status_code == 405
        assert (await browser.post("/api/v1/nowhere")).status_code == 404
        answer = await browser.delete(f"{API}auth/me")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_the_page_to_sign_up_is_there_where_it_is_allowed(tmp_path: Path, built: Path) -> None:
    """PARITY 46."""
    async with served(tmp_path, static=built) as house:
        browser = await house.browser()
        assert (await browser.get("/join")).status_code == 404
        await house.write(lambda c: settings.set_policy(c, "sign_up", "invited"))
        assert (await browser.get("/join")).status_code == 200


TRAVERSALS = [
    b"/../secret.txt",
    b"/assets/../../secret.txt",
    b"/assets/..%2f..%2fsecret.txt",
    b"/%2e%2e/secret.txt",
    b"/%252e%252e/secret.txt",
    b"/..\\secret.txt",
    b"/..%5csecret.txt",
    b"/assets/%2e%2e%5c..%5csecret.txt",
    b"/secret.txt%00.js",
    b"/%c0%ae%c0%ae/secret.txt",
    b"/%c0%af..%c0%afsecret.txt",
    b"//secret.txt",
    b"/users/../../secret.txt",
    b"/users/..%2f..%2fsecret.txt",
    b"/users/%c0%ae%c0%ae%2fsecret.txt",
    b"/_users/example.org/mia/_tempatt/../userdata.rec",
    b"/mia/_tempatt/../userdata.rec",
    b"/images/../_logs/2026-11-24.txt",
    b"/images/%2e%2e/_logs/2026-11-24.txt",
    b"/hawknest.toml",
    b"/hawknest.sqlite",
    b"/log/../hawknest.toml",
    b"/api/v1/../../hawknest.toml",
    b"/api/v1/users/..%2f..%2fhawknest.toml",
    b"/etc/passwd",
    b"/%2fetc/passwd",
    b"file:///etc/passwd",
    b"/\xff\xfe",
]


@pytest.mark.parametrize("path", TRAVERSALS)
async def test_no_path_leads_out(tmp_path: Path, built: Path, path: bytes) -> None:
    """N1."""
    async with served(tmp_path, static=built, services=("http",)) as house:
        (tmp_path / "hawknest.toml").write_text("secret")
        said = await raw(house, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert said[9:12] in {b"404", b"400", b"401"}, said[:200]
        assert b"secret\r\n" not in said
        assert b"root:" not in said


async def test_a_copy_whose_pages_were_not_built_says_how(tmp_path: Path) -> None:
    async with served(tmp_path, static=tmp_path / "nothing") as house:
        browser = await house.browser()
        answer = await browser.get("/")
        assert answer.status_code == 503
        assert "./dev ui" in answer.text
        assert (await browser.get("/nowhere")).status_code == 404
        assert (await browser.me()).status_code == 401  # the API is there all the same


async def test_pages_that_are_built_anew_are_given_anew(tmp_path: Path, built: Path) -> None:
    async with served(tmp_path, static=built) as house:
        browser = await house.browser()
        assert "first page" in (await browser.get("/")).text
        (built / "index.html").write_text("<title>second page</title>")
        os.utime(built / "index.html", (1, 1))
        assert "second page" in (await browser.get("/")).text


def test_the_server_and_the_pages_agree_which_addresses_are_pages() -> None:
    source = (ROOT / "ui" / "src" / "router.ts").read_text()
    (told,) = re.findall(r"\^\\/\(([a-z|-]+)\)\(\\/\|\$\)", source)
    assert set(told.split("|")) == PAGES | {SIGN_UP}

"""Talking with an authority that is made up here: when it would like renewal, how long it wants to be left alone, and nonsense."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from hawknest.net import acme
from hawknest.net.acme import AcmeError, Authority
from hawknest.net.acme_talk import NONCES, Talk, terms

CHAIN = trustme.CA().issue_cert("mx.example.org").cert_chain_pems[0].bytes()


class Made:
    """An authority of which every answer is set by hand."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], Any]] = {}
        self.asked: list[str] = []
        made = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer()

            def do_HEAD(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer()

            def answer(self) -> None:
                made.asked.append(self.path)
                longest = max((p for p in made.answers if self.path.startswith(p)), key=len, default="")
                status, headers, body = made.answers.get(longest, (404, {}, {}))
                octets = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                kind = "application/json" if status < 400 else "application/problem+json"
                told = {"Content-Type": kind, "Replay-Nonce": "bm9uY2U", "Content-Length": str(len(octets))}
                for name, value in (told | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(octets)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.answers["/dir"] = 200, {}, self.directory()
        self.answers["/nonce"] = 200, {}, b""
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def directory(self, **more: Any) -> dict[str, Any]:
        places = {"newNonce": "nonce", "newAccount": "account", "newOrder": "order", "revokeCert": "revoke"}
        return {name: f"{self.base}/{place}" for name, place in places.items()} | more

    @property
    def authority(self) -> Authority:
        return Authority(f"{self.base}/dir")

    def talk(self) -> Talk:
        return Talk(self.authority, acme.new_key(), f"{self.base}/account/1")


@pytest.fixture
def made() -> Iterator[Made]:
    one = Made()
    yield one
    one.server.shutdown()
    one.server.server_close()


def test_renewal_is_when_the_authority_would_like_it(made: Made) -> None:
    made.answers["/dir"] = 200, {}, made.directory(renewalInfo=f"{made.base}/renewal")
    window = {"start": "2027-01-02T00:00:00Z", "end": "2027-01-03T00:00:00Z"}
    made.answers["/renewal/"] = 200, {"Retry-After": "3600"}, {"suggestedWindow": window}
    found = made.talk().window(CHAIN, 1000.0)
    assert found is not None
    assert (found.closes_at - found.opens_at, found.opens_at) == (86400.0, 1798848000.0)
    assert 4500 < found.look_at <= 4600
    assert made.asked[-1].count(".") == 1  # key identifier and serial number


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"suggestedWindow": {}},
        {"suggestedWindow": {"start": "2027-01-03T00:00:00Z", "end": "2027-01-02T00:00:00Z"}},
        {"suggestedWindow": {"start": "soon", "end": "later"}},
        [],
        b"no json",
    ],
)
def test_nonsense_about_renewal(made: Made, told: Any) -> None:
    made.answers["/dir"] = 200, {}, made.directory(renewalInfo=f"{made.base}/renewal")
    made.answers["/renewal/"] = 200, {}, told
    with pytest.raises(AcmeError):
        made.talk().window(CHAIN, 0.0)


def test_an_authority_that_does_not_say(made: Made) -> None:
    assert made.talk().window(CHAIN, 0.0) is None


def problem(kind: str, detail: str = "no", **more: Any) -> dict[str, Any]:
    return {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, **more}


BOTH = ("a.example", "b.example")
ONE = problem("caa", "said no", identifier={"type": "dns", "value": "b.example"})


@pytest.mark.parametrize(
    ("answer", "kind", "names", "wait"),
    [
        ((429, {"Retry-After": "7200"}, problem("rateLimited")), "rateLimited", BOTH, 7200),
        ((429, {}, problem("rateLimited")), "rateLimited", BOTH, 0),
        ((429, {"Retry-After": "9999999"}, problem("rateLimited")), "rateLimited", BOTH, 86400),
        ((400, {}, problem("badNonce")), "badNonce", BOTH, 0),
        ((403, {}, problem("userActionRequired")), "userActionRequired", BOTH, 0),
        ((400, {}, problem("rejectedIdentifier", subproblems=[ONE])), "caa", ("b.example",), 0),
        ((503, {"Retry-After": "60"}, b"<html>busy</html>"), "serverInternal", BOTH, 60),
        ((418, {}, {"type": "about:blank", "title": "teapot"}), "serverInternal", BOTH, 0),
        ((200, {}, b"no json"), "not-acme", BOTH, 0),
        ((200, {}, {}), "not-acme", BOTH, 0),
    ],
)
def test_refusals(
    made: Made, answer: tuple[int, dict[str, str], Any], kind: str, names: tuple[str, ...], wait: float
) -> None:
    made.answers["/order"] = answer
    with pytest.raises(AcmeError) as raised:
        made.talk().order(BOTH, acme.request(acme.new_key(), BOTH))
    assert (raised.value.kind, raised.value.names) == (kind, names)
    assert wait - 5 <= raised.value.wait <= wait


def test_a_lost_nonce_is_tried_again_at_once(made: Made) -> None:
    made.answers["/order"] = 400, {}, problem("badNonce")
    with pytest.raises(AcmeError):
        made.talk().order(("a.example",), acme.request(acme.new_key(), ("a.example",)))
    assert made.asked.count("/order") == NONCES


def test_terms(made: Made) -> None:
    assert terms(made.authority) == ""
    made.answers["/dir"] = 200, {}, made.directory(meta={"termsOfService": "https://example.org/terms"})
    assert terms(made.authority) == "https://example.org/terms"


def test_nobody_there(made: Made) -> None:
    with pytest.raises(AcmeError) as raised:
        terms(Authority("http://127.0.0.1:1/dir"))
    assert raised.value.kind == "authority-gone"
    made.answers["/dir"] = 200, {}, b"<html>a page</html>"
    with pytest.raises(AcmeError):
        made.talk().order(("a.example",), acme.request(acme.new_key(), ("a.example",)))
    with pytest.raises(AcmeError):
        terms(made.authority)

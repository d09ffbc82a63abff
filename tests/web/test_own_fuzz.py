"""Signing in and one's own account under schemathesis: no request makes the server fail, every answer is as described.

What ends the session that asks is left out: it has tests of its own.
"""

import asyncio
import threading
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi

from hawknest.accounts import sessions
from hawknest.accounts.locks import Verifier
from hawknest.doors.web.openapi import document
from hawknest.doors.web.routes import ROUTES
from nests import PASSWORD
from pages import served

OURS = ("/api/v1/auth", "/api/v1/me", "/api/v1/welcome")
ENDS = {"/api/v1/auth/sign-out", "/api/v1/me/sessions"}
CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
DESCRIPTION = document(
    route
    for route in ROUTES
    if route.path.startswith(OURS) and not (route.path in ENDS and route.method != "GET")
)
DESCRIPTION["components"].pop("securitySchemes")  # we bring our own cookie, each time
for _operations in DESCRIPTION["paths"].values():
    for _operation in _operations.values():
        _operation.pop("security")
#: What a body needs so that something can come of it.
RIGHT = {
    "name": ["mia", "nobody"],
    "password": [PASSWORD, "\0", "a fine long phrase"],
    "current": [PASSWORD, ""],
    "label": ["phone", "", "\0", "\u202e"],
    "services": [["smtp", "imap"], ["xmpp"]],
    "forward": [["tom@example.org"], ["\0@example.org"]],
    "language": ["ja"],
    "code": ["123456", "\uff11\uff12\uff13\uff14\uff15\uff16"],
    "real_name": ["\0", "\ud7ff", "Mia"],
}
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A served nest in a thread; gives where it is and what to ask it with."""
    ready, done, told = threading.Event(), asyncio.Event(), {}

    async def serve() -> None:
        told["loop"] = asyncio.get_running_loop()
        async with served(tmp_path_factory.mktemp("fuzz")) as found:
            keys = found.nest.keys
            keys.admit = _at_once
            told["url"] = found.base("http")
            opened = await found.write(
                lambda c: sessions.begin(c, 1, way="password", peer="127.0.0.1", agent="", now=2e9)
            )
            told["cookie"] = opened.secret
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield told
    told["loop"].call_soon_threadsafe(done.set)
    thread.join(30)


async def _at_once(*_: object) -> None:
    """Let nobody wait for earlier failures: there will be hundreds."""


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_answers_as_described(
    house: dict[str, Any], label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def quick(_self: object, _password: str, _locks: object) -> None:
        return None

    monkeypatch.setattr(Verifier, "check", quick)  # no password is right here, and none takes its time
    headers = {"Cookie": f"hawknest={house['cookie']}", "X-Hawknest": "1", "Origin": house["url"]}

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(), data=st.data(), real=st.booleans())
    def ask(case: Any, data: Any, real: bool) -> None:
        if real and isinstance(case.body, dict):
            for name in RIGHT.keys() & case.body.keys():
                case.body[name] = data.draw(st.sampled_from(RIGHT[name]))
        response = case.call(base_url=house["url"], headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()

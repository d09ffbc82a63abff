"""Whatever is asked, the answer is one of those that the API's description knows: schemathesis over all operations, for about a minute.

What ends the session that asks, the server, or never ends is left out: those have tests of their own.
"""

import asyncio
import threading

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi
from served import ADMIN, served

from hawknest.doors.web.openapi import document
from hawknest.doors.web.routes import ROUTES

EXAMPLES = 25
ENDLESS = {"/api/v1/events", "/api/v1/selftest"}
BESIDE = ("/api/v1/auth", "/api/v1/me", "/api/v1/welcome", "/api/v1/service", "/api/v1/listeners/{name}", "/api/v1/dns", "/api/v1/domains/{name}/check", "/api/v1/domains/{name}/coach", "/api/v1/certificates/terms")  # fmt: skip
CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
DESCRIPTION = document(
    route
    for route in ROUTES
    if route.path not in ENDLESS and not route.path.startswith(BESIDE) and route.path.startswith("/api/")
)
DESCRIPTION["components"].pop("securitySchemes")  # we bring our own cookie, each time
for _operations in DESCRIPTION["paths"].values():
    for _operation in _operations.values():
        _operation.pop("security")
#: What there is, for the places in paths: so that handlers are reached, and not only their first refusals.
THERE = {
    "address": ["tom@example.org", "zoe@example.com", "team@example.org", "postmaster@example.org"],
    "name": ["example.com", "example.net", "recommended", "original", "printer"],
    "id": ["all", "1"],
    "act": ["hold", "release", "retry", "drop", "reroute", "suspend", "resume"],
    "label": ["phone"],
    "trace": ["0" * 16],
    "number": ["1"],
}
#: What a body needs so that something can come of it.
RIGHT = {
    "address": ["new@example.org", "new@example.com"],
    "targets": [["tom@example.org"]],
    "target": ["tom@example.org"],
    "password": [None, "a fine long phrase"],
    "url": ["https://hooks.example/a", "http://127.0.0.1:1/"],
    "name": ["new.example", "printer"],
    "scopes": [["users:read"]],
    "forward": [["far@elsewhere.example"]],
    "addresses": ["192.168.3.7", "10.0.0.0/24"],
    "events": [["bounced"]],
    "services": [["smtp", "imap"]],
    "label": ["phone", "backup"],
    "to": ["[192.0.2.1]"],
}
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}


@pytest.fixture(scope="module")
def nest(tmp_path_factory):
    """A served nest in a thread; gives where it is and what to ask it with."""
    ready, done = threading.Event(), asyncio.Event()
    told = {}

    async def serve():
        told["loop"] = asyncio.get_running_loop()
        async with served(tmp_path_factory.mktemp("fuzz")) as found:
            told["url"], told["cookie"] = found.url, await found.cookie(ADMIN)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield told
    told["loop"].call_soon_threadsafe(done.set)
    thread.join(30)


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_answers_as_described(nest, label):
    """No request makes the server fail, and every answer is as it is described."""
    headers = {"Cookie": f"hawknest={nest['cookie']}", "X-Hawknest": "1", "Origin": nest["url"]}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(), data=st.data(), real=st.booleans())
    def ask(case, data, real):
        if real:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = data.draw(st.sampled_from(THERE[name]))
            if isinstance(case.body, dict):
                for name in RIGHT.keys() & case.body.keys():
                    case.body[name] = data.draw(st.sampled_from(RIGHT[name]))
        response = case.call(base_url=nest["url"], headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()
    alive = requests.get(f"{nest['url']}/api/v1/auth/me", headers=headers, timeout=10)
    assert alive.status_code == 200

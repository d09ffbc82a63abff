"""Questions of an owner that change nothing: how may this client send, and what does the DNS say."""

from functools import partial
from typing import Any, Final

from hawknest.accounts import domains
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.domains import checked
from hawknest.doors.web.api.language import language
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.post import maysend
from hawknest.post.maysend import Question

LONGEST: Final = 500  # characters of what is asked about

_ASKED: Final = {
    "peer": "The address of the machine that sends",
    "user": "The login name of a user or device",
    "sender": "The address that it sends as",
    "recipient": "The address that it sends to",
}


class DnsTest(Body):
    """A domain to look at."""

    domain: str


async def may_send(ask: Ask) -> dict[str, Any]:
    """Tell how a client may send, and why."""
    asked = {name: ask.query.get(name, "").strip()[:LONGEST].replace("\0", "") for name in _ASKED}
    question = partial(
        maysend.how, question=Question(**asked), now=ask.rooms.clock(), gateways=ask.rooms.gateways()
    )
    answer = await ask.rooms.store.read(question)
    return answer.plain(language(ask))


async def look_up(ask: Ask) -> dict[str, Any]:
    """Ask the DNS for any domain, by the resolvers of this server."""
    return await checked(ask, domains.named(ask.body.domain))


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/may-send",
        handler=may_send,
        need=Need.ADMIN,
        scope=Scope.TESTS,
        summary="How may this client send? Each way that an address and a user have, whether it is open, and why",
        answer=dict[str, Any],
        query=_ASKED | {"language": "Of the words: en or ja"},
    ),
    Route(
        method="POST",
        path="/api/v1/dns/test",
        handler=look_up,
        need=Need.ADMIN,
        scope=Scope.TESTS,
        summary="Ask the DNS for a domain, ours or not, by the resolvers of this server, and say what is wrong",
        body=DnsTest,
        answer=dict[str, Any],
        query={"language": "Of the words: en or ja"},
    ),
)

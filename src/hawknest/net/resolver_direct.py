"""Asks one server itself, such as those that speak for a zone: nothing kept, nothing asked of others. RFC 1034 §4.3.1, RFC 1035 §4.1.1.

What a resolver says may be an hour old; this is what stands there now.
"""

from typing import Any, Final, TypeVar, cast

from hawknest.dns import Answer, DnsError, Kind, NotAName, canonical_name
from hawknest.net.resolver_exchange import exchange
from hawknest.net.resolver_message import Inquiry
from hawknest.net.resolver_servers import Server

R = TypeVar("R")

PATIENCE: Final = 5.0  # seconds


async def ask_at(
    server: tuple[str, int],
    name: str,
    kind: Kind[R],
    timeout: float = PATIENCE,  # noqa: ASYNC109 - it ends in an exception of its own
) -> Answer[R]:
    """Ask a server for what it knows with authority.

    Args:
        server: its IP address and port.
        name: A-labels, any case, with or without a dot at the end.
        kind: which records; CNAMEs are followed as far as this server speaks for them.
        timeout: seconds for UDP, and again for TCP.

    Raises:
        Nothing: there are none.
        NotInCharge: the server does not speak for the name (it may also say Refused).
        Unknown: it could not be learnt.
    """
    asked = canonical_name(name)
    if asked is None:
        raise NotAName(name, kind.name)
    known_as = Server(server[0], server[1], trusted=False).name
    outcome = await _ask(server, asked, kind, known_as, timeout)
    if isinstance(outcome, DnsError):
        raise outcome
    return cast("Answer[R]", outcome)


async def _ask(
    server: tuple[str, int],
    name: str,
    kind: Kind[Any],
    known_as: str,
    timeout: float,  # noqa: ASYNC109 - it ends in a value
) -> Answer[Any] | DnsError:
    """Ask with EDNS, and in the plain way of old where that is not understood (RFC 6891 §7)."""
    words = name, kind.name, known_as
    inquiry = Inquiry(name, kind, edns=True, direct=True)
    reply = await exchange(inquiry, server, words, timeout)
    if not isinstance(reply, DnsError) and reply.knows_no_edns:
        inquiry = Inquiry(name, kind, edns=False, direct=True)
        reply = await exchange(inquiry, server, words, timeout)
    return reply if isinstance(reply, DnsError) else reply.own_word(inquiry, known_as)

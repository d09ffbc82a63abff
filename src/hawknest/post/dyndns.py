"""Tells a provider of dynamic names where this server is, in the words that dyndns.org began and others speak too (dyndns2)."""

import base64
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from hawknest import __version__
from hawknest.accounts.address import Provider
from hawknest.dns import IpAddress
from hawknest.net import webcall
from hawknest.net.webcall import CallError

PATIENCE: Final = 30.0  # seconds
LIMIT: Final = 4096  # octets of an answer


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: `refused` says why nothing did; `final` that asking again would not help, and might get us shut out."""

    refused: str = ""
    final: bool = False


#: RFC has none of this; the words are those that every provider of the kind answers with.
_FINAL: Final = {
    "badauth": "the provider does not know this user name and password",
    "nohost": "the provider does not know {host}, or it is not this user's",
    "notfqdn": "the provider takes {host} for no full name",
    "numhost": "the provider says that too many names were told at once",
    "abuse": "the provider has shut {host} out for too many updates; ask it to open it again",
    "badagent": "the provider refuses this program",
    "!donator": "the provider gives this only to those who pay",
}


async def tell(
    provider: Provider,
    password: str,
    addresses: Sequence[IpAddress],
    context: ssl.SSLContext,
    may: Callable[[IpAddress], bool],
) -> Told:
    """Tell a provider the addresses that its name is to have.

    Args:
        provider: whom, and for which name.
        password: its password.
        addresses: one of each kind at the most are told.
        context: for TLS.
        may: which addresses may be called.
    """
    mark = "&" if urlsplit(provider.url).query else "?"
    mine = quote(",".join(map(str, addresses)), safe=",:")
    url = f"{provider.url}{mark}hostname={quote(provider.host)}&myip={mine}"
    login = base64.b64encode(f"{provider.user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "User-Agent": f"Hawknest/{__version__}"}
    try:
        said = await webcall.get(
            url, context=context, may=may, seconds=PATIENCE, limit=LIMIT, headers=headers
        )
    except CallError as error:
        if str(error).startswith("401"):
            return Told(_FINAL["badauth"], final=True)
        return Told(f"the provider could not be told: {error}")
    return judged(said.decode("utf-8", "replace"), provider.host)


def judged(said: str, host: str) -> Told:
    """Read what a provider answered: of several lines the first that is no yes."""
    words = [line.split()[0].lower() for line in said.splitlines() if line.split()] or [""]
    word = next((word for word in words if word not in {"good", "nochg"}), "")
    if not word and words != [""]:
        return Told()
    if word in _FINAL:
        return Told(_FINAL[word].format(host=host), final=True)
    if word in {"dnserr", "911"}:
        return Told("the provider has trouble of its own; it is told again later")
    return Told(f"the provider answered {said.strip()[:80]!r}, which says nothing that is known")

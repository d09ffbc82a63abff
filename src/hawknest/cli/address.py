"""`hawknest address`: the address on the Internet that this server is reached at, and who is told when it changes."""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from hawknest.accounts import address
from hawknest.accounts.address import Source, Standing
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.store import Connection

app = App(
    name="address",
    help="The address on the Internet that this server is reached at, where it changes or a router has it.",
    help_format="markdown",
)
LIMIT: Final = 4096  # characters of a password


@app.default
def look(*, data: Data = DEFAULT, json: Json = False) -> None:
    """Tell the address, where it is learnt, and whether the provider of a dynamic name was told.

    Example: `hawknest address`
    """
    with nest(data) as here:
        kept = here.read(address.standing)
    show(_data(kept), json, lambda: _told(kept))


@app.command(name="set")
def fix(*addresses: str, data: Data = DEFAULT) -> None:
    """Name the addresses: for a server whose router has a fixed one.

    `hawknest domain records` then has them, and `domain publish` enters them.

    Example: `hawknest address set 203.0.113.5 2001:db8::5`

    Args:
        addresses: IPv4 and IPv6 addresses.
    """
    with nest(data) as here:
        kept = _change(here, lambda c: address.fix(c, addresses, time.time()))
    print(_told(kept))


@app.command
def watch(source: Literal["interface", "https"], *, url: str = "", data: Data = DEFAULT) -> None:
    """Learn the address again and again, and have the records of published domains follow it.

    With `interface` it is the one of this machine itself. With `https` a page tells it: one that answers with the address that
    the question came from, and nothing else. Many providers and routers have such a page; you choose whom to ask.

    Example: `hawknest address watch https --url https://ip.provider.example/`

    Args:
        source: Where it is learnt.
        url: The page.
    """
    from hawknest.post.address import Unlearnt, Ways, learnt  # noqa: PLC0415 (only this command asks)

    kind = Source(source)
    with nest(data) as here:
        kept = _change(here, lambda c: address.watch(c, kind, url))
        try:
            found = asyncio.run(learnt(kind, url, Ways()))
        except Unlearnt as error:
            print(f"hawknest: {error}", file=sys.stderr)
        else:
            print(tell("address-now", addresses=" ".join(map(str, found))))
    print(tell("address-watched", source=_source(kept)))


@app.command
def provider(
    url: str = "",
    *,
    host: str = "",
    user: str = "",
    password_stdin: Annotated[bool, Parameter(negative=())] = False,
    off: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
) -> None:
    """Tell a provider of dynamic names when the address changes, by the dyndns2 protocol that nearly all of them speak.

    The running server tells it, with the password that is sealed in the database.

    Example: `hawknest address provider https://provider.example/nic/update --host home.provider.example --user mia --password-stdin`

    Args:
        url: The provider's address for updates, without the question mark and what follows.
        host: The name that is to lead here.
        user: The user name there.
        password_stdin: Read the password from the first line of stdin.
        off: Tell no provider any more.
    """
    from hawknest.accounts import vault  # noqa: PLC0415

    if off == bool(url) or (not off and not password_stdin):
        raise Trouble(tell("address-provider"))
    with nest(data) as here:
        if off:
            _change(here, address.tell_nobody)
            print(tell("address-provider-off"))
            return
        place, password = vault.at(here.config.directory), sys.stdin.readline(LIMIT).rstrip("\r\n")
        _change(here, lambda c: address.tell(c, place, url=url, host=host, user=user, password=password))
    print(tell("address-provider-on", host=host))


@app.command
def off(*, data: Data = DEFAULT) -> None:
    """Learn no address and tell no provider any more, and forget what was known.

    Example: `hawknest address off`
    """
    with nest(data) as here:
        _change(here, address.stop)
    print(tell("address-off"))


def _change(here: Nest, job: Callable[[Connection], Standing]) -> Standing:
    return here.change("address.change", "address", job, lambda c: _data(address.standing(c)))


def _data(kept: Standing) -> dict[str, Any]:
    """What is known, without secrets."""
    return {
        "source": str(kept.source),
        "url": kept.url,
        "addresses": list(kept.known),
        "since": kept.known_since,
        "looked_at": kept.looked_at,
        "problem": kept.problem,
        "provider": {"url": kept.provider.url, "host": kept.provider.host, "user": kept.provider.user}
        if kept.provider
        else None,
        "told": list(kept.told),
        "told_at": kept.told_at,
        "provider_problem": kept.refused,
    }


def _source(kept: Standing) -> str:
    return tell(f"address-{kept.source}", url=kept.url)


def _told(kept: Standing) -> str:
    """What is known, in words."""
    if kept.source is Source.OFF:
        return tell("address-off")
    lines = [tell("address-source", source=_source(kept))]
    if kept.known:
        lines.append(tell("address-known", addresses=" ".join(kept.known), at=when(kept.known_since)))
    if kept.problem:
        lines.append(tell("address-problem", words=kept.problem))
    if kept.provider and kept.refused:
        lines.append(tell("address-refused", host=kept.provider.host, words=kept.refused))
    elif kept.provider and kept.told:
        told = {"host": kept.provider.host, "addresses": " ".join(kept.told), "at": when(kept.told_at)}
        lines.append(tell("address-told", **told))
    elif kept.provider:
        lines.append(tell("address-provider-on", host=kept.provider.host))
    return "\n".join(lines)

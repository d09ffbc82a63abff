"""`hawknest exempt …`: network addresses that may send without logging in."""

import sys
import time
from typing import Annotated

from cyclopts import App, Parameter

from hawknest.accounts import exempt
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json, show, table, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.net.gateway import Gateways

app = App(
    name="exempt",
    help="Network addresses that may send without logging in. Write them as `192.168.1.7`, `192.168.1.0/24`, "
    "`192.168.1.2-254`, `192.168.1.*` or `2001:db8::/64`.",
    help_format="markdown",
)


@app.command
def add(
    addresses: str,
    *,
    note: str = "",
    days: float | None = None,
    hours: float | None = None,
    confirm: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
) -> None:
    """Let addresses send without logging in.

    Example: `hawknest exempt add 192.168.1.20-29 --note "office printers" --days 30`

    Example: `hawknest exempt add 127.0.0.1 --hours 1`

    Args:
        addresses: One address, a network, a range or a wildcard.
        note: What it is for.
        days: End it after so many days; without this and --hours it stays.
        hours: End it after so many hours.
        confirm: Accept a wide range, one beyond private networks, or this network's router: everybody there may then send
            through you.
    """
    lasts = (days or 0) * 86400 + (hours or 0) * 3600
    if lasts <= 0 and (days, hours) != (None, None):
        raise Trouble("an exemption must last for some time: say --days or --hours above 0")
    ends = time.time() + lasts if lasts else None
    routers = Gateways()()
    with nest(data) as here:
        entry = here.change(
            "exempt.add",
            addresses,
            lambda c: exempt.add(c, addresses, note, ends, confirmed=confirm, gateways=routers),
        )
    print(f"{entry.spec} may send without logging in" + (f" until {when(ends)}" if ends else ""))
    for router in exempt.hidden_in([entry], routers):
        print(tell("exempt-router", router=router), file=sys.stderr)


@app.command
def remove(addresses: str, *, data: Data = DEFAULT) -> None:
    """Take addresses off the list.

    Example: `hawknest exempt remove 192.168.1.20-29`

    Args:
        addresses: The entry as it was written.
    """
    with nest(data) as here:
        here.change("exempt.remove", addresses, lambda c: exempt.remove(c, addresses))
    print(f"{addresses} must log in again")


@app.command(name="list")
def listing(*, data: Data = DEFAULT, json: Json = False) -> None:
    """List the addresses that may send without logging in.

    Example: `hawknest exempt list`
    """
    with nest(data) as here:
        found = here.read(exempt.listing)
    now = time.time()
    rows = [
        (e.spec, "over" if e.expires_at and e.expires_at < now else when(e.expires_at), e.note) for e in found
    ]
    show(found, json, lambda: table(("ADDRESSES", "UNTIL", "NOTE"), rows, "everybody must log in"))

"""`hawknest user app-password …`: passwords for one program or device of a user."""

import time
from typing import Annotated

from cyclopts import App, Parameter

from hawknest.accounts import apps, passwords
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json, show, table, when
from hawknest.cli.secret import salt_for

app = App(
    name="app-password",
    help="Passwords for one program or device of a user: made up, shown once, and taken back alone.",
    help_format="markdown",
)


@app.command
def add(
    address: str,
    label: str,
    *,
    service: Annotated[
        list[str] | None,
        Parameter(
            name="--service",
            negative=(),
            help="What it opens: smtp, pop3, imap or web; may stand several times. Without it: reading and sending.",
        ),
    ] = None,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Make an app password, and show it once.

    Example: `hawknest user app-password add tom@example.org phone --service smtp --service pop3`

    Args:
        address: The user.
        label: What it is for, such as phone.
    """
    password = passwords.generate_app()
    wanted = service or ["smtp", "pop3", "imap"]
    with nest(data) as here:
        derived = passwords.derived_of(password, salt_for(here, address))
        made = here.change(
            "user.app_password.add",
            f"{address} {label}",
            lambda c: apps.add(c, address, label, wanted, derived=derived, now=time.time()),
        )
    shown = {"label": made.label, "services": made.services, "password": password}
    show(shown, json, lambda: f"{made.label} opens {', '.join(made.services)}\npassword: {password}")


@app.command
def remove(address: str, label: str, *, data: Data = DEFAULT) -> None:
    """Take an app password back; whoever uses it is out at once.

    Example: `hawknest user app-password remove tom@example.org phone`

    Args:
        address: The user.
        label: What it was for.
    """
    with nest(data) as here:
        here.change(
            "user.app_password.remove", f"{address} {label}", lambda c: apps.remove(c, address, label)
        )
    print(f"{label} opens nothing any more")


@app.command(name="list")
def listing(address: str, *, data: Data = DEFAULT, json: Json = False) -> None:
    """List the app passwords of a user, without the passwords.

    Example: `hawknest user app-password list tom@example.org`

    Args:
        address: The user.
    """
    with nest(data) as here:
        found = here.read(lambda c: apps.listing(c, address))
    rows = [(a.label, ", ".join(a.services), when(a.created_at)) for a in found]
    show(found, json, lambda: table(("LABEL", "OPENS", "SINCE"), rows, "there are no app passwords"))

"""`hawknest invite …`: people who make accounts for themselves."""

import time
from typing import Annotated

from cyclopts import App, Parameter

from hawknest.accounts import invitations, signup
from hawknest.accounts.invitations import DAYS, Invitation
from hawknest.accounts.signup import Applicant, Mode
from hawknest.cli import pages
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show, table, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.store import Connection

app = App(
    name="invite",
    help="People who make accounts for themselves on the web pages. It is off until `hawknest config set sign_up invited`, or "
    "`approved`, with which people may also ask without an invitation, and an administrator admits them.",
    help_format="markdown",
)


@app.command
def add(
    to: str,
    *,
    days: float = DAYS,
    count: int = 1,
    note: str = "",
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Make an invitation; its link is shown once.

    Example: `hawknest invite add example.org --note "for Noor"`

    Args:
        to: A domain, or one address of it.
        days: How long it is good for.
        count: How many accounts it is good for.
        note: For whom it is.
    """

    def job(connection: Connection) -> tuple[Invitation, str]:
        if signup.mode(connection) is Mode.OFF:
            raise Trouble(tell("invite-off"))
        if "@" in to:
            signup.checked(connection, to)
        now = time.time()
        return invitations.add(
            connection, to, by=tell("invite-here"), now=now, days=days, count=count, note=note
        )

    with nest(data) as here:
        made, secret = here.change("invitation.add", to, job)
        bases = pages.bases(here.config, admin=False) or [f"https://{here.config.hostname}"]
        link = f"{bases[0]}/join#{secret}"
    shown = {"id": made.id, "domain": made.domain, "link": link, "expires_at": made.expires_at}
    show(shown, json, lambda: tell("invite-made", link=link, until=when(made.expires_at)))


@app.command(name="list")
def listing(*, data: Data = DEFAULT, json: Json = False) -> None:
    """List the invitations that are good, and who asks for an account.

    Example: `hawknest invite list`
    """
    with nest(data) as here:
        found = here.read(lambda c: invitations.listing(c, time.time()))
        asking = here.read(signup.waiting)

    def in_words() -> str:
        heads = [tell(f"invite-{head}") for head in ("id", "for", "left", "until", "note")]
        rows = [
            (one.id, f"{one.local}@{one.domain}", one.count, when(one.expires_at)[:16], one.note)
            for one in found
        ]
        lines = table(heads, rows, tell("invite-none"))
        more = [tell(f"invite-{head}") for head in ("id", "address", "name", "since", "from", "note")]
        people = [
            (one.id, one.address, one.real_name, when(one.created_at)[:16], one.network, one.note)
            for one in asking
        ]
        return lines + "\n\n" + table(more, people, tell("invite-nobody"))

    show({"invitations": found, "applicants": asking}, json, in_words)


@app.command
def remove(invitation: str, *, data: Data = DEFAULT) -> None:
    """Take an invitation back.

    Example: `hawknest invite remove 3f2c9a0d1b7e4c55`

    Args:
        invitation: Its id in `hawknest invite list`.
    """
    with nest(data) as here:
        here.change("invitation.remove", invitation, lambda c: invitations.remove(c, invitation))
    print(tell("invite-removed"))


@app.command
def admit(applicant: str, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Give somebody who asks the account, with the password that was chosen.

    Example: `hawknest invite admit 3f2c9a0d1b7e4c55`

    Args:
        applicant: The id in `hawknest invite list`, or the address.
    """
    with nest(data) as here:
        one = _chosen(here, applicant)
        user = here.change("applicant.admit", one.address, lambda c: signup.admit(c, one, time.time()))
    show({"address": user.address}, json, lambda: tell("invite-admitted", address=user.address))


@app.command
def refuse(
    applicant: Annotated[str, Parameter(help="The id in `hawknest invite list`, or the address.")],
    *,
    data: Data = DEFAULT,
) -> None:
    """Forget somebody who asks.

    Example: `hawknest invite refuse 3f2c9a0d1b7e4c55`
    """
    with nest(data) as here:
        one = _chosen(here, applicant)
        here.change("applicant.refuse", one.address, lambda c: signup.refuse(c, one.id))
    print(tell("invite-refused", address=one.address))


def _chosen(here: Nest, which: str) -> Applicant:
    """Find who is meant. Raises Trouble where nobody is, or several are."""
    found = [one for one in here.read(signup.waiting) if which in {one.id, one.address}]
    if len(found) != 1:
        raise Trouble(tell("invite-who", which=which))
    return found[0]

"""`hawknest link`: a one-time link that signs somebody in on the web, for who has forgotten the password."""

import time
from typing import Annotated

from cyclopts import Parameter

from hawknest.accounts import audit, links, second, users
from hawknest.cli import pages
from hawknest.cli.nest import BY, DEFAULT, Data, nest
from hawknest.cli.say import Json, show
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.store import Connection


def link(
    user: str = "",
    /,
    *,
    forget_second: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Make a link that signs a user in on the web, once and within 15 minutes; a new password can be chosen there.

    Example: `hawknest link mia@example.org`

    Args:
        user: The user; without it: the administrator. Where there is none yet, whoever opens the link becomes it.
        forget_second: Take the user's authenticator app, passkeys and recovery codes away, where all of them are lost.
    """
    with nest(data) as here:
        address = user or here.read(_administrator)
        found = here.read(lambda c: users.get(c, address)) if address else None
        if found is not None and not found.active:
            raise Trouble(f"{found.address} is switched off and cannot sign in")
        if found is None and forget_second:
            raise Trouble("say whose second factor is lost")

        def job(connection: Connection) -> str:
            now, account_id = time.time(), found.id if found else None
            if found is not None:
                audit.note(connection, BY, "link.make", found.address, now)
                if forget_second and second.forget(connection, found.id):
                    audit.note(connection, BY, "second.forget", found.address, now)
            return links.issue(connection, account_id, now, first=found is None)

        secret = here.write(job)
        urls = pages.link(here.config, secret, admin=found is None or found.admin)
    span = links.FIRST_LIFETIME if found is None else links.LIFETIME
    shown = {"user": found.address if found else None, "links": urls, "seconds": span}
    lines = [tell("link-for", address=found.address)] if found else [tell("link-first")]
    show(shown, json, lambda: "\n".join([*lines, *pages.words(urls, span / 3600)]))


def _administrator(connection: Connection) -> str:
    """The one administrator, '' where there is none. Raises Trouble where there are several."""
    found = links.administrators(connection)
    if len(found) > 1:
        raise Trouble(f"there are several administrators: say which one, such as hawknest link {found[0]}")
    return found[0] if found else ""

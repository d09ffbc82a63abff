"""Who may look at what and change what: an administrator of some domains has those alone, and nobody above.

What lies in another domain is answered as if it were not there.
"""

from collections.abc import Callable
from typing import TypeVar

from hawknest.accounts import domains, sessions, users
from hawknest.accounts.users import User
from hawknest.doors.web.errors import forbidden, not_found
from hawknest.doors.web.route import Ask
from hawknest.store import Connection

T = TypeVar("T")


def over_address(ask: Ask, text: str) -> str:
    """See that who asks administers the domain of an address, which is given back. Raises Problem, AccountError."""
    return _over(ask, domains.address_of(text).domain, text)


def over_domain(ask: Ask, text: str) -> str:
    """See that who asks administers a domain; gives its name. Raises Problem, AccountError."""
    name = domains.named(text)
    return _over(ask, name, name)


def _over(ask: Ask, domain: str, given: str) -> str:
    if not ask.who.administers(domain):
        raise not_found()
    return given


def found(connection: Connection, address: str) -> User:
    """Look at a user. Raises Problem where there is none."""
    if not users.exists(connection, address):
        raise not_found()
    return users.get(connection, address)


def not_above(ask: Ask, job: Callable[[Connection], T], address: str) -> Callable[[Connection], T]:
    """Make a change of a user that is refused where that user may more than who asks: else one could become the other."""

    def checked(connection: Connection) -> T:
        see_not_above(ask, connection, found(connection, address))
        return job(connection)

    return checked


def see_not_above(ask: Ask, connection: Connection, user: User) -> None:
    """See that a user administers no more than who asks. Raises Problem."""
    own = ask.who.domains
    if own is not None and (user.admin or sessions.administers(connection, user.id) - own):
        raise forbidden("This user administers more than you do")

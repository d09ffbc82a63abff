"""People who ask for an account, by the API: an administrator says yes or no."""

from functools import partial

from hawknest.accounts import signup, users
from hawknest.accounts.domains import address_of
from hawknest.accounts.signup import Applicant
from hawknest.accounts.users import User
from hawknest.doors.web.api import paging
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import Connection


async def listing(ask: Ask) -> Page[Applicant]:
    """List who asks for an account."""
    found = await ask.rooms.store.read(signup.waiting)
    return paging.cut([one for one in found if _mine(ask, one)], ask)


async def admit(ask: Ask) -> User:
    """Give an applicant the account."""
    applicant = await _chosen(ask)
    job = partial(signup.admit, applicant=applicant, now=ask.rooms.clock())
    look = partial(users.get, text=applicant.address)
    return await change(ask, "applicant.admit", applicant.address, job, look)


async def refuse(ask: Ask) -> None:
    """Forget an applicant."""
    applicant = await _chosen(ask)
    await change(
        ask, "applicant.refuse", applicant.address, partial(signup.refuse, applicant_id=applicant.id)
    )


async def _chosen(ask: Ask) -> Applicant:
    def question(connection: Connection) -> Applicant:
        for one in signup.waiting(connection):
            if one.id == ask.path["id"] and _mine(ask, one):
                return one
        raise not_found()

    return await ask.rooms.store.read(question)


def _mine(ask: Ask, applicant: Applicant) -> bool:
    return ask.who.administers(address_of(applicant.address).domain)


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/applicants",
        handler=listing,
        need=Need.DOMAINS,
        scope=Scope.USERS,
        summary="List who asks for an account, the longest waiting first",
        query=paging.PARAMETERS,
        answer=Page[Applicant],
    ),
    Route(
        method="POST",
        path="/api/v1/applicants/{id}/admit",
        handler=admit,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Give an applicant the account, with the password that was chosen",
        answer=User,
    ),
    Route(
        method="DELETE",
        path="/api/v1/applicants/{id}",
        handler=refuse,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Forget an applicant",
    ),
)

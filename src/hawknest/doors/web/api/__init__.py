"""The API of the administration: one noun a file, each with its rows of the table of routes."""

from typing import Final

from hawknest.doors.web.api import (
    aliases,
    applicants,
    audit,
    devices,
    domains,
    events,
    exempt,
    held,
    history,
    invitations,
    letters,
    listeners,
    log,
    machine,
    policies,
    questions,
    queue,
    roll,
    service,
    tokens,
    users,
    webhooks,
)
from hawknest.doors.web.route import Route

ROUTES: Final[tuple[Route, ...]] = (
    *service.ROUTES,
    *listeners.ROUTES,
    *events.ROUTES,
    *log.ROUTES,
    *users.ROUTES,
    *roll.ROUTES,
    *domains.ROUTES,
    *aliases.ROUTES,
    *invitations.ROUTES,
    *applicants.ROUTES,
    *devices.ROUTES,
    *exempt.ROUTES,
    *policies.ROUTES,
    *machine.ROUTES,
    *queue.ROUTES,
    *letters.ROUTES,
    *held.ROUTES,
    *audit.ROUTES,
    *tokens.ROUTES,
    *webhooks.ROUTES,
    *history.ROUTES,
    *questions.ROUTES,
)

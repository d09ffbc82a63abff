"""The API of the administration: one noun a file, each with its rows of the table of routes."""

from typing import Final

from hawknest.doors.web.api import (
    aliases,
    audit,
    devices,
    domains,
    events,
    exempt,
    history,
    letters,
    listeners,
    log,
    policies,
    questions,
    queue,
    roll,
    selftest,
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
    *devices.ROUTES,
    *exempt.ROUTES,
    *policies.ROUTES,
    *queue.ROUTES,
    *letters.ROUTES,
    *audit.ROUTES,
    *tokens.ROUTES,
    *webhooks.ROUTES,
    *history.ROUTES,
    *questions.ROUTES,
    *selftest.ROUTES,
)

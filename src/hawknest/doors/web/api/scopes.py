"""What an API token may be made for: one scope for looking at each noun, and one for changing it."""

from enum import StrEnum


class Scope(StrEnum):
    """A scope; each route names the one that opens it."""

    ME = "me:read"
    STATUS = "status:read"
    METRICS = "metrics:read"
    SERVICE = "service:write"
    LISTENERS = "listeners:read"
    LISTENERS_CHANGE = "listeners:write"
    CERTIFICATES = "certificates:read"
    CERTIFICATES_CHANGE = "certificates:write"
    LOG = "log:read"
    AUDIT = "audit:read"
    USERS = "users:read"
    USERS_CHANGE = "users:write"
    DOMAINS = "domains:read"
    DOMAINS_CHANGE = "domains:write"
    ALIASES = "aliases:read"
    ALIASES_CHANGE = "aliases:write"
    DEVICES = "devices:read"
    DEVICES_CHANGE = "devices:write"
    EXEMPT = "exempt:read"
    EXEMPT_CHANGE = "exempt:write"
    POLICIES = "policies:read"
    POLICIES_CHANGE = "policies:write"
    QUEUE = "queue:read"
    QUEUE_CHANGE = "queue:write"
    LETTERS = "letters:read"
    LETTERS_CHANGE = "letters:write"
    WEBHOOKS = "webhooks:read"
    WEBHOOKS_CHANGE = "webhooks:write"
    REPORTS = "reports:read"
    TESTS = "tests:run"


SCOPES = frozenset(map(str, Scope))

"""Who administers some domains of the nest without administering all of it."""

from collections.abc import Iterable
from typing import Final

from hawknest.accounts import domains, sessions, users
from hawknest.accounts.errors import AccountError
from hawknest.store import Connection, Statement

_CLEAR: Final = Statement("DELETE FROM account_domain WHERE account_id = :account")
_ADD: Final = Statement(
    "INSERT INTO account_domain (account_id, domain_id) VALUES (:account, :domain) ON CONFLICT DO NOTHING"
)


def appoint(connection: Connection, address: str, names: Iterable[str]) -> list[str]:
    """Let a user administer these domains and no others. Returns their names. Raises AccountError."""
    user = users.get(connection, address)
    found = [domains.get(connection, name) for name in names]
    if alias := next((domain for domain in found if domain.alias_of), None):
        raise AccountError(f"{alias.name} is an alias of {alias.alias_of}: name that one")
    connection.run(_CLEAR, account=user.id)
    for domain in found:
        connection.run(_ADD, account=user.id, domain=domain.id)
    return appointed(connection, user.id)


def appointed(connection: Connection, account_id: int) -> list[str]:
    """Name the domains that an account administers without administering the whole nest."""
    return sorted(sessions.administers(connection, account_id))

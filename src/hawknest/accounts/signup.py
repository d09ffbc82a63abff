"""Accounts that people make for themselves, where the owner allows it: with an invitation, or with an administrator's yes.

Names that speak for the house are nobody's to take, above all those to which authorities send what proves that a domain is
somebody's (CA/Browser Forum Baseline Requirements §3.2.2.4.4). Who asks for a name that is taken is told what everybody is
told, so that nobody learns who lives here.
"""

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from hawknest.accounts import aliases, domains, invitations, settings, users
from hawknest.accounts.aliases import folded
from hawknest.accounts.errors import AccountError
from hawknest.accounts.invitations import Invitation
from hawknest.accounts.passwords import Secrets
from hawknest.accounts.users import LINE, User
from hawknest.mail.address import Address
from hawknest.store import Connection, Statement

MOST: Final = 200  # applicants that wait
EACH: Final = 3  # of one network in a day
PATIENCE: Final = 60 * 86400.0  # seconds after which an applicant is forgotten
NOTE: Final = 500  # characters

#: Names that are nobody's to take: those of RFC 2142, those that certificates are given by, and those that people trust.
RESERVED: Final = frozenset(
    """
    abuse admin administrator autoconfig autodiscover billing daemon ftp help hostmaster info it list listserv mail
    mailer-daemon majordomo marketing news nobody no-reply noc noreply office operator owner postmaster root sales security
    ssladmin ssladministrator sslwebmaster staff support sysadmin system team trouble usenet uucp webmaster www
    """.split()
)


class Mode(StrEnum):
    """Whether people make accounts for themselves; the policy `sign_up`."""

    OFF = "off"
    INVITED = "invited"  # with an invitation
    APPROVED = "approved"  # with an invitation, or when an administrator says yes


class NotOpen(AccountError):
    """Nobody makes an account here in this way."""


class TooMany(AccountError):
    """There are too many applicants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Somebody who asks for an account."""

    id: str
    address: str
    real_name: str
    language: str
    note: str
    network: str
    created_at: float  # seconds since the epoch
    taken: bool  # the name is somebody's meanwhile, or was


_ADD: Final = Statement(
    """INSERT INTO applicant (id, domain_id, local, real_name, password, scram, salt, language, note, network, created_at)
       VALUES (:id, :domain, :local, :real_name, :password, :scram, :salt, :language, :note, :network, :now)"""
)
_COUNT: Final = Statement(
    """SELECT count(*), coalesce(sum(CASE WHEN network = :network AND created_at > :day THEN 1 ELSE 0 END), 0)
       FROM applicant"""
)
_LIST: Final = Statement(
    """SELECT a.id, a.local, d.name, a.real_name, a.language, a.note, a.network, a.created_at
       FROM applicant a JOIN domain d ON d.id = a.domain_id ORDER BY a.created_at, a.id"""
)
_SECRETS: Final = Statement("SELECT password, scram, salt FROM applicant WHERE id = :id")
_REMOVE: Final = Statement("DELETE FROM applicant WHERE id = :id")
_EXPIRE: Final = Statement("DELETE FROM applicant WHERE created_at < :before")


def mode(connection: Connection) -> Mode:
    """Tell whether people make accounts for themselves."""
    return Mode(settings.policies(connection).sign_up)


def is_reserved(local: str) -> bool:
    """Tell whether a name is nobody's to take."""
    return local in RESERVED or local in domains.ROLES


def checked(connection: Connection, text: str) -> Address:
    """Look at an address that somebody wants: one of a domain of the nest, and not reserved. Raises AccountError."""
    address, domain = domains.home(connection, text)
    local = folded(address)
    if is_reserved(local):
        raise AccountError(f"the name {local} speaks for {domain.name}, so nobody can take it")
    return Address(local, domain.name)


def join(connection: Connection, secret: str, user: User, kept: Secrets, now: float) -> User:
    """Make an account with an invitation, which counts it off. Raises AccountError, NotOpen."""
    if mode(connection) is Mode.OFF:
        raise NotOpen("nobody makes an account here")
    invitation = invitations.use(connection, secret, now)
    address = checked(connection, user.address)
    if invitation is None or not _is_for(invitation, address):
        raise NotOpen("this invitation is no longer good, or not for this name")
    return users.add(connection, User(address=str(address), real_name=user.real_name), kept, now)


def _is_for(invitation: Invitation, address: Address) -> bool:
    return invitation.domain == address.domain and invitation.local in {"", address.local}


def crowded(connection: Connection, peer: str, now: float) -> None:
    """See that there is room for an applicant more from a peer. Raises TooMany."""
    row = connection.one(_COUNT, network=network_of(peer), day=now - 86400)
    count, near = row or (0, 0)
    if count >= MOST or near >= EACH:
        raise TooMany("too many have asked for an account of late; please try again tomorrow")


def apply(
    connection: Connection, user: User, kept: Secrets, *, language: str, note: str, peer: str, now: float
) -> None:
    """Ask for an account; an administrator looks at it. `now` is in seconds since the epoch.

    Raises AccountError, NotOpen, TooMany. A name that is taken is no error.
    """
    if mode(connection) is not Mode.APPROVED:
        raise NotOpen("nobody asks for an account here")
    address = checked(connection, user.address)
    if len(note) > NOTE:
        raise AccountError(f"a note has {NOTE} characters at the most")
    if len(user.real_name) > LINE:
        raise AccountError(f"a name has {LINE} characters at the most")
    connection.run(_EXPIRE, before=now - PATIENCE)
    crowded(connection, peer, now)
    connection.run(
        _ADD,
        id=secrets.token_hex(8),
        domain=domains.get(connection, address.domain).id,
        local=address.local,
        real_name=user.real_name,
        password=kept.password,
        scram=kept.scram,
        salt=kept.salt,
        language=language,
        note=note,
        network=network_of(peer),
        now=now,
    )


def waiting(connection: Connection) -> list[Applicant]:
    """List who asks for an account, the longest waiting first."""
    return [_applicant(connection, row) for row in connection.all(_LIST)]


def admit(connection: Connection, applicant: Applicant, now: float) -> User:
    """Give an applicant the account, with the password that was chosen. Raises AccountError."""
    row = connection.one(_SECRETS, id=applicant.id)
    if row is None or not connection.run(_REMOVE, id=applicant.id):
        raise AccountError("this applicant is no longer there")
    user = User(address=applicant.address, real_name=applicant.real_name, language=applicant.language)
    return users.add(connection, user, Secrets(*row), now)


def refuse(connection: Connection, applicant_id: str) -> None:
    """Forget an applicant. Raises AccountError where there is none."""
    if not connection.run(_REMOVE, id=applicant_id):
        raise AccountError("this applicant is no longer there")


def network_of(peer: str) -> str:
    """Give the network that a peer counts with: IPv4 /24, IPv6 /64."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer[:100]
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))


def _applicant(connection: Connection, row: Sequence[Any]) -> Applicant:
    number, local, domain, real_name, language, note, network, created_at = row
    address = str(Address(local, domain))
    return Applicant(
        id=number,
        address=address,
        real_name=real_name,
        language=language,
        note=note,
        network=network,
        created_at=created_at,
        taken=users.exists(connection, address) or aliases.exists(connection, address),
    )

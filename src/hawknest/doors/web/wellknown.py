"""The forms in which mail programs ask for their settings by themselves: Thunderbird, Outlook, and Apple's programs; and our MTA-STS policy for other servers.

The answers are the same for every address of a domain of ours, so that nobody learns from them who lives here. None holds a
password.
"""

import plistlib
import re
import uuid
from typing import Any, Final
from xml.sax.saxutils import escape

from starlette.responses import Response

from hawknest.accounts import domains
from hawknest.doors.web.errors import Problem, not_found
from hawknest.doors.web.gate import host_of
from hawknest.doors.web.rooms import House
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.setup import Setting, settings
from hawknest.mail.address import Address, AddressError, canonical_domain, parse_address
from hawknest.post import sts_own

_SOCKET: Final = {"implicit": "SSL", "starttls": "STARTTLS", "none": "plain"}
_ENCRYPTION: Final = {"implicit": "SSL", "starttls": "TLS", "none": "None"}
_ASKED: Final = re.compile(rb"<(?:\w+:)?EMailAddress>\s*([^<>\s]{3,320})\s*</(?:\w+:)?EMailAddress>")
_REQUEST: Final = 16 * 1024  # octets of a question of Outlook's


async def autoconfig(ask: Ask) -> Response:
    """Answer Thunderbird, and whoever asks as it does."""
    asked = ask.query.get("emailaddress", "")
    domain = await _ours(
        ask, _domain_of(asked) if asked else host_of(ask.request.headers).removeprefix("autoconfig.")
    )
    ways = settings(ask.rooms.steward.house(), "%EMAILADDRESS%")
    servers = "".join(_server(way) for way in ways)
    name = escape(domain)
    return _xml(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<clientConfig version="1.1">\n  <emailProvider id="{name}">\n'
        f"    <domain>{name}</domain>\n    <displayName>{name}</displayName>\n"
        f"    <displayShortName>{name}</displayShortName>\n{servers}  </emailProvider>\n</clientConfig>\n"
    )


def _server(way: Setting) -> str:
    kind = "outgoingServer" if way.protocol == "smtp" else "incomingServer"
    return (
        f'    <{kind} type="{way.protocol}">\n      <hostname>{escape(way.host)}</hostname>\n'
        f"      <port>{way.port}</port>\n      <socketType>{_SOCKET[way.tls]}</socketType>\n"
        f"      <authentication>password-cleartext</authentication>\n      <username>{way.user}</username>\n"
        f"    </{kind}>\n"
    )


async def mta_sts(ask: Ask) -> Response:
    """Give other servers the policy of a domain of ours (RFC 8461 §3.3)."""
    host = host_of(ask.request.headers)
    if not host.startswith("mta-sts."):
        raise not_found()
    await _ours(ask, host.removeprefix("mta-sts."))
    _, text = sts_own.policy(ask.rooms.steward.house().hostname, ask.rooms.directory.rules.policies.mta_sts)
    return Response(text, 200, {"cache-control": "no-store"}, "text/plain")


async def autodiscover(ask: Ask) -> Response:
    """Answer Outlook; of its XML only the address is read, so that nothing in it can make us do anything."""
    octets: bytes = ask.body
    found = _ASKED.search(octets)
    if found is None:
        raise Problem(400, "Not understood", "This is no question for the settings of an address")
    address = found[1].decode("utf-8", "replace")
    await _ours(ask, _domain_of(address))
    ways = {way.protocol: way for way in reversed(settings(ask.rooms.steward.house(), address))}
    protocols = "".join(_protocol(ways[kind]) for kind in ("imap", "pop3", "smtp") if kind in ways)
    return _xml(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">\n'
        '  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">\n'
        "    <Account>\n      <AccountType>email</AccountType>\n      <Action>settings</Action>\n"
        f"{protocols}    </Account>\n  </Response>\n</Autodiscover>\n"
    )


def _protocol(way: Setting) -> str:
    ssl = "off" if way.tls == "none" else "on"
    return (
        f"      <Protocol>\n        <Type>{way.protocol.upper()}</Type>\n        <Server>{escape(way.host)}</Server>\n"
        f"        <Port>{way.port}</Port>\n        <LoginName>{escape(way.user)}</LoginName>\n"
        f"        <DomainRequired>off</DomainRequired>\n        <SPA>off</SPA>\n        <SSL>{ssl}</SSL>\n"
        f"        <Encryption>{_ENCRYPTION[way.tls]}</Encryption>\n        <AuthRequired>on</AuthRequired>\n"
        "      </Protocol>\n"
    )


async def mobileconfig(ask: Ask) -> Response:
    """Give who is signed in a profile that Apple's programs install; they ask for the password themselves."""
    house = ask.rooms.steward.house()
    ways = {way.protocol: way for way in reversed(settings(house, ask.who.address))}
    reading = ways.get("imap") or ways.get("pop3")
    if reading is None or "smtp" not in ways:
        raise Problem(409, "Not possible now", "This server does not listen for both reading and sending")
    profile = plistlib.dumps(_profile(house, ask.who.address, reading, ways["smtp"]))
    headers = {
        "content-disposition": 'attachment; filename="hawknest.mobileconfig"',
        "cache-control": "no-store",
    }
    return Response(profile, 200, headers, "application/x-apple-aspen-config")


def _profile(house: House, address: str, reading: Setting, sending: Setting) -> dict[str, Any]:
    """Write the profile; its ids are always the same for an address, so that a new one takes the place of the old."""
    name = f"{house.hostname}/{address}"
    account = {
        "PayloadType": "com.apple.mail.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{house.hostname}.mail.{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/account")).upper(),
        "PayloadDisplayName": address,
        "EmailAccountDescription": address,
        "EmailAddress": address,
        "EmailAccountType": "EmailTypeIMAP" if reading.protocol == "imap" else "EmailTypePOP",
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    for side, way in (("Incoming", reading), ("Outgoing", sending)):
        account |= {
            f"{side}MailServerAuthentication": "EmailAuthPassword",
            f"{side}MailServerHostName": way.host,
            f"{side}MailServerPortNumber": way.port,
            f"{side}MailServerUseSSL": way.tls != "none",
            f"{side}MailServerUsername": way.user,
        }
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{house.hostname}.{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, name)).upper(),
        "PayloadDisplayName": f"Mail of {address}",
        "PayloadOrganization": house.hostname,
        "PayloadContent": [account],
    }


async def _ours(ask: Ask, domain: str) -> str:
    """See that a domain is one of ours. Raises Problem."""
    try:
        name = canonical_domain(domain)
    except AddressError:
        raise not_found() from None
    known = await ask.rooms.store.read(domains.listing)
    if name not in {one.name for one in known}:
        raise not_found()
    return name


def _domain_of(text: str) -> str:
    try:
        address: Address = parse_address(text)
    except AddressError:
        raise not_found() from None
    return address.domain


def _xml(text: str) -> Response:
    return Response(text, 200, {"cache-control": "no-store"}, "application/xml")


ROUTES: Final = (
    *(
        Route(
            method="GET",
            path=path,
            handler=autoconfig,
            need=Need.NOBODY,
            summary="The settings of a domain, as Thunderbird asks for them",
            query={"emailaddress": "An address of the domain"},
            aside=True,
        )
        for path in ("/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml")
    ),
    Route(
        method="GET",
        path="/.well-known/mta-sts.txt",
        handler=mta_sts,
        need=Need.NOBODY,
        summary="The MTA-STS policy of a domain, by its name mta-sts.DOMAIN alone",
        aside=True,
    ),
    *(
        Route(
            method="POST",
            path=path,
            handler=autodiscover,
            need=Need.NOBODY,
            summary="The settings of an address, as Outlook asks for them",
            body=bytes,
            media="text/xml",
            limit=_REQUEST,
            foreign=True,
            aside=True,
        )
        for path in (
            "/autodiscover/autodiscover.xml",
            "/Autodiscover/Autodiscover.xml",
            "/AutoDiscover/AutoDiscover.xml",
        )
    ),
    Route(
        method="GET",
        path="/apple.mobileconfig",
        handler=mobileconfig,
        need=Need.USER,
        summary="A profile with one's own settings, for Apple's programs",
        aside=True,
    ),
)

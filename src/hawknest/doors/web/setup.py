"""What a mail program has to be told: exact values for each way of reading and sending, as this server listens now. RFC 8314 §4, RFC 6186.

One list serves the page of each user, the forms that Thunderbird, Outlook and Apple's programs ask for (`wellknown`), and
the records that a domain can publish.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hawknest.doors.web.qr import picture
from hawknest.doors.web.rooms import House
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.mail.address import parse_address
from hawknest.post.records import Facts, Why, wanted
from hawknest.post.zonefile import line

#: Each way, and the services that it is offered by, the best first.
WAYS: Final = (
    ("imap", ("imaps", "imap")),
    ("pop3", ("pop3s", "pop3")),
    ("smtp", ("submissions", "submission")),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One way for a mail program to read or send."""

    protocol: str  # imap, pop3, smtp
    service: str  # imaps, …
    host: str
    port: int
    tls: str  # implicit (SSL/TLS), starttls, none
    user: str  # what is entered as user name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything on the page for setting a mail program up."""

    items: list[Setting]
    address: str
    hostname: str
    local: bool  # a nest for this machine alone: no other can reach it
    self_signed: bool
    records: list[str]
    mobileconfig: str
    page: str
    svg: str  # the page's address as QR code


def settings(house: House, user: str) -> list[Setting]:
    """Name each way that is open now, the best for each protocol first."""
    host = "127.0.0.1" if house.local else house.hostname
    found: list[Setting] = []
    for protocol, services in WAYS:
        for service in services:
            entry = next((e for e in house.listeners if e.service == service and e.open_port), None)
            if entry is not None:
                found.append(Setting(protocol, service, host, entry.open_port, entry.tls, user))
    return found


def records(house: House, domain: str) -> Iterator[str]:
    """Write the records that let mail programs find the server of a domain by themselves (RFC 6186 §3)."""
    ports = tuple((entry.service, entry.open_port) for entry in house.listeners if entry.open_port)
    for record in wanted(Facts(domain=domain, host=house.hostname, services=ports)):
        if record.why is Why.SERVICE:
            yield line(record)


async def setup(ask: Ask) -> Sheet:
    """Tell the values for one's own mail program."""
    house = ask.rooms.steward.house()
    page = f"{ask.request.url.scheme}://{ask.request.headers['host'].strip()}/setup"
    return Sheet(
        items=settings(house, ask.who.address),
        address=ask.who.address,
        hostname=house.hostname,
        local=house.local,
        self_signed=house.self_signed,
        records=list(records(house, parse_address(ask.who.address).domain)),
        mobileconfig="/apple.mobileconfig",
        page=page,
        svg=await asyncio.to_thread(picture, page),
    )


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/me/setup",
        handler=setup,
        need=Need.USER,
        scope="me:read",
        summary="Tell the exact values for a mail program",
        answer=Sheet,
    ),
)

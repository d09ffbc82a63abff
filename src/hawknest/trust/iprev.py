"""Whether the name of a host, as its address tells it, leads back to the address. RFC 8601 §2.7.3.

Who has an address at home has no say in its name; who runs a mail server has. So a host whose name leads back is more likely one.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hawknest.dns import AAAA, PTR, A, IpAddress, Resolver, Unknown, records, reverse_name

TIME: Final = 20.0  # seconds for all
NAMES: Final = 10  # of an address that are looked at, as in RFC 7208 §4.6.4


class Result(StrEnum):
    """What came of it. RFC 8601 §2.7.3."""

    PASS = "pass"  # noqa: S105 (a result, and no password)
    FAIL = "fail"  # there are names, and none leads back
    TEMPERROR = "temperror"  # nobody could tell now
    PERMERROR = "permerror"  # there is no name


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it, and why in plain words."""

    result: Result
    name: str  # that leads back; else the first one, or empty
    why: str


async def check(ip: IpAddress, resolver: Resolver) -> Verdict:
    """Ask for the names of an address, and for the addresses of the names; what goes wrong is a verdict too."""
    try:
        async with asyncio.timeout(TIME):
            return await _checked(ip, resolver)
    except TimeoutError:
        return Verdict(Result.TEMPERROR, "", f"nobody could tell in time whether {ip} has a name")


async def _checked(ip: IpAddress, resolver: Resolver) -> Verdict:
    try:
        names = await records(resolver, reverse_name(ip), PTR)
    except Unknown as error:
        return Verdict(Result.TEMPERROR, "", f"nobody could tell whether {ip} has a name: {error}")
    if not names:
        return Verdict(Result.PERMERROR, "", f"{ip} has no name (no PTR record)")
    failure: Unknown | None = None
    for name in names[:NAMES]:
        try:
            if await _leads_to(name, ip, resolver):
                return Verdict(Result.PASS, name, f"{ip} is {name}, and {name} leads back to it")
        except Unknown as error:
            failure = error
    first = names[0]
    if failure is not None:
        return Verdict(
            Result.TEMPERROR, first, f"nobody could tell whether {first} leads back to {ip}: {failure}"
        )
    return Verdict(Result.FAIL, first, f"{ip} calls itself {first}, but {first} does not lead back to it")


async def _leads_to(name: str, ip: IpAddress, resolver: Resolver) -> bool:
    """Tell whether a name has an address. Raises Unknown."""
    if ip.version == 4:
        return ip in await records(resolver, name, A)
    return ip in await records(resolver, name, AAAA)

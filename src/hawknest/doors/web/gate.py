"""What is looked at before any page is given: for whom the request is, how it came, and whether a foreign page sent it.

Names are looked at because a page of a stranger can make its own name lead to this machine (DNS rebinding): a browser then takes
us for that stranger's server. So what is asked for by a name that is not ours is refused. Plain HTTP gives pages to this
machine itself alone; everybody else is led to HTTPS. A request that changes something must come from a page of ours: it
brings a header that no foreign page can set without asking us first, and the browser says where it comes from.
"""

import ipaddress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from hawknest.accounts import domains
from hawknest.doors.web.errors import Problem, forbidden
from hawknest.doors.web.rooms import Rooms

HEADER: Final = "x-hawknest"  # that pages of ours send along
PREFIXES: Final = ("mail", "autoconfig", "autodiscover", "mta-sts")  # of the local domains

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: What every answer says, unless it says otherwise itself.
SECURITY: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STRICT_TRANSPORT: Final = "max-age=31536000"  # RFC 6797 §6.1: for a year


def dress(headers: MutableHeaders, *, secure: bool) -> None:
    """Add to an answer what every answer says."""
    for name, value in SECURITY.items():
        headers.setdefault(name, value)
    if secure:
        headers.setdefault("strict-transport-security", STRICT_TRANSPORT)


class Names:
    """The names that this server's pages may be asked for by; those of its domains are remembered while nothing changes."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._version = -1
        self._domains: frozenset[str] = frozenset()

    async def ours(self, name: str, local: str) -> bool:
        """Tell whether a name is ours; `local` is the address that the connection came to. Raises StoreError."""
        if is_loopback(name) or name == local:
            return True
        house = self._rooms.steward.house()
        if name == _bare(house.hostname) or name in {_bare(host) for host in house.hosts}:
            return True
        return name in await self._of_domains()

    async def _of_domains(self) -> frozenset[str]:
        directory = self._rooms.directory
        await directory.look()
        if directory.version != self._version:
            version = directory.version
            found = await self._rooms.store.read(domains.listing)
            names = [_bare(domain.name.strip("[]").removeprefix("IPv6:")) for domain in found]
            self._domains = frozenset(names) | {f"{prefix}.{name}" for name in names for prefix in PREFIXES}
            self._version = version
        return self._domains


def host_of(headers: Headers) -> str:
    """Read for which name a request is, without its port. Raises Problem."""
    found = headers.getlist("host")
    if len(found) != 1:
        raise Problem(400, "No host", "A request names the host that it is for, once")
    host = found[0].strip().lower()
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    else:
        name = host.rpartition(":")[0] if ":" in host else host
    return _bare(name)


def is_loopback(name: str) -> bool:
    """Tell whether a name or address means the machine that it is said on (RFC 6761 §6.3)."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def misdirected(name: str) -> Problem:
    """Somebody asks for a name that is not ours (RFC 9110 §15.5.20)."""
    return Problem(
        421,
        "Not the server for this name",
        f"This server does not answer as {name[:100] or 'nobody'}. If it should, name it in hawknest.toml, "
        'as `hosts = ["…"]` under [web]',
    )


def check_origin(request: Request) -> None:
    """See that a page of ours sends a request that changes something. Raises Problem."""
    headers = request.headers
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{headers['host'].strip().lower()}"
    from_here = origin.lower() == own if origin is not None else site == "same-origin"
    if not from_here or site not in {None, "same-origin"} or headers.get(HEADER) != "1":
        raise forbidden("This request does not come from a page of this server")


def _bare(name: str) -> str:
    return name.lower().removesuffix(".")

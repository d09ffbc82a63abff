"""A domain looked up with the resolvers of the nest."""

import asyncio
import ipaddress

from hawknest.accounts import address, domains
from hawknest.cli.nest import Nest
from hawknest.cli.words import language
from hawknest.config import Config
from hawknest.dns import IpAddress
from hawknest.net.resolver import Resolver, Settings
from hawknest.post.domaincheck import Own, check
from hawknest.post.domaincheck_report import Report
from hawknest.post.domaincheck_words import Language


def look_up(here: Nest, domain: str) -> tuple[Report, Language]:
    """Check a domain, as ours or as somebody else's; also give the language of the answer."""
    ours = domain in {entry.name for entry in here.read(domains.listing)}
    own = _own(here.config, here.read(address.standing).addresses) if ours else None
    return asyncio.run(_check(here.config, domain, own)), "ja" if language() == "ja" else "en"


async def _check(config: Config, domain: str, own: Own | None) -> Report:
    dns = config.contents.dns
    settings = Settings(tuple(dns.endpoints()), frozenset(dns.trusted), dns.timeout)
    async with Resolver(settings) as resolver:
        return await check(domain, resolver, own)


def _own(config: Config, known: tuple[IpAddress, ...]) -> Own:
    """The names and addresses that other servers know this one by, as far as the owner or the configuration tells."""
    found = {*known, *(ipaddress.ip_address(entry.address) for entry in config.listeners)}
    return Own(frozenset({config.hostname}), frozenset(a for a in found if a.is_global))

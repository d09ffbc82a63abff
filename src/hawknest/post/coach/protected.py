"""Lines on being protected: the certificate, the promise of TLS, reports of its failures, who may issue, DNSSEC and DANE.

RFC 8461 §3, RFC 8460 §3, RFC 8659 §4, RFC 4035 §4.9.3, RFC 7672 §2.
"""

from typing import Final

from hawknest.dns import CAA, DS, SOA, TLSA, TXT, Answer, IpAddress, Nothing, ServerFailed, Unknown
from hawknest.post.coach.desk import Desk, failed, shown, waiting
from hawknest.post.coach.probes import Shown, Unreached
from hawknest.post.coach.values import Note, Outcome, State
from hawknest.trust import mtasts, tags
from hawknest.trust.mtasts import Mode, PolicyError
from hawknest.trust.tags import BadTags

SOON: Final = 14 * 86400.0  # seconds before its end at which a certificate should have been renewed
DAY: Final = 86400.0
#: Services that show their certificate from the first octet.
IMPLICIT: Final = ("submissions", "imaps", "https", "pop3s")


async def certificate(desk: Desk) -> Outcome:
    """Whether the certificate is one that others believe, for the host's name, for long enough."""
    situation = desk.situation
    service = next((name for name in IMPLICIT if name in situation.ports), None)
    values = {"host": situation.host}
    if service is None:
        return Outcome(State.UNKNOWN, "cert-nowhere", values)
    try:
        found = await desk.probes.certificate("127.0.0.1", situation.ports[service], situation.host)
    except Unreached as error:
        return Outcome(State.UNKNOWN, "cert-unseen", values | {"why": str(error)})
    return _judged(desk, found, values)


def _judged(desk: Desk, found: Shown, values: dict[str, str]) -> Outcome:
    days = int((found.ends - desk.clock()) // DAY)
    values = values | {
        "issuer": found.issuer,
        "names": ", ".join(found.names) or "-",
        "days": str(max(days, 0)),
        "why": found.distrust,
    }
    if found.self_signed:
        return Outcome(State.RED, "cert-self-signed", values)
    if found.ends <= desk.clock():
        return Outcome(State.RED, "cert-over", values)
    if not any(_names(one, desk.situation.host) for one in found.names):
        return Outcome(State.RED, "cert-other-name", values)
    if found.distrust:
        return Outcome(State.RED, "cert-distrusted", values)
    if found.ends - desk.clock() < SOON:
        return Outcome(State.YELLOW, "cert-soon", values)
    return Outcome(State.GREEN, "cert", values)


def _names(name: str, host: str) -> bool:
    """Whether a name of a certificate is the host's; `*` stands for its whole first label (RFC 6125 §6.4)."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and name[2:] == host.partition(".")[2])


async def mta_sts(desk: Desk) -> Outcome:
    """Whether the promise of TLS is announced, can be fetched, and names our hosts: RFC 8461 §3.1, §3.2."""
    domain = desk.situation.domain
    name = f"_mta-sts.{domain}"
    found = await desk.asker.texts(name, b"v=stsv1")
    if isinstance(found, Unknown):
        return failed(found)
    site = f"mta-sts.{domain}"
    values = {"domain": domain, "name": name, "site": site, "host": desk.situation.host}
    enter = (*await desk.enter_type("TXT", name), *await desk.enter_type("CNAME", site))
    if not found and not enter:
        return waiting("sts-nothing", domain=domain)
    if len(found) != 1:
        return Outcome(
            State.RED if found else State.YELLOW, "sts-many" if found else "sts-none", values, enter
        )
    led = await desk.asker.addresses(site)
    if isinstance(led, Unknown):
        return failed(led)
    if not led:
        return Outcome(State.RED, "sts-no-site", values, enter)
    if not desk.public(led[0]):
        inside = {"host": site, "address": str(led[0])}
        return Outcome(State.RED, "address-not-public", inside, await desk.enter_type("CNAME", site))
    return await _policy(desk, led[0], values)


async def _policy(desk: Desk, address: IpAddress, values: dict[str, str]) -> Outcome:
    """Fetch the policy as senders do."""
    port = desk.situation.ports.get("https", 443) if desk.situation.laboratory else 443
    url = f"https://{values['site']}{'' if port == 443 else f':{port}'}/.well-known/mta-sts.txt"
    values = values | {"url": url}
    try:
        policy = mtasts.parse(await desk.probes.fetch(url, address))
    except Unreached as error:
        return Outcome(State.RED, "sts-unserved", values | {"why": str(error)})
    except PolicyError as error:
        return Outcome(State.RED, "sts-broken", values | {"why": str(error)})
    values |= {"mode": str(policy.mode), "hosts": ", ".join(policy.hosts) or "-"}
    if not policy.allows(values["host"]):
        return Outcome(State.RED, "sts-other-host", values)
    notes = await desk.asker.spread(values["name"], TXT)
    if policy.mode is not Mode.ENFORCE:
        notes = (*notes, Note("sts-testing", {"mode": str(policy.mode)}))
    return Outcome(State.GREEN, "sts", values, notes=notes)


async def tls_reports(desk: Desk) -> Outcome:
    """Whether others are told where to report that TLS failed: RFC 8460 §3."""
    domain = desk.situation.domain
    name = f"_smtp._tls.{domain}"
    found = await desk.asker.texts(name, b"v=tlsrptv1")
    if isinstance(found, Unknown):
        return failed(found)
    values = {"domain": domain, "name": name}
    enter = await desk.enter_type("TXT", name)
    if len(found) != 1:
        state = State.RED if found else State.YELLOW
        return Outcome(state, "tlsrpt-many" if found else "tlsrpt-none", values, enter)
    values["policy"] = shown(found[0])
    try:
        to = tags.read(found[0]).get("rua", b"")
    except BadTags as error:
        return Outcome(State.RED, "tlsrpt-broken", values | {"why": str(error)}, enter)
    if not to:
        return Outcome(State.RED, "tlsrpt-broken", values | {"why": "rua="}, enter)
    return Outcome(State.GREEN, "tlsrpt", values, notes=await desk.asker.spread(name, TXT))


async def issuers(desk: Desk) -> Outcome:
    """Who may issue certificates for the host, ours among them: RFC 8659 §3, §4.2."""
    host = desk.situation.host
    enter = await desk.enter_type("CAA")
    ours = {_issuer(one.value) for one in enter}
    name = host
    while "." in name:
        found = await desk.asker.ask(name, CAA)
        if isinstance(found, Unknown):
            return failed(found)
        if isinstance(found, Answer):
            allowed = [_named(one.value) for one in found.records if one.tag == "issue"]
            values = {
                "host": host,
                "name": name,
                "issuers": ", ".join(allowed) or "-",
                "ours": ", ".join(ours),
            }
            if allowed and ours and ours.isdisjoint(allowed):
                return Outcome(State.RED, "caa-forbids", values, enter)
            return Outcome(State.GREEN, "caa", values)
        name = name.partition(".")[2]
    return Outcome(State.YELLOW, "caa-none", {"host": host}, enter) if enter else waiting("caa-nobody")


def _named(value: bytes) -> str:
    """The issuer that a record names, without what it asks of it."""
    return shown(value.partition(b";")[0].strip())


def _issuer(value: str) -> str:
    """The issuer that a record's text names: `0 issue "letsencrypt.org"`."""
    return value.split(maxsplit=2)[-1].strip('"').partition(";")[0].strip()


async def signed_zone(desk: Desk) -> Outcome:
    """Whether the domain's records are signed, and the signatures hold (DNSSEC)."""
    domain = desk.situation.domain
    zone = await desk.asker.zone(domain) or domain
    values = {"domain": domain, "zone": zone}
    try:
        found = await desk.asker.usual.ask(zone, DS)
    except Nothing as error:
        return Outcome(State.YELLOW, "dnssec-none", values | {"resolver": error.resolver})
    except ServerFailed as error:
        return Outcome(State.RED, "dnssec-broken", values | {"resolver": error.resolver})
    except Unknown as error:
        return failed(error)
    values["resolver"] = found.resolver
    try:
        below = await desk.asker.usual.ask(zone, SOA)
    except ServerFailed as error:
        return Outcome(State.RED, "dnssec-broken", values | {"resolver": error.resolver})
    except (Nothing, Unknown):
        below = found
    if not below.authenticated:
        return Outcome(State.UNKNOWN, "dnssec-unproven", values)
    return Outcome(State.GREEN, "dnssec", values)


async def pinned(desk: Desk) -> Outcome:
    """Whether the DNS vouches for our key (DANE): RFC 7672 §2.2, RFC 6698 §2.1."""
    wanted = desk.situation.entries("TLSA")
    values = {"host": desk.situation.host}
    if not wanted:
        return waiting("tlsa-nothing", **values)
    if desk.stands("dnssec") is not State.GREEN:
        return waiting("wait-dnssec", domain=desk.situation.domain)
    for record in wanted:
        found = await desk.asker.ask(record.name, TLSA)
        if isinstance(found, Unknown):
            return failed(found)
        values["name"] = record.name
        if isinstance(found, Nothing):
            return Outcome(State.YELLOW, "tlsa-none", values, await desk.enter(*wanted))
        known = {f"{one.usage} {one.selector} {one.matching} {one.data.hex()}" for one in found.records}
        if record.value.lower() not in known:
            return Outcome(State.RED, "tlsa-other", values, await desk.enter(*wanted))
    return Outcome(State.GREEN, "tlsa", values)

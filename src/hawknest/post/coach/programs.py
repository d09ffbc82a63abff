"""Lines on mail programs: what they find out about a domain by themselves. RFC 6186 §3, RFC 8314 §5.1."""

from typing import Final

from hawknest.dns import SRV, Answer, Unknown
from hawknest.post.coach.desk import Desk, failed, waiting
from hawknest.post.coach.values import Outcome, State

#: Names that mail programs ask for settings: Thunderbird and others, Outlook and others.
SITES: Final = ("autoconfig", "autodiscover")


async def services(desk: Desk) -> Outcome:
    """Whether the services that mail programs look for lead to this host (SRV)."""
    wanted = desk.situation.entries("SRV")
    values = {"domain": desk.situation.domain, "host": desk.situation.host}
    if not wanted:
        return waiting("srv-nothing")
    missing = list[str]()
    other = list[str]()
    enter = list(wanted)
    for record in wanted:
        found = await desk.asker.ask(record.name, SRV)
        if isinstance(found, Unknown):
            return failed(found)
        port, target = record.value.split()[-2:]
        there = [(one.target, one.port) for one in found.records] if isinstance(found, Answer) else []
        if (target.rstrip("."), int(port)) in there:
            enter.remove(record)
        else:
            (other if there else missing).append(record.name)
    if not enter:
        return Outcome(State.GREEN, "srv", values)
    values["names"] = ", ".join(other or missing)
    return Outcome(State.YELLOW, "srv-other" if other else "srv-none", values, await desk.enter(*enter))


async def sites(desk: Desk) -> Outcome:
    """Whether the names where programs fetch settings lead to this server."""
    domain = desk.situation.domain
    own = frozenset(desk.of_host()) | desk.situation.addresses
    if not own:
        return waiting("wait-host", host=desk.situation.host)
    wrong: list[str] = []
    for site in SITES:
        name = f"{site}.{domain}"
        found = await desk.asker.addresses(name)
        if isinstance(found, Unknown):
            return failed(found)
        if own.isdisjoint(found):
            wrong.append(name)
    values = {"domain": domain, "host": desk.situation.host, "names": ", ".join(wrong)}
    if not wrong:
        return Outcome(State.GREEN, "sites", values)
    records = [one for one in desk.situation.wanted if one.name in wrong]
    if not records:
        return Outcome(State.YELLOW, "sites-unserved", values)
    return Outcome(State.YELLOW, "sites-none", values, await desk.enter(*records))

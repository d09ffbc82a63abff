"""Lines on letters coming through: our ports from outside, port 25 on the way out, what the address is known as, the clock.

A machine cannot see itself from outside. What can be told honestly is told: whether letters have come from the Internet already,
what a checker outside says, where the owner names one, and what comes back through the public address, which many routers do
not allow from inside. RFC 5321 §4.5.4.1, RFC 5782 §2.1.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from hawknest.dns import MX, PTR, Answer, IpAddress, reverse_name
from hawknest.post.coach.desk import Desk, waiting
from hawknest.post.coach.probes import Unreached
from hawknest.post.coach.values import Note, Outcome, State
from hawknest.trust import dnsbl
from hawknest.trust.dnsbl import Listing

LATELY: Final = 3 * 86400.0  # seconds that a letter which came through proves something
#: Services that others have to reach, and those that mail programs on the way have.
OUTSIDE: Final = ("smtp", "submissions", "submission", "imaps", "https")
SLOW: Final = 300.0  # seconds that a clock may be wrong before signatures and certificates are
EXACT: Final = 5.0

#: Words in the names of addresses that change, or that homes have.
_HOME: Final = re.compile(
    r"(?:^|[^a-z])(?:dyn|dynamic|dhcp|dsl|adsl|vdsl|ppp|pppoe|pool|dial|dialup|cable|catv|flets|ftth|bbtec|home|res|residential|customer|cpe|client|mobile|lte|wimax|eonet|ap|odn|commufa)(?:[^a-z]|\d|$)"
)


async def ports(desk: Desk) -> Outcome:
    """Whether others reach our ports."""
    situation = desk.situation
    if "smtp" not in situation.ports:
        return Outcome(State.RED, "ports-closed", {"host": situation.host})
    addresses = desk.of_host()
    if not addresses:
        return waiting("wait-host", host=situation.host)
    if situation.wishes.checker:
        return await _checked(desk)
    if situation.heard_at is not None and desk.clock() - situation.heard_at < LATELY:
        return Outcome(State.GREEN, "ports-heard", {"host": situation.host})
    return await _through_ourselves(desk, addresses[0])


async def _checked(desk: Desk) -> Outcome:
    """Ask the owner's checker outside about each port."""
    situation = desk.situation
    shut: list[str] = []
    seen: list[str] = []
    for service in OUTSIDE:
        if (port := situation.ports.get(service)) is None:
            continue
        url = situation.wishes.checker.replace("{host}", situation.host).replace("{port}", str(port))
        try:
            answer = await desk.probes.fetch(url)
            is_open = msgspec.json.decode(answer, type=dict[str, bool])["open"]
        except (Unreached, msgspec.DecodeError, KeyError) as error:
            why = str(error) if isinstance(error, Unreached) else '{{"open": true}} ?'
            return Outcome(State.UNKNOWN, "ports-checker", {"url": url, "why": why})
        (seen if is_open else shut).append(f"{port} ({service})")
    values = {"host": situation.host, "ports": ", ".join(shut), "open": ", ".join(seen)}
    if not shut:
        return Outcome(State.GREEN, "ports-open", values)
    state = State.RED if any("(smtp)" in one for one in shut) else State.YELLOW
    return Outcome(state, "ports-shut", values)


async def _through_ourselves(desk: Desk, address: IpAddress) -> Outcome:
    """Connect to our own public address, as far as the router leads that back."""
    situation = desk.situation
    shut: list[str] = []
    for service in OUTSIDE:
        if (port := situation.ports.get(service)) is None:
            continue
        try:
            if service != "smtp":
                await desk.probes.touch(str(address), port)
                continue
            said = await desk.probes.greet(str(address), port)
        except Unreached:
            shut.append(f"{port} ({service})")
            continue
        if situation.host.lower() not in said.lower():
            return Outcome(State.RED, "ports-other", {"address": str(address), "said": said[:200]})
    values = {"address": str(address), "ports": ", ".join(shut)}
    ours = address in situation.here or situation.laboratory
    if not shut:
        return Outcome(
            State.GREEN, "ports-here", values, notes=() if situation.laboratory else (Note("not-outside"),)
        )
    if ours:
        state = State.RED if any("(smtp)" in one for one in shut) else State.YELLOW
        return Outcome(state, "ports-shut", values | {"host": situation.host})
    return Outcome(State.UNKNOWN, "ports-untold", values)


async def outbound(desk: Desk) -> Outcome:
    """Whether letters can leave: by port 25 to other servers, or to the smart host."""
    situation = desk.situation
    if situation.smart_host:
        there = {"host": situation.smart_host.host, "port": str(situation.smart_host.port)}
        try:
            implicit = situation.smart_host.port == 465
            said = await desk.probes.greet(situation.smart_host.host, situation.smart_host.port, tls=implicit)
        except Unreached as error:
            return Outcome(State.RED, "out-relay-dead", there | {"why": str(error)})
        return Outcome(State.GREEN, "out-relay", there | {"said": said[:200]})
    if situation.sent_at is not None and desk.clock() - situation.sent_at < LATELY:
        return Outcome(State.GREEN, "out-sent")
    if not situation.wishes.greeters:
        return Outcome(State.UNKNOWN, "out-unasked")
    return await _greeted(desk)


async def _greeted(desk: Desk) -> Outcome:
    """Greet the mail servers of some large domains, one after the other, until one answers; each is left at once."""
    tried: list[str] = []
    refusal = ""
    for domain in desk.situation.wishes.greeters:
        found = await desk.asker.ask(domain, MX)
        if not isinstance(found, Answer):
            continue
        server = min(found.records, key=lambda one: one.preference).host
        try:
            said = await desk.probes.greet(server, desk.situation.mx_port)
        except Unreached as error:
            tried.append(server)
            refusal = refusal or (str(error) if error.refused else "")
            continue
        if said.startswith("220"):
            return Outcome(State.GREEN, "out", {"host": server})
        return Outcome(State.RED, "out-unwelcome", {"host": server, "said": said[:200]})
    if not tried:
        return Outcome(State.UNKNOWN, "out-nobody", {"domains": ", ".join(desk.situation.wishes.greeters)})
    return Outcome(
        State.RED, "out-blocked", {"hosts": ", ".join(tried)}, notes=(Note("op25b"), Note("smart-hosts"))
    )


async def kind_of_address(desk: Desk) -> Outcome:
    """Whether the address looks like one that changes, or that homes have: many servers take no letters from those."""
    addresses = desk.of_host()
    if not addresses:
        return waiting("wait-host", host=desk.situation.host)
    for address in addresses:
        found = await desk.asker.ask(reverse_name(address), PTR)
        names = found.records if isinstance(found, Answer) else ()
        for name in names:
            if name != desk.situation.host and (_HOME.search(name.lower()) or _spelled(address, name)):
                return Outcome(State.YELLOW, "address-home", {"address": str(address), "name": name})
    return Outcome(State.GREEN, "address", {"addresses": ", ".join(map(str, addresses))})


def _spelled(address: IpAddress, name: str) -> bool:
    """Whether the name is but the address in other words, as those of whole ranges are."""
    digits = re.findall(r"\d+", name)
    parts = str(address).split(".") if address.version == 4 else []
    padded = "".join(part.zfill(3) for part in parts)
    return bool(parts) and (
        sum(part in digits for part in set(parts)) >= min(3, len(set(parts))) or padded in name
    )


async def blocklists(desk: Desk) -> Outcome:
    """Whether lists of senders that others refuse hold our address: RFC 5782 §2.1."""
    zones = desk.situation.wishes.blocklists
    addresses = desk.of_host()
    if not zones:
        return Outcome(State.UNKNOWN, "lists-unasked")
    if not addresses:
        return waiting("wait-host", host=desk.situation.host)
    lists = [dnsbl.read(zone) for zone in zones]
    ill = [
        one for one in await asyncio.gather(*(dnsbl.trouble(one, desk.asker.usual) for one in lists)) if one
    ]
    looked = await asyncio.gather(*(dnsbl.look(one, lists, desk.asker.usual) for one in addresses))
    return _told([listing for found in looked for listing in found], ill, [one.name for one in lists])


def _told(listed: Sequence[Listing], ill: Sequence[str], lists: Sequence[str]) -> Outcome:
    """Say what came of it; `ill` is what is wrong with lists that could not be asked."""
    notes = tuple(Note("lists-blind", {"why": why}) for why in ill)
    if listed:
        why = "; ".join(dict.fromkeys(one.why for one in listed))[:600]
        values = {"lists": ", ".join(dict.fromkeys(one.zone for one in listed)), "why": why}
        return Outcome(State.RED, "lists-listed", values, notes=notes)
    values = {"lists": ", ".join(lists)}
    if len(ill) == len(lists):
        return Outcome(State.UNKNOWN, "lists-nobody", values, notes=notes)
    return Outcome(State.GREEN, "lists", values, notes=notes)


async def clock(desk: Desk) -> Outcome:
    """Whether this machine's clock is right."""
    url = desk.situation.wishes.time
    if not url:
        return Outcome(State.UNKNOWN, "clock-unasked")
    before = desk.clock()
    try:
        there = await desk.probes.date(url)
    except Unreached as error:
        return Outcome(State.UNKNOWN, "clock-nobody", {"url": url, "why": str(error)})
    # the date has whole seconds, and was true at some moment between question and answer
    off = there - before if there < before else max(0.0, there - desk.clock())
    off = off + 1 if -1 <= off < 0 else off
    values = {"seconds": str(round(abs(off))), "url": url}
    if abs(off) <= EXACT:
        return Outcome(State.GREEN, "clock", values)
    late = "clock-slow" if off > 0 else "clock-fast"
    return Outcome(State.RED if abs(off) > SLOW else State.YELLOW, late, values)

"""Lines on being found: the host's name and the way back from its address, the MX records. RFC 5321 §5.1, RFC 1912 §2.1."""

import asyncio
from collections.abc import Sequence
from typing import Final

from hawknest.dns import AAAA, MX, PTR, A, Answer, IpAddress, Mx, NoData, Nothing, Unknown, reverse_name
from hawknest.post.coach.desk import Desk, failed, waiting
from hawknest.post.coach.values import Entry, Note, Outcome, State
from hawknest.post.destination_address import is_numeric

SOME: Final = 8  # addresses, names or hosts that are looked at


async def host(desk: Desk) -> Outcome:
    """Whether the host's name leads to this machine."""
    situation = desk.situation
    name = situation.host
    if "." not in name:
        return Outcome(State.RED, "host-not-full", {"host": name})
    found = await desk.asker.addresses(name)
    if isinstance(found, Unknown):
        return failed(found)
    values = {"host": name, "domain": situation.domain, "addresses": ", ".join(map(str, found))}
    if not found:
        return Outcome(State.RED, "host-none", values, await _addresses_to_enter(desk))
    if inside := [one for one in found if not desk.public(one)]:
        values["address"] = str(inside[0])
        return Outcome(State.RED, "address-not-public", values, await _addresses_to_enter(desk))
    notes = (*await desk.asker.spread(name, A), *await desk.asker.spread(name, AAAA))
    reached = tuple(found[:SOME])
    own = situation.addresses
    if own and own.isdisjoint(found):
        values["own"] = ", ".join(sorted(map(str, own)))
        enter = await _addresses_to_enter(desk)
        return Outcome(State.RED, "host-elsewhere", values, enter, addresses=reached)
    if stray := [one for one in found if own and one not in own and _same_kind(one, own)]:
        values["stray"] = ", ".join(map(str, stray))
        return Outcome(State.YELLOW, "host-stray", values, notes=notes, addresses=reached)
    if not own and not situation.laboratory:
        notes = (*notes, Note("behind-router"))
    return Outcome(State.GREEN, "host", values, notes=notes, addresses=reached)


def _same_kind(address: IpAddress, own: frozenset[IpAddress]) -> bool:
    return any(one.version == address.version for one in own)


async def _addresses_to_enter(desk: Desk) -> tuple[Entry, ...]:
    """The A and AAAA records of the host; what this machine does not know is left for the owner to fill in."""
    name = desk.situation.host
    return (*await desk.enter_type("A", name), *await desk.enter_type("AAAA", name))


async def reverse(desk: Desk) -> Outcome:
    """Whether each address has the host's name, and the name that address (FCrDNS)."""
    addresses = desk.of_host()
    if not addresses:
        return waiting("wait-host", host=desk.situation.host)
    found = await asyncio.gather(*(_reverse(desk, address) for address in addresses))
    order = (State.RED, State.YELLOW, State.UNKNOWN, State.GREEN)
    return min(found, key=lambda one: order.index(one.state))


async def _reverse(desk: Desk, address: IpAddress) -> Outcome:
    name = desk.situation.host
    values = {"host": name, "address": str(address)}
    enter = (Entry(reverse_name(address), "PTR", f"{name}."),)
    found = await desk.asker.ask(reverse_name(address), PTR)
    if isinstance(found, Unknown):
        return failed(found)
    if isinstance(found, Nothing):
        return Outcome(State.RED, "ptr-none", values, enter)
    names = found.records[:SOME]
    values["names"] = ", ".join(names)
    forward = await asyncio.gather(*map(desk.asker.addresses, names))
    confirmed = [
        n for n, led in zip(names, forward, strict=True) if not isinstance(led, Unknown) and address in led
    ]
    if name in confirmed:
        return Outcome(State.GREEN, "ptr", values, notes=await desk.asker.spread(reverse_name(address), PTR))
    if confirmed:
        return Outcome(State.YELLOW, "ptr-other", values, enter)
    if failure := next((led for led in forward if isinstance(led, Unknown)), None):
        return failed(failure)
    return Outcome(State.RED, "ptr-unconfirmed", values, enter)


async def mx(desk: Desk) -> Outcome:
    """Whether letters to the domain come here."""
    situation = desk.situation
    domain = situation.domain
    values = {"domain": domain, "host": situation.host}
    found = await desk.asker.ask(domain, MX)
    if isinstance(found, Unknown):
        return failed(found)
    enter = await desk.enter_type("MX", domain)
    if isinstance(found, Nothing):
        return await _without_mx(desk, found, values, enter)
    records = sorted(found.records, key=lambda one: (one.preference, one.host))
    values["hosts"] = ", ".join(f"{one.host or '.'} ({one.preference})" for one in records)
    if wrong := _unfit(records):
        key, named = wrong
        return Outcome(State.RED, key, values | {"host": named}, enter)
    return await _ours(desk, records[:SOME], values, enter)


async def _without_mx(
    desk: Desk, found: Nothing, values: dict[str, str], enter: tuple[Entry, ...]
) -> Outcome:
    """Without MX records the domain itself is the host: RFC 5321 §5.1."""
    addresses = await desk.asker.addresses(values["domain"])
    if isinstance(addresses, Unknown):
        return failed(addresses)
    if not addresses:
        key = "mx-none" if isinstance(found, NoData) else "domain-unknown"
        return Outcome(State.RED, key, values, enter)
    if not frozenset(addresses).isdisjoint(desk.of_host()):
        return Outcome(State.YELLOW, "mx-implicit", values, enter)
    return Outcome(State.RED, "not-here", values, enter)


def _unfit(records: Sequence[Mx]) -> tuple[str, str] | None:
    """What makes the records of no use, whoever they lead to: RFC 7505 §3, RFC 5321 §5.1."""
    if any(not one.host for one in records):
        return ("mx-null" if len(records) == 1 else "mx-null-mixed"), "."
    address = next((one.host for one in records if is_numeric(one.host)), None)
    return ("mx-is-address", address) if address else None


async def _ours(
    desk: Desk, records: Sequence[Mx], values: dict[str, str], enter: tuple[Entry, ...]
) -> Outcome:
    """Whether one of the hosts is this server, and the first one."""
    led = await asyncio.gather(*(desk.asker.ask(one.host, A) for one in records))
    own = frozenset(desk.of_host()) | desk.situation.addresses
    mine = [
        one
        for one, found in zip(records, led, strict=True)
        if one.host == desk.situation.host
        or (isinstance(found, Answer) and not own.isdisjoint(found.records))
    ]
    if not mine:
        return Outcome(State.RED, "not-here", values, enter)
    if alias := next((m for m, f in zip(records, led, strict=True) if _is_alias(f, m)), None):
        return Outcome(State.YELLOW, "mx-alias", values | {"host": alias.host}, enter)
    if mine[0].preference > records[0].preference:
        return Outcome(State.YELLOW, "mx-behind", values | {"first": records[0].host}, enter)
    others = [one.host for one in records if one not in mine]
    notes = await desk.asker.spread(desk.situation.domain, MX)
    if others:
        notes = (*notes, Note("mx-others", {"hosts": ", ".join(others)}))
    return Outcome(State.GREEN, "mx", values, notes=notes)


def _is_alias(found: object, record: Mx) -> bool:
    """An MX record must not name an alias (RFC 5321 §5.1)."""
    return isinstance(found, Answer) and found.name != record.host

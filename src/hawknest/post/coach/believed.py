"""Lines on being believed: who may send for the domain, its keys, what others shall do with forgeries. RFC 7208, RFC 6376, RFC 9989."""

from typing import Final

from hawknest.dns import TXT, Unknown
from hawknest.post.coach.desk import Desk, failed, shown, waiting
from hawknest.post.coach.values import Note, Outcome, State
from hawknest.trust import dkim_records, dmarc, spf
from hawknest.trust.dkim_records import BadKey
from hawknest.trust.dmarc import BadRecord

_EVERYBODY: Final = frozenset({"all", "+all"})
_CLOSED: Final = frozenset({"-all", "~all"})


async def sender_policy(desk: Desk) -> Outcome:
    """Which hosts may send as the domain, and whether this one may (SPF)."""
    domain = desk.situation.domain
    found = await desk.asker.texts(domain, b"v=spf1")
    if isinstance(found, Unknown):
        return failed(found)
    enter = tuple(one for one in await desk.enter_type("TXT", domain) if one.value.startswith("v=spf1"))
    if len(found) != 1:
        return Outcome(State.RED, "spf-many" if found else "spf-none", {"domain": domain}, enter)
    values = {"domain": domain, "policy": shown(found[0])}
    terms = found[0].decode("latin-1").lower().split()[1:]
    if _EVERYBODY & {*terms}:
        return Outcome(State.RED, "spf-everybody", values, enter)
    if wrong := await _lets_us(desk, values):
        return Outcome(wrong.state, wrong.key, wrong.values, enter or wrong.enter)
    if not (_CLOSED & {*terms} or any(term.startswith("redirect=") for term in terms)):
        return Outcome(State.YELLOW, "spf-open", values, enter)
    return Outcome(State.GREEN, "spf", values, notes=await desk.asker.spread(domain, TXT))


async def _lets_us(desk: Desk, values: dict[str, str]) -> Outcome | None:
    """Whether the policy lets in who really sends: this machine, or the smart host's provider."""
    situation = desk.situation
    if situation.smart_host:
        missing = [one for one in situation.smart_host.spf.split() if one not in values["policy"].split()]
        filled = values | {"provider": situation.smart_host.host, "term": " ".join(missing)}
        return Outcome(State.YELLOW, "spf-provider", filled) if missing else None
    for address in desk.of_host():
        asked = spf.Sender(address, situation.host, f"postmaster@{situation.domain}")
        verdict = await spf.check(asked, desk.asker.direct)
        filled = values | {"address": str(address), "why": verdict.why}
        match verdict.result:
            case spf.Result.FAIL | spf.Result.SOFTFAIL:
                return Outcome(State.RED, "spf-not-us", filled)
            case spf.Result.PERMERROR:
                return Outcome(State.RED, "spf-broken", filled)
            case _:
                pass
    return None


async def keys(desk: Desk) -> Outcome:
    """Whether each key that letters are signed with can be found (DKIM)."""
    situation = desk.situation
    if not situation.keys:
        return waiting("dkim-no-key", domain=situation.domain)
    missing: list[tuple[str, str]] = []
    other: list[str] = []
    notes: tuple[Note, ...] = ()
    for key in situation.keys:
        name = f"{key.selector}._domainkey.{situation.domain}"
        found = await desk.asker.texts(name, b"")
        if isinstance(found, Unknown):
            return failed(found)
        if any(_same(text, key.record) for text in found):
            notes = notes or await desk.asker.spread(name, TXT)
            continue
        missing.append((name, key.record))
        if found:
            other.append(name)
    values = {
        "domain": situation.domain,
        "selectors": ", ".join(key.selector for key in situation.keys),
        "names": ", ".join(other or [name for name, _ in missing]),
    }
    if not missing:
        return Outcome(State.GREEN, "dkim", values, notes=notes)
    long = (Note("long-text"),) if any(len(record) > 255 for _, record in missing) else ()
    key_ = "dkim-other" if other else "dkim-none"
    enter = tuple([await desk.entry(name, "TXT", record) for name, record in missing])
    return Outcome(State.RED, key_, values, enter, long)


def _same(text: bytes, record: str) -> bool:
    """Whether two records hold the same key, however they are written."""
    try:
        found, wanted = dkim_records.key(text), dkim_records.key(record.encode())
    except BadKey:
        return False
    return (found.type, found.octets) == (wanted.type, wanted.octets)


async def author_policy(desk: Desk) -> Outcome:
    """What others shall do with letters that only pretend to be of the domain (DMARC)."""
    domain = desk.situation.domain
    name = f"_dmarc.{domain}"
    found = await desk.asker.texts(name, b"v=dmarc1")
    if isinstance(found, Unknown):
        return failed(found)
    enter = await desk.enter_type("TXT", name)
    values = {"domain": domain, "name": name}
    if len(found) != 1:
        return Outcome(State.RED, "dmarc-many" if found else "dmarc-missing", values, enter)
    values["policy"] = shown(found[0])
    try:
        record = dmarc.read(found[0])
    except BadRecord as error:
        return Outcome(State.RED, "dmarc-broken", values | {"why": str(error)}, enter)
    notes = await desk.asker.spread(name, TXT)
    if not record.reports:
        notes = (*notes, Note("dmarc-unheard"))
    if record.policy is dmarc.Policy.NONE or record.testing:
        notes = (*notes, Note("dmarc-watching", {"name": name}))
    return Outcome(State.GREEN, "dmarc", values, notes=notes)

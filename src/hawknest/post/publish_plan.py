"""What has to change in a zone so that it says what it should: worked out from what it says, and from what of that is ours.

Three kinds of place are told apart. In most there can be one answer: the SPF record of a domain, its MX records, a CNAME.
What stands there and is not ours is somebody's decision: it is left alone and told, a *conflict*. In others (TLSA, CAA) any number
of records stand side by side: ours are added. And what we entered once and do not want any more is taken out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.accounts.publishing import Entry
from hawknest.dns import Caa, IpAddress, Mx, Srv, Tlsa
from hawknest.post.records import Record, Why

#: A name and a type, and what the zone has there.
Present = Mapping[tuple[str, str], Sequence[str]]

#: Types of which any number may stand beside each other, whoever entered them.
_SIDE_BY_SIDE: Final = frozenset({"TLSA", "CAA"})
#: Where the owner's own word is as good as ours.
_AS_GOOD: Final = frozenset({Why.DMARC, Why.TLSRPT, Why.SERVICE, Why.SETTINGS, Why.SPF_HOST})


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record that was not entered, because something of somebody else stands there."""

    record: Record
    found: tuple[Entry, ...]
    serious: bool  # letters may be lost, refused or distrusted while it stays


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change."""

    add: tuple[Entry, ...]
    remove: tuple[Entry, ...]  # from the zone
    forget: tuple[Entry, ...]  # from what we call ours: it is gone, or is to go
    conflicts: tuple[Conflict, ...]


def entry_of(record: Record) -> Entry:
    """Make the entry of a record."""
    return Entry(record.name, record.type, record.value)


def plan(
    wanted: Sequence[Record],
    present: Present,
    mine: Collection[Entry],
    others: Collection[Entry] = (),
    *,
    replace: bool = False,
) -> Plan:
    """Work out what to change.

    Args:
        wanted: what the zone should say.
        present: what it says, for the names and types of `wanted` and `mine`, and for CNAME at each name.
        mine: what we have entered for this domain.
        others: what we have entered for other domains, which stays.
        replace: whether what is in the way gives place to ours.
    """
    add: list[Entry] = []
    remove: list[Entry] = []
    conflicts: list[Conflict] = []
    ours = {*mine, *others}
    for records in _by_place(wanted):
        foreign = [entry for entry in _standing(records[0], present) if entry not in ours]
        foreign = [entry for entry in foreign if entry not in {entry_of(r) for r in records}]
        missing = [r for r in records if r.value not in present.get((r.name, r.type), ())]
        if foreign and not replace:
            conflicts += [
                Conflict(record, tuple(foreign), _serious(record, foreign))
                for record in (missing or _doubled(records))
            ]
        else:
            add += map(entry_of, missing)
            remove += foreign
    keep = {*map(entry_of, wanted), *others}
    gone = [entry for entry in sorted(mine) if entry not in {entry_of(r) for r in wanted}]
    remove += [e for e in gone if e not in keep and e.value in present.get((e.name, e.type), ())]
    return Plan(tuple(add), tuple(dict.fromkeys(remove)), tuple(gone), tuple(conflicts))


def _by_place(wanted: Iterable[Record]) -> list[list[Record]]:
    """Put records together that share a place."""
    found: dict[tuple[str, str, str], list[Record]] = {}
    for record in wanted:
        found.setdefault((record.name, record.type, _tag(record)), []).append(record)
    return list(found.values())


def _tag(record: Record) -> str:
    """What tells the kinds of TXT records at one name apart; at a DKIM selector there is but one kind."""
    if record.type != "TXT" or record.why is Why.DKIM:
        return ""
    return version(record.value)


def version(text: str) -> str:
    """The tag that a TXT record begins with, such as v=spf1."""
    return text.partition(";")[0].partition(" ")[0].strip().lower()


def _standing(record: Record, present: Present) -> list[Entry]:
    """What stands in a record's place, or keeps it out: RFC 1034 §3.6.2."""
    name, tag = record.name, _tag(record)
    if record.type == "CNAME":
        return [
            Entry(n, type_, value) for (n, type_), values in present.items() if n == name for value in values
        ]
    aliases = [Entry(name, "CNAME", value) for value in present.get((name, "CNAME"), ())]
    if record.type in _SIDE_BY_SIDE:
        return aliases
    values = present.get((name, record.type), ())
    return aliases + [Entry(name, record.type, v) for v in values if not tag or version(v) == tag]


def _doubled(records: Sequence[Record]) -> list[Record]:
    """All of ours stand there; what else does is in the way only where there must be one: of the texts with a version."""
    return [record for record in records if _tag(record)][:1]


def _serious(record: Record, foreign: Sequence[Entry]) -> bool:
    if record.why is Why.SPF and len(foreign) == 1 and foreign[0].type == "TXT":
        return not set(_terms(record.value)) <= set(_terms(foreign[0].value))
    return record.why not in _AS_GOOD


def _terms(spf: str) -> list[str]:
    """What an SPF record lets through; who has all of ours in it lets us send."""
    return [term.lower() for term in spf.split() if not term.lower().endswith("all")]


def value_text(value: object) -> str:
    """Write a value of the DNS as a zone file does; of TXT the text itself."""
    match value:
        case bytes():
            return value.decode("utf-8", "replace")
        case Mx():
            return f"{value.preference} {value.host}."
        case Srv():
            return f"{value.priority} {value.weight} {value.port} {value.target}."
        case Tlsa():
            return f"{value.usage} {value.selector} {value.matching} {value.data.hex()}"
        case Caa():
            return f'{value.flags} {value.tag} "{value.value.decode("utf-8", "replace")}"'
        case str():
            return f"{value}."
        case _:
            assert isinstance(value, IpAddress)
            return str(value)

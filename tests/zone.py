"""A resolver that knows what a test says, and asks nobody."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any

from hawknest.dns import (
    AAAA,
    MX,
    PTR,
    TXT,
    A,
    Answer,
    Kind,
    Mx,
    NoData,
    NoSuchName,
    ServerFailed,
    canonical_name,
)

#: How the records of a kind are written in a test.
_READ: Mapping[Kind[Any], Any] = {
    A: IPv4Address,
    MX: lambda text: Mx(int(text.split()[0]), text.split()[1]),
    PTR: str,
    TXT: lambda text: text.encode(),
}


class Zone:
    """Names with their records, as `{"example.com MX": "10 mx.example.com"}`; `failing` names cannot be asked about."""

    def __init__(
        self, records: Mapping[str, str | Sequence[str]] | None = None, failing: Sequence[str] = ()
    ) -> None:
        self.records = dict(records or {})
        self.failing = set(failing)
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Kind[Any]) -> Answer[Any]:
        name = canonical_name(name) or name
        self.asked.append(f"{name} {kind}")
        if name in self.failing:
            raise ServerFailed(name, str(kind))
        found = self.records.get(f"{name} {kind}")
        if found is None:
            there = any(
                key.startswith(f"{name} ") or key.partition(" ")[0].endswith(f".{name}")
                for key in self.records
            )
            raise (NoData if there else NoSuchName)(name, str(kind))
        texts = [found] if isinstance(found, str) else found
        assert kind != AAAA
        return Answer(tuple(_READ[kind](text) for text in texts), name, 60)

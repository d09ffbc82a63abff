"""A resolver without a network, for tables: records by name and kind, and failures where they are wanted."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from hawknest import dns

Zone = Mapping[str, Any]


def _value(kind: str, text: str) -> Any:
    match kind:
        case "A":
            return IPv4Address(text)
        case "AAAA":
            return IPv6Address(text)
        case "MX":
            preference, host = text.split()
            return dns.Mx(int(preference), host.removesuffix("."))
        case "TXT":
            return text.encode()
        case "TLSA":
            usage, selector, matching, data = text.split()
            return dns.Tlsa(int(usage), int(selector), int(matching), bytes.fromhex(data))
        case _:
            return text


class Names:
    """Answers from a mapping `"name KIND"` -> texts, a CNAME target, or a kind of failure; `!` before the first text: with AD."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.asked: list[str] = []

    async def ask(self, name: str, kind: dns.Kind[Any]) -> dns.Answer[Any]:
        self.asked.append(f"{name} {kind}")
        return self._answer(name, name, kind)

    def _answer(self, name: str, asked: str, kind: dns.Kind[Any]) -> dns.Answer[Any]:
        found = self._zone.get(f"{name} {kind}", self._zone.get(name))
        if isinstance(found, type):
            raise found(asked, kind.name, "192.0.2.53")
        if found is not None:
            texts = found.split("; ")
            secure = texts[0].startswith("!")
            texts[0] = texts[0].removeprefix("!")
            values = tuple(_value(kind.name, text) for text in texts)
            return dns.Answer(values, name, 300, secure, "192.0.2.53")
        if alias := self._zone.get(f"{name} CNAME"):
            return self._answer(alias.removeprefix("!"), asked, kind)
        exists = any(key.split()[0] == name or key.split()[0].endswith(f".{name}") for key in self._zone)
        raise (dns.NoData if exists else dns.NoSuchName)(asked, kind.name, "192.0.2.53")

"""A world without a network for the coach's tables: records, ports, certificates and pages as a test wants them.

world = World({"d.example MX": ["10 mail.d.example"]})
outcome = await world.look("mx")
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from hawknest import dns
from hawknest.net.probe import ProbeError, Shown
from hawknest.post import records
from hawknest.post.coach import Coach, Situation, Wishes
from hawknest.post.coach.asking import Asker
from hawknest.post.coach.lines import LINES
from hawknest.post.coach.situation import Key
from hawknest.post.coach.values import Outcome
from hawknest.post.records import Facts

HOST, DOMAIN = "mail.d.example", "d.example"
IPV4, IPV6 = IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1")
NOW = 1_800_000_000.0
DAY = 86400.0
KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
OTHER_KEY = "v=DKIM1; k=ed25519; p=OyEVnrqpl3tTRJSnCPUfVvE5aNbYh1fnnvxDNkmZ4aM="
TLSA = "3 1 1 " + "ab" * 32
PORTS = {"smtp": 25, "submissions": 465, "imaps": 993, "https": 443}
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mail.d.example\r\nmax_age: 604800\r\n"

FACTS = Facts(
    domain=DOMAIN,
    host=HOST,
    ipv4=(IPV4,),
    ipv6=(IPV6,),
    dkim=(("s1", KEY),),
    sts_id="1",
    tlsa=((25, TLSA),),
    services=tuple(PORTS.items()),
    caa="letsencrypt.org",
)
SITUATION = Situation(
    domain=DOMAIN,
    host=HOST,
    addresses=frozenset({IPV4, IPV6}),
    here=frozenset({IPV4, IPV6}),
    ports=PORTS,
    wanted=tuple(records.wanted(FACTS)),
    keys=(Key(selector="s1", record=KEY),),
    wishes=Wishes(
        greeters=("big.example", "large.example"), blocklists=("bl.example",), time="https://time.example/"
    ),
)


def entered() -> dict[str, Any]:
    """Everything as it should be."""
    zone: dict[str, Any] = {}
    for record in SITUATION.wanted:
        zone.setdefault(f"{record.name} {record.type}", []).append(record.value)
    return zone | {
        "d.example SOA": ["!."],
        "d.example DS": ["!1"],
        "big.example MX": ["10 mx.big.example"],
        "large.example MX": ["10 mx.large.example"],
        "2.0.0.127.bl.example A": ["127.0.0.2"],
    }


def _value(kind: str, text: str) -> Any:
    words = text.split()
    match kind:
        case "A":
            return IPv4Address(text)
        case "AAAA":
            return IPv6Address(text)
        case "MX":
            return dns.Mx(int(words[0]), words[1].removesuffix("."))
        case "SRV":
            return dns.Srv(int(words[0]), int(words[1]), int(words[2]), words[3].removesuffix("."))
        case "CAA":
            return dns.Caa(int(words[0]), words[1], words[2].strip('"').encode())
        case "TLSA":
            return dns.Tlsa(int(words[0]), int(words[1]), int(words[2]), bytes.fromhex(words[3]))
        case "TXT":
            return text.encode()
        case _:
            return text.removesuffix(".")


class Zone:
    """Answers from a mapping `"name KIND"` -> texts, or a kind of failure; `!` before the first text: with AD."""

    def __init__(self, zone: Mapping[str, Any], resolver: str = "192.0.2.53") -> None:
        self.zone_data = dict(zone)
        self.asked: list[str] = []
        self.resolver = resolver

    async def ask(self, name: str, kind: dns.Kind[Any]) -> dns.Answer[Any]:
        self.asked.append(f"{name} {kind}")
        return self._answer(name, name, kind)

    async def zone(self, name: str) -> str:
        place = name
        while place and f"{place} SOA" not in self.zone_data:
            place = place.partition(".")[2]
        return place

    def _answer(self, name: str, asked: str, kind: dns.Kind[Any]) -> dns.Answer[Any]:
        found = self.zone_data.get(f"{name} {kind}", self.zone_data.get(name))
        if isinstance(found, type):
            raise found(asked, kind.name, self.resolver)
        if found:
            secure = found[0].startswith("!")
            texts = [text.removeprefix("!") for text in found]
            values = tuple(_value(kind.name, text) for text in texts)
            return dns.Answer(values, name, 300, secure, self.resolver)
        if (alias := self.zone_data.get(f"{name} CNAME")) and not isinstance(alias, type):
            return self._answer(alias[0].removesuffix("."), asked, kind)
        exists = any(
            key.split()[0] == name or key.split()[0].endswith(f".{name}")
            for key in self.zone_data
            if self.zone_data[key]
        )
        raise (dns.NoData if exists else dns.NoSuchName)(asked, kind.name, self.resolver)


@dataclass
class Net:
    """What comes back from the network: greetings by `host:port`, pages by URL."""

    greetings: dict[str, Any] = field(default_factory=dict)
    shown: Any = None
    pages: dict[str, Any] = field(default_factory=dict)
    time: Any = NOW
    tried: list[str] = field(default_factory=list)

    async def greet(self, host: str, port: int, *, tls: bool = False) -> str:
        return str(self._give("greet", f"{host}:{port}", self.greetings.get(f"{host}:{port}")))

    async def touch(self, host: str, port: int) -> None:
        self._give("touch", f"{host}:{port}", self.greetings.get(f"{host}:{port}"))

    async def certificate(self, host: str, port: int, name: str) -> Shown:
        found = self._give("certificate", f"{host}:{port}", self.shown)
        assert isinstance(found, Shown)
        return found

    async def fetch(self, url: str, address: Any = None) -> bytes:
        return str(self._give("fetch", url, self.pages.get(url))).encode()

    async def date(self, url: str) -> float:
        return float(self._give("date", url, self.time))

    def _give(self, what: str, where: str, found: Any) -> Any:
        self.tried.append(f"{what} {where}")
        if found is None:
            raise ProbeError("no answer within 10 seconds")
        if isinstance(found, Exception):
            raise found
        return found


def certificate(**changes: Any) -> Shown:
    """A good one, but for some changes."""
    good = Shown(
        names=("mail.d.example", "mta-sts.d.example"),
        issuer="Good Authority R3",
        begins=NOW - DAY,
        ends=NOW + 60 * DAY,
        distrust="",
        self_signed=False,
        octets=b"",
    )
    return replace(good, **changes)


class World:
    """A situation, its names and its network; all is well but for what `zone` (None: nothing there) and the others say."""

    def __init__(
        self,
        zone: Mapping[str, Any] | None = None,
        *,
        elsewhere: Mapping[str, Any] | None = None,
        net: Net | None = None,
        **changes: Any,
    ) -> None:
        wanted = entered() | dict(zone or {})
        self.names = Zone({key: value for key, value in wanted.items() if value is not None})
        self.usual = Zone(self.names.zone_data | dict(elsewhere or {}), "192.0.2.99")
        self.net = net or Net()
        self.net.shown = self.net.shown or certificate()
        self.net.pages.setdefault("https://mta-sts.d.example/.well-known/mta-sts.txt", POLICY)
        self.net.greetings = {
            f"{IPV4}:25": "220 mail.d.example ESMTP",
            f"{IPV4}:465": "",
            f"{IPV4}:993": "",
            f"{IPV4}:443": "",
            "mx.big.example:25": "220 mx.big.example ready",
        } | self.net.greetings
        self.situation = replace(SITUATION, **changes)
        self.now = NOW
        self.ticks = 0.0

    def coach(self) -> Coach:
        """A coach in this world."""

        async def situation() -> Situation:
            return self.situation

        asker = Asker(self.names, self.usual, {}, lambda: self.ticks)
        return Coach(situation, asker, self.net, lambda: self.now, lambda: self.ticks)

    async def look(self, line: str) -> Outcome:
        """What a line finds, after all that it builds on have looked."""
        assert line in {one.key for one in LINES}
        found = (await self.coach().once()).of(line).outcome
        assert found is not None
        return found


def address(text: str) -> Any:
    """An IP address."""
    return ip_address(text)

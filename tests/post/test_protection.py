"""What destinations demand, and what their hosts then do: the letter goes, waits or fails; it never goes by a lesser way."""

import datetime as dt
import hashlib
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from destination_names import Names
from outbox import DAY, LETTER, outbox, site

import smtpsink
from hawknest import dns
from hawknest.net.tls import client_context
from hawknest.post import session
from hawknest.post.destination import Settings
from hawknest.post.destination_site import Destinations
from hawknest.post.outcome import Deferred, Delivered, Failed
from hawknest.post.promises import Promises
from hawknest.post.remote import SmtpRemote
from hawknest.post.sts import Standing
from hawknest.store import letters
from hawknest.store.tls_results import TlsResult
from hawknest.trust import mtasts
from hawknest.trust.mtasts import Policy
from smtpsink import EXTENSIONS, Script, Sink
from stores import Nest

DOMAIN, HOST = "d.example", "mx.d.example"
TLS13 = "TLSv1.3"


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def context(name: str = HOST, *, days: int = 30, trusted: bool = True) -> ssl.SSLContext:
    """What a host has that shows a certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca = authority() if trusted else trustme.CA()
    ca.issue_cert(name, not_after=dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).configure_cert(made)
    return made


@cache
def shown(of: ssl.SSLContext) -> bytes:
    """The certificate that a context shows, in DER."""
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context(verify=False).wrap_bio(theirs, ours, server_hostname="x")
    server = of.wrap_bio(ours, theirs, server_side=True)
    for _ in range(4):
        for side in (client, server):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return client.getpeercert(binary_form=True) or b""


def tlsa(of: ssl.SSLContext) -> str:
    """The record `3 1 1` of a host."""
    key = x509.load_der_x509_certificate(shown(of)).public_key()
    octets = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"3 1 1 {hashlib.sha256(octets).hexdigest()}"


def vouching() -> str:
    """The record `2 0 1` of the authority."""
    der = ssl.PEM_cert_to_DER_cert(authority().cert_pem.bytes().decode())
    return f"2 0 1 {hashlib.sha256(der).hexdigest()}"


WRONG = f"3 1 1 {'00' * 32}"
NO_USE = f"1 1 1 {'00' * 32}"


@dataclass
class Known:
    """Policies without a network."""

    policies: dict[str, Policy] = field(default_factory=dict)

    def at_hand(self, domain: str) -> Standing | None:
        return Standing(self.policies.get(domain), 0)

    async def of(self, domain: str) -> Policy | None:
        return self.policies.get(domain)


def policy(mode: str, host: str = HOST) -> Policy:
    return mtasts.parse(f"version: STSv1\nmode: {mode}\nmx: {host}\nmax_age: 86400\n".encode())


@dataclass
class World:
    """A nest, a destination and its host."""

    sink: Sink
    zone: dict[str, Any]
    known: Known
    counted: list[TlsResult]
    attempt: Callable[..., Any]

    @property
    def results(self) -> list[tuple[str, str]]:
        return [(one.policy_type, one.result_type) for one in self.counted]


@asynccontextmanager
async def world(nest: Nest, script: Script) -> AsyncGenerator[World]:
    """Open a world in which `d.example` has the one host, an address of loopback; without DNSSEC or a policy."""
    async with smtpsink.serve(script) as sink, outbox(nest, running=False) as box:
        zone: dict[str, Any] = {f"{DOMAIN} MX": f"10 {HOST}", f"{HOST} A": sink.address}
        known, counted, names = Known(), list[TlsResult](), Names(zone)
        verified = client_context(verify=True)
        authority().configure_trust(verified)
        ours = replace(
            box.remote.settings,
            contexts=session.Contexts(client_context(verify=False), verified),
            note=counted.append,
            clock=time.time,
        )
        promises = Promises(names, known, counted.append)  # type: ignore[arg-type]
        settings = Settings(port=sink.port, loopback=True)
        sites = Destinations(names, lambda: settings, list, lambda _: None, promises)
        remote = SmtpRemote(box.store, sites, ours)

        async def attempt(*, keep: bool = False, **letter: Any) -> Any:
            await box.send(f"bob@{DOMAIN}", **letter)
            (waiting,) = (await box.rows())[-1:]
            outcomes, session_ = await remote.deliver([waiting], None)
            if session_ is not None and not keep:
                session_.quit()
            return (outcomes[0], session_) if keep else outcomes[0]

        yield World(sink, zone, known, counted, attempt)


def signed(w: World, *records: str) -> None:
    """Have DNSSEC vouch for everything, and TLSA records be there."""
    for key in (f"{DOMAIN} MX", f"{HOST} A"):
        w.zone[key] = "!" + w.zone[key].removeprefix("!")
    if records:
        w.zone[f"_{w.sink.port}._tcp.{HOST} TLSA"] = "!" + "; ".join(records)


#: What the host does: its certificate, or that it has no TLS.
HOSTS: dict[str, Callable[[], Script]] = {
    "good": lambda: Script(tls=context()),
    "other name": lambda: Script(tls=context("other.example")),
    "expired": lambda: Script(tls=context(days=-1)),
    "stranger": lambda: Script(tls=context(trusted=False)),
    "no TLS": Script,
    "broken TLS": lambda: Script(tls=context(), broken_tls=True),
    "refused": lambda: Script(tls=context(), answers={"STARTTLS": "454 4.7.0 not now"}),
}

SENT = {"dane": "dane", "sts": "mta-sts", "tls": "", "clear": None}
PLAIN = ("tls", "")
CLEAR_COUNTED = ("clear", "starttls-not-supported")
#: What each demand comes to at each host: how the letter went ('': it waits), and what is counted.
GRID: dict[str, dict[str, tuple[str, str]]] = {
    "nothing": {
        "good": PLAIN,
        "other name": PLAIN,
        "expired": PLAIN,
        "stranger": PLAIN,
        "no TLS": CLEAR_COUNTED,
        "broken TLS": ("clear", "validation-failure"),
        "refused": CLEAR_COUNTED,
    },
    "sts enforce": {
        "good": ("sts", ""),
        "other name": ("", "certificate-host-mismatch"),
        "expired": ("", "certificate-expired"),
        "stranger": ("", "certificate-not-trusted"),
        "no TLS": ("", "starttls-not-supported"),
        "broken TLS": ("", "validation-failure"),
        "refused": ("", "starttls-not-supported"),
    },
    "sts testing": {
        "good": ("sts", ""),
        "other name": ("tls", "certificate-host-mismatch"),
        "expired": ("tls", "certificate-expired"),
        "stranger": ("tls", "certificate-not-trusted"),
        "no TLS": CLEAR_COUNTED,
        "broken TLS": ("clear", "validation-failure"),
        "refused": CLEAR_COUNTED,
    },
    "dane": {
        "good": ("dane", ""),
        "other name": ("dane", ""),  # RFC 7672 §3.1.1
        "expired": ("dane", ""),
        "stranger": ("dane", ""),
        "no TLS": ("", "starttls-not-supported"),
        "broken TLS": ("", "validation-failure"),
        "refused": ("", "starttls-not-supported"),
    },
    "dane wrong": {
        **dict.fromkeys(("good", "other name", "expired", "stranger"), ("", "validation-failure")),
        "no TLS": ("", "starttls-not-supported"),
        "broken TLS": ("", "validation-failure"),
        "refused": ("", "starttls-not-supported"),
    },
    "dane of no use": {
        **dict.fromkeys(("good", "other name", "expired", "stranger"), PLAIN),
        "no TLS": ("", "starttls-not-supported"),
        "broken TLS": ("", "validation-failure"),
        "refused": ("", "starttls-not-supported"),
    },
    "dane hidden": dict.fromkeys(HOSTS, ("", "dnssec-invalid")),
    "dane unsigned": {
        "good": PLAIN,
        "other name": PLAIN,
        "expired": PLAIN,
        "stranger": PLAIN,
        "no TLS": CLEAR_COUNTED,
        "broken TLS": ("clear", "validation-failure"),
        "refused": CLEAR_COUNTED,
    },
}
GRID["sts other host, enforce"] = dict.fromkeys(HOSTS, ("", "validation-failure"))
GRID["sts other host, testing"] = {
    host: (way, "validation-failure") for host, (way, _) in GRID["nothing"].items()
}
GRID["dane and sts enforce"] = GRID["dane"]
GRID["dane wrong and sts enforce"] = GRID["dane wrong"]
GRID["dane of no use and sts enforce"] = GRID["sts enforce"]
GRID["dane of no use and sts testing"] = GRID["dane of no use"]
GRID["signed without records, sts enforce"] = GRID["sts enforce"]


def demand(w: World, what: str) -> None:
    """Have the destination demand something."""
    for mode in ("enforce", "testing"):
        if f"sts {mode}" in what:
            w.known.policies[DOMAIN] = policy(mode)
        elif f"sts other host, {mode}" in what:
            w.known.policies[DOMAIN] = policy(mode, "mx.elsewhere.example")
    tls = w.sink.script.tls
    right = tlsa(tls) if tls else WRONG
    if what.startswith("signed"):
        signed(w)
    elif what.startswith("dane wrong"):
        signed(w, WRONG)
    elif what.startswith("dane of no use"):
        signed(w, NO_USE)
    elif what == "dane unsigned":
        w.zone[f"_{w.sink.port}._tcp.{HOST} TLSA"] = "!" + WRONG
    elif what == "dane hidden":
        signed(w)
        w.zone[f"_{w.sink.port}._tcp.{HOST} TLSA"] = dns.ServerFailed
    elif what.startswith("dane"):
        signed(w, right)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("what", GRID)
async def test_grid(sqlite_nest: Nest, what: str, host: str) -> None:
    way, result = GRID[what][host]
    async with world(sqlite_nest, HOSTS[host]()) as w:
        demand(w, what)
        outcome = await w.attempt()
        if not way:
            assert isinstance(outcome, Deferred)
            assert outcome.code in {"4.7.4", "4.7.5"}
            assert "TLS" in outcome.words
            assert not w.sink.letters
            assert not w.sink.commands("MAIL")
        else:
            assert isinstance(outcome, Delivered)
            assert (outcome.where.tls == "") is (SENT[way] is None)
            assert outcome.where.proof == (SENT[way] or "")
            assert [letter.tls for letter in w.sink.letters] == [way != "clear"]
        last = [one for one in w.counted if one.result_type != "tlsa-invalid"]
        assert [one.result_type for one in last] == [result]
        assert last[0].domain == DOMAIN
        kinds = {"dane": "tlsa", "sts": "sts", "not": "no-policy-found", "sig": "sts"}
        kind = kinds.get(what[:4], kinds.get(what[:3], ""))
        if what == "dane unsigned":
            kind = "no-policy-found"
        elif what == "dane of no use and sts enforce":
            kind = "sts"
        assert last[0].policy_type == kind
        assert bool(last[0].mx_host) is bool(result)


WAIVED = LETTER.replace(b"Subject", b"TLS-Required: no\r\nSubject")


@pytest.mark.parametrize("what", ["sts enforce", "sts other host, enforce", "dane wrong", "dane hidden"])
async def test_a_sender_may_waive_it(sqlite_nest: Nest, what: str) -> None:
    """RFC 8689 §4.2.2: the letter goes, protected as well as can be, and its session carries no other."""
    async with world(sqlite_nest, HOSTS["stranger"]()) as w:
        demand(w, what)
        outcome, session_ = await w.attempt(data=WAIVED, keep=True)
        assert isinstance(outcome, Delivered)
        assert (outcome.where.tls[:7], outcome.where.proof) == (TLS13, "")
        assert session_ is None
        assert w.counted[0].result_type


async def test_a_waiver_in_the_text_is_none(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, HOSTS["stranger"]()) as w:
        demand(w, "sts enforce")
        for data in (
            LETTER + b"TLS-Required: no\r\n",
            WAIVED.replace(b"Subject", b"TLS-Required: no\r\nSubject"),
        ):
            assert isinstance(await w.attempt(data=data), Deferred)


PROVEN = {"sts enforce": "mta-sts", "sts testing": "mta-sts", "dane": "dane", "signed": "webpki"}


@pytest.mark.parametrize("what", PROVEN)
async def test_required(sqlite_nest: Nest, what: str) -> None:
    """RFC 8689 §4.2.1: to a proven host that promises the same."""
    script = replace(HOSTS["good"](), extensions=[*EXTENSIONS, "REQUIRETLS"])
    async with world(sqlite_nest, script) as w:
        demand(w, what)
        outcome = await w.attempt(requiretls=True)
        assert isinstance(outcome, Delivered)
        assert outcome.where.proof == PROVEN[what]
        assert "REQUIRETLS" in w.sink.letters[0].parameters.split()


@pytest.mark.parametrize(
    ("what", "host"),
    [
        ("nothing", "good"),  # nobody vouches for the host's name
        *(
            (what, host)
            for what in PROVEN
            for host in ("stranger", "no TLS")
            if (what, host) != ("dane", "stranger")
        ),
        ("dane wrong", "good"),
        ("dane hidden", "good"),
        ("sts other host, enforce", "good"),
        ("sts other host, testing", "good"),
    ],
)
async def test_required_in_vain(sqlite_nest: Nest, what: str, host: str) -> None:
    script = replace(HOSTS[host](), extensions=[*EXTENSIONS, "REQUIRETLS"])
    async with world(sqlite_nest, script) as w:
        demand(w, what)
        outcome = await w.attempt(
            requiretls=True, data=WAIVED
        )  # RFC 8689 §4.1: the header counts for nothing then
        assert isinstance(outcome, Failed)
        assert outcome.code == "5.7.30"
        assert not w.sink.letters


@pytest.mark.parametrize("what", PROVEN)
async def test_required_of_a_host_that_does_not_promise(sqlite_nest: Nest, what: str) -> None:
    async with world(sqlite_nest, HOSTS["good"]()) as w:
        demand(w, what)
        outcome = await w.attempt(requiretls=True)
        assert isinstance(outcome, Failed)
        assert outcome.code == "5.7.30"
        assert not w.sink.letters
        assert isinstance(await w.attempt(requiretls=True, sender=""), Delivered)  # RFC 8689 §5


async def test_required_and_the_host_is_away(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, HOSTS["good"]()) as w:
        demand(w, "sts enforce")
        w.sink.script.answers = {"connect": "421 4.3.2 later"}
        assert isinstance(await w.attempt(requiretls=True), Deferred)


async def test_an_open_session_that_is_not_proven_is_not_used_for_it(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, HOSTS["good"]()) as w:
        outcome, open_ = await w.attempt(keep=True)
        assert isinstance(outcome, Delivered)
        assert open_ is not None
        assert not open_.keeps_tls_required
        open_.quit()


@pytest.mark.parametrize("records", [[vouching], [lambda: WRONG, vouching]])
async def test_one_that_vouches(sqlite_nest: Nest, records: list[Callable[[], str]]) -> None:
    """DANE-TA over a real handshake: the chain that the host shows leads to it."""
    script = Script(tls=_with_root())
    async with world(sqlite_nest, script) as w:
        signed(w, *(record() for record in records))
        outcome = await w.attempt()
        assert isinstance(outcome, Delivered)
        assert outcome.where.proof == "dane"


def _with_root() -> ssl.SSLContext:
    """A host that shows the certificate of its authority too."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = authority().issue_cert(HOST)
    chain = issued.private_key_and_cert_chain_pem.bytes() + authority().cert_pem.bytes()
    with trustme.Blob(chain).tempfile() as file:
        made.load_cert_chain(file)
    return made


ALIASES = {
    "signed to signed, by the end": ("!host.else.example", "!", "host.else.example", "dane"),
    "signed to signed, by the beginning": ("!host.else.example", "!", HOST, "dane"),
    "signed to unsigned": ("!host.else.example", "", HOST, "dane"),
    "signed to unsigned, by the end": ("!host.else.example", "", "host.else.example", ""),
    "unsigned": ("host.else.example", "", HOST, ""),
}


@pytest.mark.parametrize("case", ALIASES)
async def test_aliases(sqlite_nest: Nest, case: str) -> None:
    """RFC 7672 §2.2.2, §2.2.3: a host that is another name for another."""
    alias, address, base, proof = ALIASES[case]
    async with world(sqlite_nest, HOSTS["good"]()) as w:
        del w.zone[f"{HOST} A"]
        w.zone[f"{DOMAIN} MX"] = f"!10 {HOST}"
        w.zone["host.else.example A"] = address + w.sink.address
        w.zone[f"_{w.sink.port}._tcp.{base} TLSA"] = "!" + tlsa(context())
        w.zone[f"{HOST} CNAME"] = alias
        outcome = await w.attempt()
        assert isinstance(outcome, Delivered)
        assert outcome.where.proof == proof


async def test_hosts_that_are_barred_do_not_use_the_attempt_up(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, HOSTS["good"]()) as w:
        others = [f"{n} m{n}.d.example" for n in range(8)]
        w.zone[f"{DOMAIN} MX"] = "; ".join([*others, f"10 {HOST}"])
        w.zone |= {f"m{n}.d.example A": w.sink.address for n in range(8)}
        w.known.policies[DOMAIN] = policy("enforce")
        outcome = await w.attempt()
        assert isinstance(outcome, Delivered)
        assert (outcome.where.host, outcome.where.proof, len(outcome.tried)) == (HOST, "mta-sts", 8)


async def test_a_week_long(sqlite_nest: Nest) -> None:
    """However long the host falls short, the letter waits and never goes."""
    async with world(sqlite_nest, HOSTS["no TLS"]()) as w:
        demand(w, "dane wrong")
        for _ in range(3):
            assert isinstance(await w.attempt(expires_at=time.time() + 7 * DAY), Deferred)
        assert not w.sink.letters


@pytest.mark.parametrize("full", [True, False])
async def test_a_report_keeps_what_the_letter_asked_for(sqlite_nest: Nest, full: bool) -> None:
    """RFC 8689 §5: reports on such letters are such letters, and bring back headers alone."""
    async with smtpsink.serve(HOSTS["good"]()) as sink, outbox(sqlite_nest) as box:
        box.dns.sites[DOMAIN] = site(sink)
        box.dns.sites["other.example"] = Deferred("4.4.1", "away", everyone=True)
        await box.send(
            f"bob@{DOMAIN}",
            sender="zoe@other.example",
            requiretls=True,
            ret="FULL" if full else "",
            data=LETTER.replace(b"Hi.", b"A secret."),
        )
        (row,) = await box.settled()
        assert (row.address, row.reverse_path, row.requiretls) == ("zoe@other.example", "", True)
        content = await box.store.read(lambda connection: letters.read(connection, row.blob_id))
        assert content is not None
        assert content.data is not None
        assert b"5.7.30" in content.data
        assert b"Subject: hello" in content.data
        assert b"A secret." not in content.data


async def test_a_report_waives_what_the_letter_waived(sqlite_nest: Nest) -> None:
    async with (
        smtpsink.serve(Script(recipients={f"bob@{DOMAIN}": "550 no"})) as sink,
        outbox(sqlite_nest) as box,
    ):
        box.dns.sites[DOMAIN] = site(sink)
        for data in (LETTER, WAIVED):
            await box.send(f"bob@{DOMAIN}", data=data)
            await box.settled()
        plain, waiving = await box.inbox("ann@example.com")
        assert b"\r\nTLS-Required: No\r\n" not in plain.partition(b"\r\n\r\n")[0]
        assert b"\r\nTLS-Required: No\r\n" in waiving.partition(b"\r\n\r\n")[0]


async def test_required_and_another_host_promises(sqlite_nest: Nest) -> None:
    """RFC 8689 §4.2.1: a host that does not offer it is followed by the next."""
    promising = replace(HOSTS["good"](), extensions=[*EXTENSIONS, "REQUIRETLS"])
    async with (
        world(sqlite_nest, HOSTS["good"]()) as w,
        smtpsink.serve(promising, address="127.0.0.2", port=w.sink.port) as other,
    ):
        w.zone[f"{HOST} A"] = f"{w.sink.address}; 127.0.0.2"
        demand(w, "sts enforce")
        outcome = await w.attempt(requiretls=True)
        assert isinstance(outcome, Delivered)
        assert ([len(sink.letters) for sink in (w.sink, other)], len(outcome.tried)) == ([0, 1], 1)

"""`hawknest certificate …`: certificates by themselves."""

import sys
import time
from typing import Annotated, Final

from cyclopts import App, Parameter

from hawknest.accounts import authority, vault
from hawknest.accounts.authority import AUTO, Wish
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import language, tell
from hawknest.config import Config
from hawknest.net.acme import AcmeError
from hawknest.net.control import ControlError, ask
from hawknest.net.tls import Certificate
from hawknest.post.certificate_rules import announce
from hawknest.post.certificate_standing import CertificateStanding, OneCertificate, standing
from hawknest.post.certificate_words import remedy, spoken, wrong
from hawknest.store import certificates

PATIENCE: Final = 120.0  # seconds that a command waits for the authority

Agree = Annotated[bool, Parameter(negative=(), help="You have read the authority's terms and agree to them.")]
Wait = Annotated[
    bool, Parameter(negative="--no-wait", help="Wait until it is done, two minutes at the most.")
]

app = App(
    name="certificate",
    help="Certificates that an authority such as Let's Encrypt gives by itself, for the host and for the names of your domains that "
    "lead to it. They are asked for, renewed and shown without a restart.",
    help_format="markdown",
)


@app.command(name="show")
def show_(*, data: Data = DEFAULT, json: Json = False) -> None:
    """Tell which certificates there are, until when, when the next are asked for, and what went wrong.

    Example: `hawknest certificate show`
    """
    with nest(data) as here:
        found = _standing(here)
    show(found, json, lambda: _in_words(found))


@app.command
def on(
    ca: Annotated[str, Parameter(name="authority")] = "letsencrypt",
    /,
    *,
    agree: Agree = False,
    contact: str = "",
    challenge: str = AUTO,
    wait: Wait = True,
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """Have certificates of an authority, from now on.

    Its terms are a contract that only you can enter into: their address is shown, and you say yes, or say it beforehand with `--agree`.
    `staging` is Let's Encrypt's copy for trials: nothing there is trusted by programs, and its limits are wide.

    Example: `hawknest certificate on`

    Example: `hawknest certificate on staging --agree`

    Args:
        ca: `letsencrypt`, `staging`, or the https address of another authority's directory (ACME).
        contact: An address that the authority may write to; not needed.
        challenge: How names are proved: `http-01` (port 80), `tls-alpn-01` (port 443), `dns-01` (records entered by RFC 2136), or `auto` for the first that works here.
    """
    url = authority.named(ca)
    with nest(data) as here:
        terms = _terms(here.config, url)
        name = spoken(authority.called(url))
        if not agree:
            _agreed(name, terms)
        wanted = Wish(ca=url, challenge=challenge, contact=contact, terms=terms, agreed_at=time.time())
        here.change("certificate.on", url, lambda c: authority.want(c, wanted), authority.wish)
    print(tell("cert-switched", ca=name), file=sys.stderr)
    return _waited(data, json, wait=wait)


@app.command
def off(*, data: Data = DEFAULT) -> None:
    """Ask no authority any more; the certificates that are there are used until they end.

    Example: `hawknest certificate off`
    """
    with nest(data) as here:
        here.change("certificate.off", "", authority.want_none, authority.wish)
    print(tell("cert-switched-off"))


@app.command
def renew(
    *,
    new_key: Annotated[bool, Parameter(negative=())] = False,
    wait: Wait = True,
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """Ask for new certificates now, and not only when it is time. The keys stay, so that TLSA records stay true.

    With `--new-key` nothing is asked for yet: the next key of each certificate is made and its TLSA value shown, so that you can publish
    it. The certificate with that key is asked for two days later.

    Example: `hawknest certificate renew`

    Args:
        new_key: Have other keys from the next certificates on.
    """
    with nest(data) as here:
        ca = here.read(authority.wish).ca
        if not ca:
            raise Trouble(tell("cert-off"))
        if new_key:
            return _announced(here, json)
        here.change("certificate.renew", ca, lambda c: certificates.hasten(c, ca))
    print(tell("cert-hasten"), file=sys.stderr)
    return _waited(data, json, wait=wait)


def _announced(here: Nest, json: bool) -> int:
    sealing = vault.at(here.config.directory)
    found = here.change("certificate.new-key", "", lambda c: announce(c, sealing, time.time()))
    if not found:
        raise Trouble(tell("cert-no-key"))
    rows = [{"subject": one.subject, "tlsa": f"3 1 1 {one.next_pin}", "from": one.next_from} for one in found]
    lines = [
        tell("cert-new-key", subject=row["subject"], at=when(one.next_from), tlsa=row["tlsa"])
        for row, one in zip(rows, found, strict=True)
    ]
    show(rows, json, lambda: "\n".join(lines))
    return 0


def _terms(config: Config, url: str) -> str:
    """Ask the authority where its terms are. Raises Trouble."""
    from hawknest.net.acme_talk import terms  # noqa: PLC0415 (only who asks an authority needs it)

    try:
        return terms(config.authority(url))
    except AcmeError as error:
        at = ("en", "ja").index(language())
        name = authority.called(url)
        words = f"{wrong(error.kind, '', name)[at]} {remedy(error.kind, '', name)[at]}"
        raise Trouble(f"{words} ({error.detail})" if error.detail else words) from error


def _agreed(name: str, terms: str) -> None:
    """Ask the owner. Raises Trouble where the answer is not yes."""
    print(tell("cert-terms", ca=name, terms=terms) if terms else tell("cert-terms-none", ca=name))
    if not sys.stdin.isatty():
        raise Trouble(tell("cert-say-agree"))
    if input(tell("cert-ask")).strip().lower() not in {"y", "yes", "はい"}:
        raise Trouble(tell("cert-say-agree"))


def _mine(found: CertificateStanding) -> list[OneCertificate]:
    return [one for one in found.certificates if one.authority == found.authority and one.wanted]


def _waited(data: Data, json: bool, *, wait: bool) -> int:
    """Wait for what comes of it, and tell. Returns the exit code: 1 where something is not there."""
    with nest(data) as here:
        try:
            ask(here.config.socket, "status", timeout=2.0)
        except ControlError:
            print(tell("cert-not-running"), file=sys.stderr)
            wait = False
        found = _standing(here)
        if wait:
            print(tell("cert-waiting"), file=sys.stderr)
        end = time.monotonic() + PATIENCE
        while wait and not _settled(found) and time.monotonic() < end:
            time.sleep(0.3)
            found = _standing(here)
    if wait and not _settled(found):
        print(tell("cert-still"), file=sys.stderr)
    show(found, json, lambda: _in_words(found))
    return 1 if wait and any(one.problem or not one.names for one in _mine(found)) else 0


def _settled(found: CertificateStanding) -> bool:
    """Whether nothing is about to be asked for."""
    mine = _mine(found)
    return bool(mine) and all(one.renew_at is not None and one.renew_at > time.time() for one in mine)


def _standing(here: Nest) -> CertificateStanding:
    settings = here.config
    own = Certificate(
        settings.certificate(), settings.directory / "tls", [settings.hostname, "localhost", "127.0.0.1"]
    )
    return here.read(lambda c: standing(c, settings.hostname, own.own, time.time(), files=own.from_files))


def _in_words(found: CertificateStanding) -> str:
    lines: list[str] = []
    if found.on:
        lines.append(tell("cert-on", ca=spoken(found.authority), at=when(found.agreed_at)))
    else:
        lines.append(tell("cert-off"))
    if found.own.kind == "files":
        names, until = ", ".join(found.own.names), when(found.own.ends_at)
        lines.append(tell("cert-files", names=names, until=until))
    elif found.own.shown:
        lines.append(tell("cert-self-signed"))
    if found.on and not found.certificates:
        lines.append(tell("cert-nothing-yet"))
    for one in found.certificates:
        lines += ["", *_one(one)]
    return "\n".join(lines)


def _one(one: OneCertificate) -> list[str]:
    state = tell(f"cert-{one.state}", until=when(one.ends_at)) + (tell("cert-trial") if one.trial else "")
    lines = [tell("cert-one", subject=one.subject, state=state)]
    lines.append(tell("cert-names", names=", ".join(one.names or one.wanted)))
    if one.tlsa:
        lines.append(tell("cert-tlsa", tlsa=one.tlsa))
    if one.next_tlsa:
        lines.append(tell("cert-next-tlsa", tlsa=one.next_tlsa, at=when(one.next_from)))
    if one.renew_at:
        lines.append(tell("cert-next", at=when(one.renew_at)))
    if one.problem is not None:
        lines.append(tell("cert-problem", words=one.problem.words[language()]))
        lines.append(tell("cert-help", words=one.problem.help[language()]))
        if one.problem.detail:
            lines.append(tell("cert-detail", words=one.problem.detail))
    return lines

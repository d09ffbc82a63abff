"""`hawknest domain …`: the domains that this server receives letters for."""

import time
from typing import Annotated, Final

from cyclopts import App, Parameter

from hawknest.accounts import aliases, domains
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.publish import publish
from hawknest.cli.records import records
from hawknest.cli.say import Json, show, table
from hawknest.cli.targets import warn_of_nobody
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import language, tell
from hawknest.config import Profile
from hawknest.mail.address import to_unicode
from hawknest.post.domaincheck_report import Report, Severity
from hawknest.post.domaincheck_words import Language
from hawknest.trust.strictness import Strictness

app = App(name="domain", help="Domains that this server receives letters for.", help_format="markdown")
app.command(publish)


@app.command
def add(name: str, *, data: Data = DEFAULT) -> None:
    """Add a domain; postmaster and abuse come with it and lead to its first user, or until then to those of the first domain.

    Example: `hawknest domain add example.org`, or an address of this machine: `hawknest domain add [192.0.2.1]`

    Args:
        name: The domain, in any script; or an address in brackets.
    """
    with nest(data) as here:
        domain = here.change(
            "domain.add", name, lambda c: domains.add(c, name, time.time()), lambda c: domains.get(c, name)
        )
    print(f"added {_name(domain.name)}; next: hawknest user add NAME@{domain.name}")
    if here.config.contents.profile is Profile.INTERNET and not domain.name.startswith("["):
        print("\n".join(["", *records(domain.name, here.config.hostname)]))


@app.command
def alias(name: str, of: str, *, data: Data = DEFAULT) -> None:
    """Add a domain whose addresses are those of another.

    Example: `hawknest domain alias example.net example.org`

    Args:
        name: The further domain.
        of: The domain whose users and aliases answer for it.
    """
    with nest(data) as here:
        domain = here.change(
            "domain.add",
            name,
            lambda c: domains.add(c, name, time.time(), alias_of=of),
            lambda c: domains.get(c, name),
        )
    print(f"added {_name(domain.name)}, answered for by {domain.alias_of}")


@app.command
def remove(name: str, *, data: Data = DEFAULT) -> None:
    """Remove a domain that has no users left.

    Example: `hawknest domain remove example.org`

    Args:
        name: The domain.
    """
    with nest(data) as here:
        domain = here.change(
            "domain.remove", name, lambda c: domains.remove(c, name), lambda c: domains.get(c, name)
        )
    print(f"removed {_name(domain.name)}")


@app.command
def check(name: str, *, data: Data = DEFAULT, json: Json = False) -> int:
    """Ask the DNS for a domain as other servers do, and say what is wrong and what to do.

    MX, addresses, their names (PTR) and SPF are looked at, by the resolvers of hawknest.toml. Ends with exit code 1 where
    letters are lost, refused or late because of what was found.

    Example: `hawknest domain check example.org`

    Args:
        name: The domain: one of yours, or the one that letters do not reach.
    """
    from hawknest.cli.lookup import look_up  # noqa: PLC0415 (the resolver; only this command needs it)

    with nest(data) as here:
        report, words = look_up(here, domains.named(name))
    show(report.data(words), json, lambda: _told(report, words))
    return int(report.worst is Severity.PROBLEM)


@app.command(name="records")
def whole(name: str, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Print all DNS records that a domain needs, as a zone file that can be pasted where the domain is managed.

    Comments say what each is for. What lies in other zones, and what only you know, is in comments too.

    Example: `hawknest domain records example.org > example.org.zone`

    Args:
        name: The domain.
    """
    from hawknest.cli.premises import premises_of  # noqa: PLC0415 (certificates; only this command needs them)
    from hawknest.post.facts import gather  # noqa: PLC0415
    from hawknest.post.records import wanted  # noqa: PLC0415
    from hawknest.post.zonefile import zone_file  # noqa: PLC0415

    with nest(data) as here:
        domain = here.read(lambda c: domains.get(c, name)).name
        known = premises_of(here.config)
        facts = here.read(lambda c: gather(c, domain, known))
    found = wanted(facts)
    show(found, json, lambda: zone_file(found, domain, facts.host, language()).rstrip())


@app.command(name="list")
def listing(*, data: Data = DEFAULT, json: Json = False) -> None:
    """List the domains; the first is the primary one.

    Example: `hawknest domain list --json`
    """
    with nest(data) as here:
        found = here.read(domains.listing)
    rows = [(_name(d.name), d.alias_of or "-", d.catch_all or "(refused)") for d in found]
    show(
        found, json, lambda: table(("DOMAIN", "ALIAS OF", "UNKNOWN ADDRESSES"), rows, "there are no domains")
    )


@app.command(name="catch-all")
def catch_all(
    name: str,
    target: str | None = None,
    *,
    off: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
) -> None:
    """Say where letters to unknown addresses of a domain go.

    Example: `hawknest domain catch-all example.org mia@example.org`; `… catch-all example.org --off` refuses them.

    Args:
        name: The domain.
        target: The address that takes them.
        off: Refuse them, as is usual.
    """
    if (target is None) != off:
        raise Trouble("name the address that takes such letters, or say --off")
    with nest(data) as here:
        domain = here.change(
            "domain.change",
            name,
            lambda c: domains.set_catch_all(c, name, target),
            lambda c: domains.get(c, name),
        )
        warn_of_nobody(here, [domain.catch_all] if domain.catch_all else [])
    print(
        f"letters to unknown addresses of {_name(domain.name)} "
        + (f"go to {domain.catch_all}" if domain.catch_all else "are refused")
    )


@app.command
def strictness(name: str, how: Strictness, *, data: Data = DEFAULT) -> None:
    """Say what is done with letters to a domain whose From is not true.

    `refuse` does what the owner of that name asks for (DMARC): such a letter is refused, so that its sender learns of it, or
    filed among the junk. `junk` never refuses, `mark` only writes down what was found.

    Example: `hawknest domain strictness example.org junk`

    Args:
        name: The domain.
        how: refuse, junk or mark.
    """
    with nest(data) as here:
        domain = here.change(
            "domain.change",
            name,
            lambda c: domains.set_strictness(c, name, how),
            lambda c: domains.get(c, name),
        )
    print(tell(f"strictness-{domain.strictness}", domain=_name(domain.name)))


@app.command
def roles(name: str, target: str, *, data: Data = DEFAULT) -> None:
    """Add the role addresses that a domain lacks: webmaster, hostmaster, noc, security and so on (RFC 2142).

    Example: `hawknest domain roles example.org mia@example.org`

    Args:
        name: The domain.
        target: The address that they lead to.
    """
    with nest(data) as here:
        added = here.change("domain.roles", name, lambda c: aliases.add_roles(c, name, target))
    print(
        "\n".join(f"{a.address} leads to {', '.join(a.targets)}" for a in added) or "all of them were there"
    )


def _name(name: str) -> str:
    """A domain with its readable form beside it."""
    readable = to_unicode(name)
    return name if readable == name else f"{name} ({readable})"


def _told(report: Report, words: Language) -> str:
    """The findings line by line, each with what to do about it."""
    lines: list[str] = []
    for finding in report.findings:
        lines.append(f"{_MARKS[finding.severity]} {finding.text(words)}")
        if advice := finding.advice(words):
            lines.append(f"  {advice}")
    return "\n".join(lines)


_MARKS: Final = {Severity.OK: "+", Severity.HINT: "-", Severity.PROBLEM: "!"}

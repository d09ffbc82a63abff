"""`hawknest init`: a new nest, and what its owner does next."""

import contextlib
import os
import pwd
import socket
import time
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from hawknest import config, store
from hawknest.accounts import aliases, authority, domains, links, passwords, salts, users
from hawknest.accounts.settings import salt_key
from hawknest.cli import domain_keys, pages
from hawknest.cli.nest import DEFAULT, Data, Nest, tell
from hawknest.cli.records import records
from hawknest.cli.say import Json, show
from hawknest.cli.secret import Chosen, PasswordStdin, Prompt, choose
from hawknest.cli.service import USER
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell as word
from hawknest.config import FILE, Config, Profile, Tls
from hawknest.store import Connection


def init(
    *,
    admin: str = "",
    domain: str = "",
    hostname: str = "",
    profile: Profile = Profile.INTERNET,
    password_stdin: PasswordStdin = False,
    prompt: Prompt = False,
    user: Annotated[str, Parameter(help="The system user to run as, when started as root.")] = "",
    certificates_of: str = "",
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Make a new nest: its directory, hawknest.toml, database, first domain and administrator.

    At the end stands a link for the browser, good once and for a day, behind which the nest is set up.

    Example: `hawknest init --data nest --profile local`

    Example: `hawknest init --data nest --hostname mail.example.org --domain example.org --admin mia@example.org`

    Args:
        admin: The address of the administrator, in the domain. The password is made up and shown once, unless given. Without it: the page behind the link asks for address and password.
        domain: The first domain; without it: that of the administrator.
        hostname: The full name of this machine on the Internet; without it: what the system calls it.
        profile: `internet`: the standard ports, on all addresses; `local`: high ports on 127.0.0.1, no root needed.
        certificates_of: An authority, `letsencrypt` or another, that is to give certificates from the first start on. By naming it you agree to its terms of service; `hawknest certificate on` does the same later, and shows where they are.
    """
    wanted = authority.Wish()
    if certificates_of:
        ca = authority.named(certificates_of)
        wanted = authority.Wish(ca=ca, terms=authority.TERMS.get(ca, ""), agreed_at=time.time())
    directory = data.expanduser().absolute()
    contents = config.profile(profile, hostname or _hostname(profile), ipv6=_ipv6(), user=user or _user())
    text = config.render(contents)
    contents = config.parse(text, None)
    people, chosen = [], None
    if admin:
        address = domains.address_of(admin)
        chosen = choose([admin], from_stdin=password_stdin, prompt=prompt)
        people = [(domain or address.domain, admin, chosen)]
    elif password_stdin or prompt:
        raise Trouble("say with --admin whose password it is")
    settings = make(directory, contents, text)
    secret = fill(settings, people, domain=domain, wanted=wanted)
    shown: dict[str, Any] = {"data": str(directory), "hostname": contents.hostname}
    if domain or admin:
        shown["domain"] = domains.named(domain or domains.address_of(admin).domain)
    if chosen is not None:
        shown["admin"] = str(domains.address_of(admin))
        shown |= {"password": chosen.password} if chosen.made_up else {}
    if wanted.ca:
        shown["authority"] = wanted.name
    shown["links"] = pages.link(settings, secret, admin=True)
    show(shown, json, lambda: "\n".join(_next(settings, shown)))


def make(directory: Path, contents: config.Contents, text: str) -> Config:
    """Make the directory and its file. Raises Trouble where there is a nest already."""
    if (directory / FILE).exists():
        raise Trouble(f"there is a nest in {directory} already; nothing was changed")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise Trouble(f"{directory} cannot be written by this user")
    config.replace_file(directory / FILE, text)
    return Config(directory=directory, contents=contents)


def fill(
    settings: Config,
    people: list[tuple[str, str, Chosen]],
    *,
    domain: str = "",
    wanted: authority.Wish = authority.Wish(),  # noqa: B008 (a value that nobody can change)
) -> str:
    """Make the database with its first domain and users, the first of them the administrator.

    `people` are domain, address and password; where there are none, `domain` may be made alone. `wanted` is who gives certificates. Returns the secret of the
    link that opens the page of the first run. Where it fails, the file is taken away again, so that it can be repeated.
    """
    try:
        database = store.prepare(settings.store(), settings.directory, tell)
        connection = database.connect()
        with contextlib.closing(connection):
            connection.begin()
            try:
                if domain and not people:
                    domains.add(connection, domain, time.time())
                for number, (home, address, chosen) in enumerate(people):
                    _settle(connection, home, address, chosen.password, admin=number == 0)
                if wanted.ca:
                    authority.want(connection, wanted)
                first = users.get(connection, people[0][1]).id if people else None
                secret = links.issue(connection, first, time.time(), first=True)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            domain_keys.complete(Nest(settings, connection))
    except BaseException:
        settings.file.unlink(missing_ok=True)
        raise
    return secret


def _settle(connection: Connection, domain: str, address: str, password: str, *, admin: bool) -> None:
    now = time.time()
    name = domains.named(domain)
    if all(known.name != name for known in domains.listing(connection)):
        domains.add(connection, domain, now)
    secret = passwords.secrets_of(password, salts.salt_of(connection, salt_key(connection), address))
    user = users.add(connection, users.User(address=address, admin=admin), secret, now)
    if admin:
        aliases.add_roles(connection, name, user.address)


def _hostname(profile: Profile) -> str:
    name = socket.getfqdn()
    if profile is Profile.LOCAL:
        return name if "." in name else "localhost"
    if "." not in name or name.startswith("localhost"):
        raise Trouble("say the full name of this machine with --hostname, such as mail.example.org")
    return name


def _user() -> str:
    """The system user that the server becomes when root starts it, where the system has one for it."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(USER).pw_name if os.geteuid() == 0 else ""
    return ""


def _ipv6() -> bool:
    """Whether this machine can listen on IPv6."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
        sock.bind(("::", 0))
        return True
    return False


def _next(settings: Config, shown: dict[str, Any]) -> list[str]:
    """What the owner does next."""
    directory, domain = shown["data"], shown.get("domain", "")
    local = settings.contents.profile is Profile.LOCAL
    lines = [word("made", directory=directory)]
    if "admin" in shown:
        lines.append(word("admin", address=shown["admin"]))
    if "password" in shown:
        lines.append(word("password-once", password=shown["password"]))
    lines += ["", word("next-start", directory=directory)]
    if not local:
        lines.append(word("next-service", directory=directory))
    if domain:
        lines.append(word("next-user", domain=domain, directory=directory))
    if "admin" in shown:
        lines += ["", *client(settings, shown["admin"])]
    if not local and domain:
        lines += ["", *records(domain, shown["hostname"])]
    if not local and "authority" not in shown:
        lines += ["", word("next-certificate", directory=directory)]
    return [*lines, "", word("link-begin"), *pages.words(shown["links"], links.FIRST_LIFETIME / 3600)]


#: How a mail program reads and sends: by the first of these that is on.
_CLIENT: Final = (
    ("client-imap", ("imaps", "imap")),
    ("client-pop3", ("pop3s", "pop3")),
    ("client-send", ("submissions", "submission")),
)


def client(settings: Config, address: str) -> list[str]:
    """What to enter in a mail program."""
    host = "127.0.0.1" if settings.contents.profile is Profile.LOCAL else settings.hostname
    ports = {entry.service: entry for entry in reversed(settings.listeners)}
    lines = [word("client"), word("client-login", address=address)]
    for key, services in _CLIENT:
        entry = next((ports[service] for service in services if service in ports), None)
        if entry is not None:
            how = word(f"how-{entry.tls or Tls.NONE}")
            lines.append(word(key, host=host, port=entry.port, how=how))
    if settings.certificate().certificate is None:
        lines.append(word("self-signed"))
    return lines

"""`hawknest demo`: a throw-away nest on this machine, to send a first letter within a minute."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from hawknest import config
from hawknest.accounts import links, passwords, users
from hawknest.cli import pages
from hawknest.cli.init import fill, make
from hawknest.cli.nest import nest
from hawknest.cli.secret import Chosen
from hawknest.config import FILE, Config, Profile

DOMAIN: Final = "nest.test"  # RFC 6761 §6.2: no such domain will ever be on the Internet
PEOPLE: Final = ("mia", "tom")
KEPT: Final = "demo-password"  # the file that keeps it for the next run


def demo(
    *,
    data: Annotated[
        Path, Parameter(name="--data", help="Where the demo nest lies; made when it is not there.")
    ] = Path("demo"),
) -> int:
    """Run a throw-away nest on 127.0.0.1 with the users mia and tom, and show how to send and read a first letter.

    Example: `hawknest demo`
    """
    directory = data.expanduser().absolute()
    if (directory / FILE).exists():
        settings = config.load(directory)
        password = (directory / KEPT).read_text("ascii").strip()
        secret, span = _link(directory)
    else:
        settings, password, secret = _make(directory)
        span = links.FIRST_LIFETIME
    print(_greeting(settings, password), flush=True)
    print("\n".join(pages.words(pages.link(settings, secret, admin=True), span / 3600)), flush=True)
    from hawknest import app  # noqa: PLC0415 (every room; only now they are needed)

    return app.main(settings)


def _link(directory: Path) -> tuple[str, float]:
    """Make a link that signs the administrator in, and say for how many seconds it is good."""
    with nest(directory) as here:
        found = here.read(links.administrators)
        account = here.read(lambda c: users.get(c, found[0]).id) if found else None
        secret = here.write(lambda c: links.issue(c, account, time.time(), first=not found))
    return secret, links.LIFETIME if found else links.FIRST_LIFETIME


def _make(directory: Path) -> tuple[Config, str, str]:
    print(f"Making a demo nest in {directory} …", file=sys.stderr)
    contents = config.profile(Profile.LOCAL, f"mail.{DOMAIN}", ipv6=False)
    settings = make(directory, contents, config.render(contents))
    password = passwords.generate()
    with os.fdopen(os.open(directory / KEPT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password + "\n")
    people = [(DOMAIN, f"{name}@{DOMAIN}", Chosen(password, made_up=True)) for name in PEOPLE]
    return settings, password, fill(settings, people)


def _greeting(settings: Config, password: str) -> str:
    ports = {entry.service: entry.port for entry in settings.listeners}
    mia, tom = (f"{name}@{DOMAIN}" for name in PEOPLE)
    return f"""
A demo nest in {settings.directory}
  users      {mia} and {tom}
  password   {password}   (for both, until you choose another)
  sending    127.0.0.1 port {ports.get("submission")} (STARTTLS) or {ports.get("submissions")} (TLS); letters from other servers: {ports.get("smtp")}
  reading    127.0.0.1 port {ports.get("imaps")} (IMAP over TLS) or {ports.get("imap")} (IMAP, STARTTLS);
             127.0.0.1 port {ports.get("pop3s")} (POP3 over TLS) or {ports.get("pop3")} (POP3, STLS)

In a second terminal, send a first letter from tom to mia with curl:
  printf 'From: {tom}\\r\\nTo: {mia}\\r\\nSubject: Hello\\r\\n\\r\\nA first letter.\\r\\n' | \\
    curl --silent --show-error --insecure smtps://127.0.0.1:{ports.get("submissions")} --user '{tom}:{password}' \\
      --mail-from {tom} --mail-rcpt {mia} --upload-file -
or with swaks:
  swaks --server 127.0.0.1:{ports.get("submission")} --tls --auth-user {tom} --auth-password '{password}' \\
    --from {tom} --to {mia} --header 'Subject: Hello'
and read it:
  curl --silent --show-error --insecure 'imaps://127.0.0.1:{ports.get("imaps")}/INBOX;UID=1' --user '{mia}:{password}'
Follow the log in {settings.directory / settings.contents.log.directory}, ask for a letter's journey with:
  ./dev hawknest log trace {mia} --data {settings.directory}
Ctrl-C stops the server. The pages, with {mia} as administrator, are behind this link:
"""

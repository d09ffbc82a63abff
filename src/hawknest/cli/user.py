"""`hawknest user …`: the people whose letters are kept here."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from hawknest.accounts import passwords, proofs, roll, settings, sign_ins, users
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, octets, show, table, when
from hawknest.cli.secret import Chosen, PasswordStdin, Prompt, choose, salt_for
from hawknest.cli.targets import warn_of_nobody
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.store.blobs import Blobs

app = App(name="user", help="Users, their passwords, forwards and automatic replies.", help_format="markdown")
app.command(
    "hawknest.cli.app_password:app", name="app-password", help="Passwords for one program or device of a user"
)

Forward = Annotated[
    list[str] | None,
    Parameter(
        name="--forward", negative=(), help="An address that letters are sent on to; may stand several times."
    ),
]

File = Annotated[str, Parameter(allow_leading_hyphen=True, help="The file; - is stdin.")]


@app.command
def add(
    address: str,
    *,
    name: str = "",
    admin: Annotated[bool, Parameter(negative=())] = False,
    quota: str = "0",
    forward: Forward = None,
    password_stdin: PasswordStdin = False,
    prompt: Prompt = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Add a user; the password is made up and shown once, unless given.

    Example: `hawknest user add tom@example.org --name "Tom Sawyer"`

    Args:
        address: The address, in a domain of this server.
        name: The real name.
        admin: Let this user administer the server.
        quota: How much the mailbox may hold, such as 500M or 2G; 0: no limit.
        forward: Where letters are sent on to.
    """
    chosen = choose([address, name], from_stdin=password_stdin, prompt=prompt)
    user = users.User(
        address=address, real_name=name, admin=admin, quota=size(quota), forward=tuple(forward or ())
    )
    with nest(data) as here:
        secret = _secrets(here, chosen, address)
        made = here.change(
            "user.add",
            address,
            lambda c: users.add(c, user, secret, time.time()),
            lambda c: users.get(c, address),
        )
        warn_of_nobody(here, made.forward)
    shown = {"address": made.address} | ({"password": chosen.password} if chosen.made_up else {})
    show(shown, json, lambda: f"added {made.address}" + _password_line(chosen))


@app.command
def change(
    address: str,
    *,
    name: str | None = None,
    admin: bool | None = None,
    active: bool | None = None,
    quota: str | None = None,
    message_limit: str | None = None,
    forward: Forward = None,
    no_forward: Annotated[bool, Parameter(negative=())] = False,
    keep_copy: bool | None = None,
    reply: bool | None = None,
    reply_subject: str | None = None,
    reply_text: str | None = None,
    finger: str | None = None,
    reassemble: bool | None = None,
    imap_without: str | None = None,
    language: str | None = None,
    app_passwords_only: bool | None = None,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Change what a user has; what is not named stays.

    Example: `hawknest user change tom@example.org --forward tom@elsewhere.example --no-keep-copy`

    Example: `hawknest user change tom@example.org --reply --reply-text "I am away until Monday."`

    Args:
        address: The user.
        name: The real name.
        admin: Whether this user may administer the server.
        active: Whether the user may log in and receive letters.
        quota: How much the mailbox may hold, such as 500M; 0: no limit.
        message_limit: How long one letter may be, such as 20M; 0: the server's limit.
        forward: Where letters are sent on to.
        no_forward: Send nothing on any more.
        keep_copy: Whether what is sent on is kept here too.
        reply: Whether an automatic reply is sent.
        reply_subject: Its subject; empty: that of the letter with Re: in front.
        reply_text: Its text.
        finger: What `finger` tells about the user; empty: nothing.
        reassemble: Whether letters that come in parts (message/partial) are filed whole; the parts go to Trash.
        imap_without: IMAP capabilities that the user's mail program is better off without, such as "QRESYNC CONDSTORE"; empty: none.
        language: In which language the user's pages are, en or ja; empty: what the browser asks for.
        app_passwords_only: Whether mail programs get in with app passwords alone; the account's own password is for the pages then.
    """
    if forward and no_forward:
        raise Trouble("say --forward or --no-forward, not both")
    wanted: dict[str, Any] = {
        "real_name": name,
        "admin": admin,
        "active": active,
        "quota": None if quota is None else size(quota),
        "message_limit": None if message_limit is None else size(message_limit),
        "forward": () if no_forward else tuple(forward) if forward else None,
        "keep_copy": keep_copy,
        "responder_on": reply,
        "responder_subject": reply_subject,
        "responder_text": reply_text,
        "finger_text": finger,
        "reassemble": reassemble,
        "imap_without": imap_without,
        "language": language,
        "app_passwords_only": app_passwords_only,
    }
    changes = {field: value for field, value in wanted.items() if value is not None}
    with nest(data) as here:
        user = here.change(
            "user.change",
            address,
            lambda c: users.change(c, address, **changes),
            lambda c: users.get(c, address),
        )
        warn_of_nobody(here, user.forward)
    show(user, json, lambda: _in_words(user))


@app.command
def password(
    address: str, *, password_stdin: PasswordStdin = False, prompt: Prompt = False, data: Data = DEFAULT
) -> None:
    """Give a user a new password; the old one ends at once.

    Example: `hawknest user password tom@example.org --prompt`

    Args:
        address: The user.
    """
    chosen = choose([address], from_stdin=password_stdin, prompt=prompt)
    with nest(data) as here:
        secret = _secrets(here, chosen, address)
        user = here.change("user.password", address, lambda c: users.set_password(c, address, secret))
    print(f"{user.address} has a new password" + _password_line(chosen))


@app.command
def remove(
    address: str, *, yes: Annotated[bool, Parameter(negative=())] = False, data: Data = DEFAULT
) -> None:
    """Remove a user and all letters of that user, for ever.

    Example: `hawknest user remove tom@example.org --yes`

    Args:
        address: The user.
        yes: Do not ask.
    """
    with nest(data) as here:
        user = here.read(lambda c: users.get(c, address))
        if not yes:
            confirm(f"Remove {user.address} and {octets(user.octets)} of letters for ever?")
        places = here.change(
            "user.remove", address, lambda c: users.remove(c, address), lambda c: users.get(c, address)
        )
        files = Blobs(here.config.directory)
        for place in filter(None, places):
            files.remove(place)
    print(f"removed {user.address}")


@app.command(name="list")
def listing(
    search: str = "", *, count: int = 0, skip: int = 0, data: Data = DEFAULT, json: Json = False
) -> None:
    """List users, or those whose address or name holds a word.

    Example: `hawknest user list example.org`

    Args:
        search: A part of the address or the name.
        count: List so many at the most; 0: all.
        skip: Leave out so many at the beginning.
    """
    with nest(data) as here:
        found = (
            here.read(lambda c: users.listing(c, search, count, skip))
            if count
            else everybody(here, search)[skip:]
        )
    rows = [
        (u.address, u.real_name, octets(u.octets), "admin" if u.admin else "" if u.active else "inactive")
        for u in found
    ]
    show(found, json, lambda: table(("ADDRESS", "NAME", "LETTERS", ""), rows, "there are no users"))


@app.command(name="show")
def look(address: str, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Show one user.

    Example: `hawknest user show tom@example.org`

    Args:
        address: The user.
    """
    with nest(data) as here:
        user = here.read(lambda c: users.get(c, address))
    show(user, json, lambda: _in_words(user))


@app.command(name="sign-ins")
def signed_in(address: str, *, count: int = 50, data: Data = DEFAULT, json: Json = False) -> None:
    """Tell who signed in to a user's account, and who tried: when, from where, for what and with which password.

    What was alike on one day is one line. Example: `hawknest user sign-ins tom@example.org`

    Args:
        address: The user.
        count: How many lines at the most, the last ones.
    """
    with nest(data) as here:
        found = here.read(lambda c: sign_ins.listing(c, users.get(c, address).id, count))
    heads = tuple(tell(f"signins-{head}") for head in ("last", "times", "for", "with", "from", "result"))
    rows = [
        (
            when(one.last_at),
            one.count,
            one.service,
            one.credential or "-",
            one.peer,
            tell(f"signins-{one.result or 'in'}"),
        )
        for one in found
    ]
    show(found, json, lambda: table(heads, rows, tell("signins-none")))


@app.command(name="import")
def read_in(file: File, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Add users from a CSV file: all of them, or none and what is wrong with each line.

    The first line names the columns: `address`, and any of those that `hawknest user export` writes. A column `password`
    holds passwords in the clear, so keep such a file away from others.

    Example: `hawknest user import people.csv`
    """
    entries = roll.read(text_of(file))
    with nest(data) as here:
        legacy = here.read(settings.policies).cram_md5
        ready = roll.hashed(entries, lambda address: salt_for(here, address), cram_md5=legacy)
        added = here.change(
            "user.import", f"{len(entries)} users", lambda c: roll.add_all(c, ready, time.time())
        )
    show([user.address for user in added], json, lambda: f"added {len(added)} users")


@app.command
def export(*, with_secrets: Annotated[bool, Parameter(negative=())] = False, data: Data = DEFAULT) -> None:
    """Write all users as CSV.

    Example: `hawknest user export > people.csv`

    Args:
        with_secrets: Write the hashes of passwords too, to move a nest; keep such a file away from others.
    """
    with nest(data) as here:
        text = here.read(lambda c: roll.export(c, with_secrets=with_secrets))
    print(text, end="")


def text_of(file: str) -> str:
    """Read a file, or stdin for -. Raises Trouble."""
    octets = sys.stdin.buffer.read() if file == "-" else Path(file).expanduser().read_bytes()
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Trouble(f"{file} is not UTF-8") from None


def everybody(here: Nest, search: str = "") -> list[users.User]:
    """All users that a search finds, a page at a time."""
    found: list[users.User] = []
    skip = 0
    while page := here.read(lambda c, skip=skip: users.listing(c, search, 1000, skip)):
        found += page
        skip += len(page)
    return found


def size(text: str) -> int:
    """Read a size such as 500M. Raises Trouble."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    plain = text.replace(" ", "").upper().removesuffix("B")
    number, unit = (plain[:-1], plain[-1]) if plain[-1:] in units else (plain, "")
    if not (number.isascii() and number.isdigit()):
        raise Trouble(f"{text} is not a size such as 500M")
    return int(number) * units.get(unit, 1)


def confirm(question: str) -> None:
    """Ask, and go on only with a yes. Raises Trouble."""
    if not sys.stdin.isatty():
        raise Trouble("nothing was changed: say --yes where there is no terminal to ask on")
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes", "はい"}:
        raise Trouble("nothing was changed")


def _secrets(here: Nest, chosen: Chosen, address: str) -> passwords.Secrets:
    return proofs.secrets(chosen.password, here.write(lambda c: proofs.terms(c, address)))


def _password_line(chosen: Chosen) -> str:
    return f"\npassword: {chosen.password}" if chosen.made_up else ""


def _in_words(user: users.User) -> str:
    yes = {True: "yes", False: "no"}
    rows = [
        ("address", user.address),
        ("name", user.real_name),
        ("may log in", yes[user.active and user.has_password]),
        ("administrator", yes[user.admin]),
        ("letters", octets(user.octets) + (f" of {octets(user.quota)}" if user.quota else "")),
        ("letter limit", octets(user.message_limit) if user.message_limit else "the server's"),
        (
            "forwards to",
            ", ".join(user.forward) + (" and keeps a copy" if user.keep_copy else "")
            if user.forward
            else "-",
        ),
        ("automatic reply", user.responder_text.partition("\n")[0] if user.responder_on else "-"),
        ("finger tells", user.finger_text.partition("\n")[0] or "-"),
        ("parts", "are put together" if user.reassemble else "stay as they come"),
        ("IMAP without", user.imap_without or "-"),
        ("language", user.language or "-"),
        ("mail programs", "app passwords alone" if user.app_passwords_only else "any password"),
        ("since", when(user.created_at)),
    ]
    return table(("", ""), rows, "").partition("\n")[2]

"""`hawknest letter …`: the letters that a user holds, looked over without a mail program."""

import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from hawknest.accounts import users
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, octets, show, table, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.user import confirm, size
from hawknest.cli.words import tell
from hawknest.mail.defects import Defect
from hawknest.post import holdings
from hawknest.post.holdings import ANY, Held, Order, Wanted
from hawknest.store.blobs import Blobs

app = App(
    name="letter",
    help="Letters that a user holds: find those that are large, old or broken, save them, remove them. None of it needs the "
    "letter to be in order, so one that no mail program can read goes, too.",
    help_format="markdown",
)

Number = Annotated[int, Parameter(help="A number of `hawknest letter list`.")]


@app.command(name="list")
def listing(
    address: str,
    *,
    larger: str = "",
    smaller: str = "",
    since: str = "",
    before: str = "",
    sender: Annotated[str, Parameter(name="--from")] = "",
    subject: str = "",
    mailbox: str = "",
    defect: str = "",
    order: Annotated[Order, Parameter(name="--sort")] = Order.SIZE,
    count: int = 100,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """List letters of a user, the largest first.

    Example: `hawknest letter list mia@example.org --larger 10M`

    Example: `hawknest letter list mia@example.org --defect any --sort newest`

    Args:
        address: The user.
        larger: Only letters of this size or more, such as 10M.
        smaller: Only letters of this size or less.
        since: Only what came on this day or later, such as 2026-01-31.
        before: Only what came before this day.
        sender: Only letters with this in their From.
        subject: Only letters with this in their subject.
        mailbox: Only letters in this mailbox, such as INBOX.
        defect: Only letters with this defect, or `any`; the names are those of the list.
        order: size, newest or oldest.
        count: How many rows at the most.
    """
    if defect not in {"", ANY, *Defect}:
        raise Trouble(tell("letter-no-defect", defect=defect, names=", ".join([ANY, *Defect])))
    wanted = Wanted(
        larger=size(larger) if larger else 0,
        smaller=size(smaller) if smaller else Wanted().smaller,
        since=_day(since) if since else 0.0,
        before=_day(before) if before else Wanted().before,
        sender=sender,
        subject=subject,
        mailbox="INBOX" if mailbox.upper() == "INBOX" else mailbox,
        defect=defect,
    )
    with nest(data) as here:
        account = here.read(lambda c: users.get(c, address)).id
        files = Blobs(here.config.directory).files
        found = here.read(lambda c: holdings.listing(c, files, account, wanted, order, count=count))
        total, sum_ = here.read(lambda c: holdings.count(c, account, wanted))

    def in_words() -> str:
        heads = [tell(f"letter-{head}") for head in _HEADS]
        lines = table(heads, [_row(one) for one in found], tell("letter-none"))
        if len(found) < total:
            lines += "\n" + tell("letter-more", shown=len(found), total=total, octets=octets(sum_))
        return lines

    show({"letters": [_plain(one) for one in found], "total": total, "octets": sum_}, json, in_words)


@app.command(name="show")
def look(address: str, number: Number, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Tell what is known of a letter, and what is wrong with it.

    Example: `hawknest letter show mia@example.org 17`

    Args:
        address: The user.
    """
    with nest(data) as here:
        account, files = here.read(lambda c: users.get(c, address)).id, Blobs(here.config.directory).files
        found = here.read(lambda c: holdings.get(c, files, account, number))
    show([_plain(one) for one in found], json, lambda: _in_words(found))


@app.command
def save(address: str, number: Number, file: str = "-", *, data: Data = DEFAULT) -> None:
    """Write a letter to a file, octet for octet as it came.

    Example: `hawknest letter save mia@example.org 17 broken.eml`

    Args:
        address: The user.
        file: A file that is not there yet; - is the standard output.
    """
    with nest(data) as here:
        account = here.read(lambda c: users.get(c, address)).id
        content = here.read(lambda c: holdings.content(c, account, number))
        target = sys.stdout.buffer if file == "-" else _new(file)
        try:
            if content.place is None:
                target.write(content.data or b"")
            else:
                with (Blobs(here.config.directory).files / content.place).open("rb") as source:
                    shutil.copyfileobj(source, target)
            target.flush()
        finally:
            if file != "-":
                target.close()


@app.command
def remove(
    address: str,
    *numbers: Number,
    yes: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Remove letters from all mailboxes of a user, for good.

    Mail programs that have the mailbox open are told at once. `hawknest letter save` keeps a copy.

    Example: `hawknest letter remove mia@example.org 17 23`

    Args:
        address: The user.
        yes: Do not ask.
    """
    if not numbers:
        raise Trouble(tell("letter-which"))
    with nest(data) as here:
        account, files = here.read(lambda c: users.get(c, address)).id, Blobs(here.config.directory).files
        found = [here.read(lambda c, n=number: holdings.get(c, files, account, n))[0] for number in numbers]
        if not yes:
            first = found[0]
            confirm(tell("letter-sure", count=len(found), sender=first.sender, subject=first.subject))
        _remove(here, address, account, [one.number for one in found])
    show({"removed": len(found)}, json, lambda: tell("letter-removed", count=len(found)))


def _remove(here: Nest, address: str, account: int, numbers: list[int]) -> None:
    subject = f"{address} {' '.join(map(str, numbers))}"
    places = here.change("letter.remove", subject, lambda c: holdings.remove(c, account, numbers))
    files = Blobs(here.config.directory)
    for place in places:
        files.remove(place)


def _day(text: str) -> float:
    """Read a day, as it begins here. Raises Trouble."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").timestamp()  # noqa: DTZ007 (a day of the clock on the wall here)
    except ValueError:
        raise Trouble(tell("letter-day", text=text)) from None


def _new(file: str) -> Any:
    """Open a file that is not there yet. Raises Trouble."""
    try:
        return Path(file).expanduser().open("xb")
    except FileExistsError:
        raise Trouble(tell("letter-there", file=file)) from None


_HEADS = ("number", "size", "came", "mailbox", "from", "subject", "defects")


def _row(one: Held) -> tuple[object, ...]:
    sender, subject = one.sender[:30], one.subject[:40]
    return (
        one.number,
        octets(one.size),
        when(one.received_at)[:16],
        one.mailbox,
        sender,
        subject,
        " ".join(one.defects),
    )


def _plain(one: Held) -> dict[str, object]:
    """A letter for programs."""
    return {
        "number": one.number,
        "mailbox": one.mailbox,
        "uid": one.uid,
        "size": one.size,
        "received_at": one.received_at,
        "from": one.sender,
        "subject": one.subject,
        "date": one.date,
        "message_id": one.message_id,
        "defects": list(one.defects),
        "letter": one.letter,
    }


def _in_words(found: list[Held]) -> str:
    one = found[0]
    places = ", ".join(f"{each.mailbox} ({each.uid})" for each in found)
    rows = [
        (tell("letter-number"), one.number),
        (tell("letter-from"), one.sender or "-"),
        (tell("letter-subject"), one.subject or "-"),
        (tell("letter-date"), one.date or "-"),
        (tell("letter-id"), one.message_id or "-"),
        (tell("letter-size"), octets(one.size)),
        (tell("letter-came"), when(one.received_at)),
        (tell("letter-trace"), one.letter or "-"),
        (tell("letter-mailbox"), places),
        *((tell("letter-defect"), tell(f"defect-{name}")) for name in one.defects),
    ]
    return table(("", ""), rows, "").partition("\n")[2]

"""`hawknest export`: a user's letters written to files."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hawknest.accounts import users
from hawknest.cli import carry
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json
from hawknest.post.carry.errands import Format, to_files


def export(
    address: str,
    place: Path,
    *,
    written_as: Annotated[Format, Parameter(name="--format")] = Format.MAILDIR,
    mailbox: Annotated[list[str] | None, Parameter(negative=())] = None,
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """Write a user's letters to files, and compare at the end whether all is there.

    PLACE is a directory, or an archive that ends with .zip, .tar, .tar.gz, .tgz, .tar.bz2 or .tar.xz. A Maildir in a directory
    is brought up to date by a further run: what is new is added, and flags become those of now. What is written is read
    again by `hawknest import`, and by most mail programs. Ends with exit code 1 where both sides differ.

    Example: `hawknest export mia@example.org /backup/mia`

    Example: `hawknest export mia@example.org mia.zip --format mbox --mailbox INBOX --mailbox Sent`

    Args:
        address: The user.
        place: A directory, or the name of an archive that is not there yet.
        written_as: How letters are written: one file each (maildir), or one file a mailbox (mbox).
        mailbox: A mailbox to write; may stand several times. Without it all are written.
    """
    path = carry.whole(place)
    with nest(data) as here:
        user = here.read(lambda c: users.get(c, address))
        return carry.run(
            here,
            lambda store, passed: to_files(
                store, user.id, user.address, path, passed, written_as=written_as, only=mailbox or ()
            ),
            as_json=json,
            done="carry-exported",
        )

"""`hawknest export`: a user's letters written to files, or to another server."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hawknest.accounts import users
from hawknest.cli import carry
from hawknest.cli.carry import AnyCertificate, PasswordFile, Port, Secured
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.post.carry.errands import Format, to_files
from hawknest.post.carry.errands_imap import to_imap as to_server
from hawknest.post.carry.imaphost import Security


def export(
    address: str,
    place: Path | None = None,
    *,
    written_as: Annotated[Format, Parameter(name="--format")] = Format.MAILDIR,
    to_imap: str = "",
    user: str = "",
    port: Port = 0,
    security: Secured = Security.TLS,
    any_certificate: AnyCertificate = False,
    password_file: PasswordFile = None,
    mailbox: Annotated[list[str] | None, Parameter(negative=())] = None,
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """Write a user's letters to files or to another server, and compare at the end whether all is there.

    PLACE is a directory, or an archive that ends with .zip, .tar, .tar.gz, .tgz, .tar.bz2 or .tar.xz. A Maildir in a directory
    is brought up to date by a further run: what is new is added, and flags become those of now. What is written is read
    again by `hawknest import`, and by most mail programs. With `--to-imap` letters are added to the mailboxes of another
    server, those of earlier runs not again. Ends with exit code 1 where both sides differ.

    Example: `hawknest export mia@example.org /backup/mia`

    Example: `hawknest export mia@example.org mia.zip --format mbox --mailbox INBOX --mailbox Sent`

    Example: `hawknest export mia@example.org --to-imap mail.example.com --user mia --password-file secret`

    Args:
        address: The user.
        place: A directory, or the name of an archive that is not there yet.
        written_as: How letters are written: one file each (maildir), or one file a mailbox (mbox).
        to_imap: The other server's host name.
        user: The name to log in with there.
        mailbox: A mailbox to write; may stand several times. Without it all are written.
    """
    if (place is None) == (not to_imap):
        raise Trouble(tell("carry-one-place"))
    server = None
    if to_imap:
        server = carry.server(
            to_imap,
            user,
            port=port,
            security=security,
            any_certificate=any_certificate,
            password_file=password_file,
        )
    path = carry.whole(place) if place else Path()
    only = mailbox or ()
    with nest(data) as here:
        found = here.read(lambda c: users.get(c, address))
        return carry.run(
            here,
            lambda store, passed: (
                to_server(store, found.id, server, passed, only=only)
                if server is not None
                else to_files(store, found.id, found.address, path, passed, written_as=written_as, only=only)
            ),
            as_json=json,
            done="carry-exported",
        )

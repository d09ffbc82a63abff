"""`hawknest import`: letters brought into a user's mailboxes."""

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
from hawknest.post.carry.errands import from_files
from hawknest.post.carry.errands_imap import from_imap as from_server
from hawknest.post.carry.imaphost import Security


def import_(
    address: str,
    source: Path | None = None,
    *,
    from_imap: str = "",
    user: str = "",
    port: Port = 0,
    security: Secured = Security.TLS,
    any_certificate: AnyCertificate = False,
    password_file: PasswordFile = None,
    skip: Annotated[list[str] | None, Parameter(negative=())] = None,
    into: str = "",
    again: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """Bring letters into a user's mailboxes, and compare at the end whether all has arrived.

    SOURCE is a Maildir with its folders, an mbox, a directory of mboxes (such as Thunderbird's Local Folders), a directory
    of .eml files, or a zip or tar archive of any of these; or, with `--from-imap`, the mailboxes of another server. Flags,
    keywords and dates are kept. Letters that an earlier run brought from the same place are not brought again, so a run that
    was interrupted is just repeated. Works while the server runs, and while it does not. Ends with exit code 1 where
    something has not arrived.

    Example: `hawknest import mia@example.org /home/mia/Maildir`

    Example: `hawknest import mia@example.org sent-2003.mbox --into Sent/2003`

    Example: `hawknest import mia@example.org --from-imap mail.example.com --user mia --password-file secret`

    Args:
        address: The user.
        source: A directory or file.
        from_imap: The other server's host name.
        user: The name to log in with there.
        skip: A mailbox of the other server to leave out; may stand several times.
        into: A folder for all of it; what was the INBOX there becomes this folder.
        again: Bring also what earlier runs have brought.
    """
    if (source is None) == (not from_imap):
        raise Trouble(tell("carry-one-source"))
    server = None
    if from_imap:
        server = carry.server(
            from_imap,
            user,
            port=port,
            security=security,
            any_certificate=any_certificate,
            password_file=password_file,
        )
    path = carry.whole(source) if source else Path()
    with nest(data) as here:
        account = here.read(lambda c: users.get(c, address)).id
        return carry.run(
            here,
            lambda store, passed: (
                from_server(store, account, server, passed, into=into, skip=skip or (), again=again)
                if server is not None
                else from_files(store, account, path, passed, into=into, again=again)
            ),
            as_json=json,
            done="carry-imported",
        )

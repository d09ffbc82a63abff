"""`hawknest import`: letters brought into a user's mailboxes."""

import contextlib
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from hawknest.accounts import users
from hawknest.cli import carry
from hawknest.cli.carry import AnyCertificate, PasswordFile, Port, Secured
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.post.carry.errands import Outcome, from_files
from hawknest.post.carry.errands_imap import from_imap as from_server
from hawknest.post.carry.imaphost import Security
from hawknest.store import Store

STDIN: Final = Path("-")


def import_(
    address: str,
    source: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
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
    of .eml files, or a zip or tar archive of any of these; - is such a file on stdin. Or it is, with `--from-imap`, the mailboxes of another server. Flags,
    keywords and dates are kept. Letters that an earlier run brought from the same place are not brought again, so a run that
    was interrupted is just repeated. Works while the server runs, and while it does not. Ends with exit code 1 where
    something has not arrived.

    Example: `hawknest import mia@example.org /home/mia/Maildir`

    Example: `hawknest import mia@example.org sent-2003.mbox --into Sent/2003`

    Example: `tar c -C /home/mia Maildir | hawknest import mia@example.org -`

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
    with contextlib.ExitStack() as stack:
        here = stack.enter_context(nest(data))
        account = here.read(lambda c: users.get(c, address)).id

        def errand(store: Store, passed: carry.Progress) -> Awaitable[Outcome]:
            if server is not None:
                return from_server(store, account, server, passed, into=into, skip=skip or (), again=again)
            return from_files(store, account, path, passed, name=name, into=into, again=again)

        path, name = carry.whole(source or Path()), ""
        if source == STDIN:
            path, name = stack.enter_context(carry.handed_in(here)), "stdin"
        return carry.run(here, errand, as_json=json, done="carry-imported")

"""`hawknest import`: letters brought into a user's mailboxes."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hawknest.accounts import users
from hawknest.cli import carry
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json
from hawknest.post.carry.errands import from_files


def import_(
    address: str,
    source: Path,
    *,
    into: str = "",
    again: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> int:
    """Bring letters into a user's mailboxes, and compare at the end whether all has arrived.

    SOURCE is a Maildir with its folders, an mbox, a directory of mboxes (such as Thunderbird's Local Folders), a directory
    of .eml files, or a zip or tar archive of any of these. Flags, keywords and dates are kept. Letters that an earlier run
    brought from the same place are not brought again, so a run that was interrupted is just repeated. Works while the server
    runs, and while it does not. Ends with exit code 1 where something has not arrived.

    Example: `hawknest import mia@example.org /home/mia/Maildir`

    Example: `hawknest import mia@example.org sent-2003.mbox --into Sent/2003`

    Args:
        address: The user.
        source: A directory or file.
        into: A folder for all of it; what was the INBOX there becomes this folder.
        again: Bring also what earlier runs have brought.
    """
    path = carry.whole(source)
    with nest(data) as here:
        user = here.read(lambda c: users.get(c, address))
        return carry.run(
            here,
            lambda store, passed: from_files(store, user.id, path, passed, into=into, again=again),
            as_json=json,
            done="carry-imported",
        )

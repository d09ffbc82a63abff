"""`hawknest restored`: what a copy of the data needs after it was put back."""

from typing import Annotated

from cyclopts import Parameter

from hawknest.accounts import vault
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json, show
from hawknest.cli.words import tell
from hawknest.store import restored as leaps


def restored(
    *,
    vault_lost: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Tell the nest that its data was put back from a copy.

    Mail programs know letters by numbers that are never given twice. After an earlier state was put back, the numbers go on far
    above all that may have been given since. A server notices by itself when only its database was put back; after the whole
    directory was, say it with this command. To say it once too often does no harm.

    Example: `hawknest restored --data /var/lib/hawknest`

    Args:
        vault_lost: The file vault.key is gone for good: go on with a new one. What was sealed with the old one cannot be opened any more;
            signing keys and certificates are made anew, the key for dynamic update has to be named again.
    """
    with nest(data) as here:
        if vault_lost:
            here.write(vault.give_up)
        count = here.write(leaps.leap)
    show({"mailboxes": count}, json, lambda: tell("restored", count=count))

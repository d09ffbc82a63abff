"""`hawknest alias …`: addresses that lead to others."""

from cyclopts import App

from hawknest.accounts import aliases
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json, show, table
from hawknest.cli.targets import warn_of_nobody

app = App(name="alias", help="Addresses that lead to others, here or elsewhere.", help_format="markdown")


@app.command
def add(address: str, *targets: str, data: Data = DEFAULT) -> None:
    """Add an alias.

    Example: `hawknest alias add club@example.org mia@example.org tom@elsewhere.example`

    Args:
        address: The new address, in a domain of this server.
        targets: The addresses that it leads to.
    """
    with nest(data) as here:
        alias = here.change(
            "alias.add",
            address,
            lambda c: aliases.add(c, address, targets),
            lambda c: aliases.get(c, address),
        )
        warn_of_nobody(here, alias.targets)
    print(f"{alias.address} leads to {', '.join(alias.targets)}")


@app.command
def change(address: str, *targets: str, data: Data = DEFAULT) -> None:
    """Lead an alias to other addresses than before; postmaster and abuse too.

    Example: `hawknest alias change postmaster@example.org tom@example.org`

    Args:
        address: The alias.
        targets: All addresses that it shall lead to.
    """
    with nest(data) as here:
        alias = here.change(
            "alias.change",
            address,
            lambda c: aliases.change(c, address, targets),
            lambda c: aliases.get(c, address),
        )
        warn_of_nobody(here, alias.targets)
    print(f"{alias.address} leads to {', '.join(alias.targets)}")


@app.command
def remove(address: str, *, data: Data = DEFAULT) -> None:
    """Remove an alias.

    Example: `hawknest alias remove club@example.org`

    Args:
        address: The alias.
    """
    with nest(data) as here:
        alias = here.change(
            "alias.remove", address, lambda c: aliases.remove(c, address), lambda c: aliases.get(c, address)
        )
    print(f"removed the alias {alias.address}")


@app.command(name="list")
def listing(*, data: Data = DEFAULT, json: Json = False) -> None:
    """List all aliases and where they lead.

    Example: `hawknest alias list --json`
    """
    with nest(data) as here:
        found = here.read(aliases.listing)
    rows = [(a.address, ", ".join(a.targets) or "(nowhere yet)") for a in found]
    show(found, json, lambda: table(("ADDRESS", "LEADS TO"), rows, "there are no aliases"))

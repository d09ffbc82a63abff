"""`hawknest device …`: credentials that may only send."""

from typing import Annotated

from cyclopts import App, Parameter

from hawknest.accounts import devices, proofs
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json, show, table
from hawknest.cli.secret import PasswordStdin, Prompt, choose
from hawknest.cli.trouble import Trouble

app = App(
    name="device",
    help="Credentials of printers, cameras and the like: they may send as some addresses, and read nothing.",
    help_format="markdown",
)

Senders = Annotated[
    list[str] | None,
    Parameter(
        name="--sender",
        negative=(),
        help="An address it may send as, or @example.org for a whole domain; may stand several times.",
    ),
]


@app.command
def add(
    name: str,
    *,
    sender: Senders = None,
    any_sender: Annotated[bool, Parameter(negative=())] = False,
    password_stdin: PasswordStdin = False,
    prompt: Prompt = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Add a device; its password is made up and shown once.

    Example: `hawknest device add printer --sender printer@example.org`

    Args:
        name: A short word to log in with, such as printer.
        any_sender: Let it send as any address whatever.
    """
    if not sender and not any_sender:
        raise Trouble("say which address it may send as with --sender, or --any-sender")
    chosen = choose([name], from_stdin=password_stdin, prompt=prompt)
    with nest(data) as here:
        kept = proofs.secrets(chosen.password, here.write(lambda c: proofs.terms(c, name)), cram_md5=False)
        device = here.change(
            "device.add",
            name,
            lambda c: devices.add(c, name, kept, sender or ()),
            lambda c: devices.get(c, name),
        )
    shown = {"name": device.name, "senders": device.senders} | (
        {"password": chosen.password} if chosen.made_up else {}
    )
    show(
        shown,
        json,
        lambda: (
            f"added the device {device.name}" + (f"\npassword: {chosen.password}" if chosen.made_up else "")
        ),
    )


@app.command
def change(
    name: str,
    *,
    sender: Senders = None,
    any_sender: Annotated[bool, Parameter(negative=())] = False,
    active: bool | None = None,
    data: Data = DEFAULT,
) -> None:
    """Change what a device may do.

    Example: `hawknest device change printer --no-active`

    Args:
        name: The device.
        any_sender: Let it send as any address whatever.
        active: Whether it may log in.
    """
    senders = () if any_sender else sender
    with nest(data) as here:
        device = here.change(
            "device.change",
            name,
            lambda c: devices.change(c, name, senders, active=active),
            lambda c: devices.get(c, name),
        )
    print(f"{device.name}: {_may(device)}")


@app.command
def password(
    name: str, *, password_stdin: PasswordStdin = False, prompt: Prompt = False, data: Data = DEFAULT
) -> None:
    """Give a device a new password.

    Example: `hawknest device password printer`

    Args:
        name: The device.
    """
    chosen = choose([name], from_stdin=password_stdin, prompt=prompt)
    with nest(data) as here:
        kept = proofs.secrets(chosen.password, here.write(lambda c: proofs.terms(c, name)), cram_md5=False)
        here.change("device.password", name, lambda c: devices.set_password(c, name, kept))
    print(f"password: {chosen.password}" if chosen.made_up else f"{name} has a new password")


@app.command
def remove(name: str, *, data: Data = DEFAULT) -> None:
    """Remove a device.

    Example: `hawknest device remove printer`

    Args:
        name: The device.
    """
    with nest(data) as here:
        here.change("device.remove", name, lambda c: devices.remove(c, name), lambda c: devices.get(c, name))
    print(f"removed the device {name}")


@app.command(name="list")
def listing(*, data: Data = DEFAULT, json: Json = False) -> None:
    """List the devices.

    Example: `hawknest device list`
    """
    with nest(data) as here:
        found = here.read(devices.listing)
    rows = [(d.name, _may(d)) for d in found]
    show(found, json, lambda: table(("NAME", "MAY"), rows, "there are no devices"))


def _may(device: devices.Device) -> str:
    if not device.active:
        return "may not log in"
    return f"may send as {', '.join(device.senders)}" if device.senders else "may send as anybody"

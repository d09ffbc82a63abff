"""`hawknest config …`: the settings of this machine, which are in hawknest.toml, and the policies, which are in the database.

Both are read and changed by the same words; which is which can be told by the name. What the owner has set up can be
written to one file that people can read, and read back.
"""

import sys
import time
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from hawknest import config
from hawknest.accounts import blueprint, profiles, settings
from hawknest.accounts.profiles import Profile
from hawknest.cli import domain_keys
from hawknest.cli.nest import DEFAULT, Data, load, nest
from hawknest.cli.reference import reference_text
from hawknest.cli.say import Json, show, table
from hawknest.cli.trouble import Trouble
from hawknest.cli.user import File, text_of
from hawknest.cli.words import tell
from hawknest.config import Config
from hawknest.net.tls import Certificate

app = App(
    name="config",
    help="Settings of this machine (`hawknest.toml`) and policies of the nest (in the database), by the same words.",
    help_format="markdown",
)


@app.command(name="show")
def look(*, data: Data = DEFAULT, json: Json = False) -> None:
    """Show all policies and settings.

    Example: `hawknest config show --json`
    """
    with nest(data) as here:
        policies = msgspec.structs.asdict(here.read(settings.policies))
        node = _flat(here.config)
    rows = [(name, _shown(value)) for name, value in (policies | node).items()]
    show({"policies": policies, "settings": node}, json, lambda: table(("NAME", "VALUE"), rows, ""))


@app.command
def get(name: str, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Show one policy or setting.

    Example: `hawknest config get message_size_limit`

    Args:
        name: Its name, such as message_size_limit or log.level.
    """
    with nest(data) as here:
        known = msgspec.structs.asdict(here.read(settings.policies)) | _flat(here.config)
    key = name.strip().lower().replace("-", "_")
    if key not in known:
        raise Trouble(f"there is no policy or setting {name}; `hawknest config show` lists them")
    show(known[key], json, lambda: _shown(known[key]))


@app.command(name="set")
def change(
    name: str,
    value: str | None = None,
    *,
    default: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
) -> None:
    """Change a policy, at once, or a setting of hawknest.toml, which `hawknest reload` takes.

    Example: `hawknest config set message_size_limit 100M` · `hawknest config set log.level debug`

    Args:
        name: Its name.
        value: Its new value.
        default: Take a policy back to its default.
    """
    if (value is None) != default:
        raise Trouble("say a value, or --default")
    key = name.strip().lower().replace("-", "_")
    if key in settings.Policies.__struct_fields__:
        with nest(data) as here:
            policies = here.change(
                "policy.change", key, lambda c: settings.set_policy(c, key, value), settings.policies
            )
        print(f"{key} = {_shown(getattr(policies, key))}")
        return
    if key.partition(".")[0] not in config.Contents.__struct_fields__:
        raise Trouble(f"there is no policy or setting {name}; `hawknest config show` lists them")
    if value is None:
        raise Trouble(f"{name} is no policy; take its line out of hawknest.toml instead")
    changed = config.set_key(load(data).directory, key, value)
    print(
        f"{key} = {_shown(_flat(changed).get(key, value))}; `hawknest reload` takes it, and tells what needs a restart"
    )


@app.command
def profile(name: Profile | None = None, *, data: Data = DEFAULT, json: Json = False) -> None:
    """Set several policies at once, or show which set holds.

    `recommended` is what a new nest has; `original` gives the answers of ArGoSoft Mail Server, for who comes from there. No
    profile lets a stranger send.

    Example: `hawknest config profile original` · `hawknest config profile`

    Args:
        name: recommended or original; without it nothing is changed.
    """
    with nest(data) as here:
        policies = (
            here.change("policy.profile", name, lambda c: profiles.apply(c, name), settings.policies)
            if name
            else here.read(settings.policies)
        )
    active, weaker = profiles.active(policies), profiles.weaker(policies)
    values = {key: getattr(policies, key) for key in profiles.PROFILES[Profile.RECOMMENDED]}
    found = {"profile": str(active or "own"), "policies": values, "weaker": weaker}
    rows = [(key, _shown(value)) for key, value in values.items()]
    show(
        found,
        json,
        lambda: f"{tell('profile', profile=found['profile'])}\n{table(('NAME', 'VALUE'), rows, '')}",
    )
    for guard in weaker:
        print(tell("status-warning", words=tell(f"weaker-{guard}")), file=sys.stderr)


@app.command
def check(*, data: Data = DEFAULT) -> None:
    """Read hawknest.toml as the server would, with the files it names, and say what is wrong.

    Example: `hawknest config check`
    """
    found = load(data)
    for route in found.contents.route:
        route.secret(found.directory)
    if found.certificate().certificate is not None:
        Certificate(found.certificate(), found.directory / "tls", [found.hostname])
    for number, entry in enumerate(found.contents.listener, 1):
        if entry.service == "lmtp" and not entry.allow and not entry.address.startswith(("127.", "::1")):
            print(f"warning: listener {number} takes LMTP from everybody: give it an `allow` list")
    print(f"{found.file} is right")


@app.command
def export(*, with_secrets: Annotated[bool, Parameter(negative=())] = False, data: Data = DEFAULT) -> None:
    """Write what the owner has set up (policies, domains, users, aliases, devices, exemptions) as one file to review.

    Example: `hawknest config export > nest.toml`

    Args:
        with_secrets: Write the hashes of passwords too, to move a nest, and the keys that letters are signed with: sealed, so the other machine needs this one's `vault.key` as well. Keep such a file away from others.
    """
    with nest(data) as here:
        text = here.read(lambda c: blueprint.export(c, with_secrets=with_secrets))
    print(text, end="")


@app.command(name="import")
def read_in(file: File, *, data: Data = DEFAULT) -> None:
    """Read what `hawknest config export` wrote: it adds and changes, and removes nothing; all of it, or none.

    Example: `hawknest config import nest.toml`
    """
    plan = blueprint.read(text_of(file))
    with nest(data) as here:
        here.change("config.import", file, lambda c: blueprint.apply(c, plan, time.time()))
        domain_keys.bring(here, blueprint.keys(plan))
    print(f"read {len(plan.domain)} domains, {len(plan.user)} users and {len(plan.alias)} aliases")


@app.command
def reference() -> None:
    """Print what every setting and policy means.

    Example: `hawknest config reference | less`
    """
    print(reference_text(), end="")


def _flat(found: Config) -> dict[str, Any]:
    """The settings of the file by their full names, secrets masked."""
    flat: dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, msgspec.Struct):
            for name, inner in msgspec.structs.asdict(value).items():
                walk(f"{prefix}.{name}" if prefix else name, inner)
        elif isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
            for number, inner in enumerate(value, 1):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                walk(f"{prefix}.{number}", inner)
        elif value and (prefix.endswith(".password") or prefix == "database.url"):
            flat[prefix] = "***"
        else:
            flat[prefix] = value

    walk("", found.contents)
    return flat


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value in ("", [], None):
        return "(empty)"
    if isinstance(value, list):
        return ", ".join(map(str, value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)

"""Writing hawknest.toml: a new one with its comments, and changes to one that keep its owner's."""

import contextlib
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast, get_args, get_type_hints

import msgspec
import tomlkit
import tomlkit.exceptions

from hawknest.config.fields import FILE, Config, ConfigError, Contents, Listener, why
from hawknest.config.read import load, parse
from hawknest.config.services import SERVICES, WEB, Profile

#: The networks of this machine and the house it stands in (RFC 1918 §3, RFC 4193 §3.1, RFC 4291 §2.5).
HOUSE: Final = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


def profile(name: Profile, hostname: str, *, ipv6: bool, user: str = "") -> Contents:
    """What a new nest's file says.

    `ipv6` tells whether this machine has IPv6, and `user` the system user to become after binding.
    """
    local = name is Profile.LOCAL
    addresses = ["127.0.0.1"] if local else ["0.0.0.0", *(["::"] if ipv6 else [])]  # noqa: S104 (mail comes from everywhere)
    listeners = [
        Listener(
            service=service,
            address=address,
            port=row.local_port if local else row.port,
            tls=row.tls,
            enabled=row.on,
            admin=local and service in WEB,
        )
        for service, row in SERVICES.items()
        if row.everywhere
        for address in addresses
    ]
    if not local:
        listeners += [_administration(address) for address in addresses]
    return Contents(hostname=hostname, profile=name, user="" if local else user, listener=listeners)


def _administration(address: str) -> Listener:
    """Where a nest on the Internet is administered: a port of its own, for this machine and the house it stands in."""
    row = SERVICES["https"]
    return Listener(
        service="https", address=address, port=row.local_port, tls=row.tls, admin=True, allow=list(HOUSE)
    )


def render(contents: Contents) -> str:
    """Write a file: what differs from the defaults plainly, what does not behind a #, and each key with what it means."""
    lines = [
        "# What this nest is on this machine. Domains, users and policies are in the database: see `hawknest --help`.",
        "# A line that begins with # shows a default. `hawknest config check` reads this file; `hawknest reload` takes it.",
        "",
        *_keys(contents),
    ]
    for field in msgspec.structs.fields(Contents):
        value = getattr(contents, field.name)
        if isinstance(value, list):
            lines += _tables(field.name, cast("list[msgspec.Struct]", value))
        elif isinstance(value, msgspec.Struct):
            lines += _table(field.name, value)
    return "\n".join(lines) + "\n"


def description(table: type[msgspec.Struct], name: str) -> str:
    """What a key means, as it is documented on its field."""
    annotation = get_type_hints(table, include_extras=True)[name]
    notes = [note.description for note in get_args(annotation) if isinstance(note, msgspec.Meta)]
    return next((note for note in notes if note), "")


def toml(value: Any) -> str:
    """A value in TOML's spelling."""
    return tomlkit.item(str(value) if isinstance(value, str) else value).as_string()


def set_key(directory: Path, key: str, words: str) -> Config:
    """Change one key of the file, such as `log.days` or `listener.2.port`, and keep all its comments.

    `words` is a value in TOML, or plain text. Nothing is written unless the whole file is right afterwards.
    Raises ConfigError.
    """
    path = directory / FILE
    load(directory)
    text = path.read_text("utf-8")
    *parents, last = key.split(".")
    found: ConfigError | None = None
    for value in _readings(words):
        changed = _uncommented(text, parents, last, value) or _changed(text, parents, last, value, key)
        try:
            contents = parse(changed, None)
        except ConfigError as error:
            found = found or error
            continue
        replace_file(path, changed)
        return Config(directory=directory, contents=contents)
    assert found is not None
    raise found


def _readings(words: str) -> Iterator[Any]:
    """What a word can mean: a value as TOML spells it, else plain text."""
    with contextlib.suppress(tomlkit.exceptions.TOMLKitError, ValueError):
        yield tomlkit.value(words)
    yield words


def _changed(text: str, parents: list[str], last: str, value: Any, key: str) -> str:
    """The text with a key set, where the key stands or at the end of its table. Raises ConfigError."""
    document = tomlkit.parse(text)
    table: Any = document
    for part in parents:
        table = _step(table, part, key)
    table[last] = value
    return tomlkit.dumps(document)


def _uncommented(text: str, parents: list[str], last: str, value: Any) -> str | None:
    """The text with a key set in the place where its default stands behind a #, if it stands nowhere else."""
    table: Any = tomllib.loads(text)
    for part in parents:
        table = table.get(part, {}) if isinstance(table, dict) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(table, dict) or last in table:
        return None
    lines = text.splitlines(keepends=True)
    inside: list[str] = []
    for number, line in enumerate(lines):
        if header := re.match(r"\[([A-Za-z0-9_.]+)\]", line):
            inside = header[1].split(".")
        elif line.startswith("[["):
            inside = ["[["]
        elif inside == parents and re.match(rf"#{re.escape(last)}\s*=", line):
            lines[number] = f"{last} = {toml(value)}\n"
            return "".join(lines)
    return None


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner and group alone. Raises ConfigError."""
    partial = path.with_suffix(".new")
    try:
        partial.unlink(missing_ok=True)
        with os.fdopen(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {why(error)}") from error


def _step(table: Any, part: str, key: str) -> Any:
    if part.isdigit():
        try:
            return table[int(part) - 1]
        except (IndexError, KeyError, tomlkit.exceptions.TOMLKitError):
            raise ConfigError(f"{key}: there is no entry {part}; the first is 1") from None
    if part not in table:
        table[part] = tomlkit.table()
    return table[part]


def _keys(table: msgspec.Struct) -> Iterator[str]:
    """The plain keys of a table, each under its meaning."""
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if isinstance(value, msgspec.Struct) or (isinstance(table, Contents) and isinstance(value, list)):
            continue
        yield f"# {description(type(table), field.name)}"
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        mark = "#" if value == default and not field.required else ""
        yield f"{mark}{field.name} = {toml(value)}"


def _table(name: str, table: msgspec.Struct) -> Iterator[str]:
    yield from ("", f"[{name}]", f"# {type(table).__doc__}")
    yield from _keys(table)
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if isinstance(value, msgspec.Struct):
            yield from _table(f"{name}.{field.name}", value)


def _tables(name: str, tables: Sequence[msgspec.Struct]) -> Iterator[str]:
    """Tables that stand several times: short, since their keys repeat; the first has the comments."""
    if name == "route":
        yield from _ROUTE
    for number, table in enumerate(tables):
        yield ""
        if number == 0:
            yield f"# {type(table).__doc__}"
        yield f"[[{name}]]"
        for field in msgspec.structs.fields(table):
            value = getattr(table, field.name)
            telling = field.required or field.name in {"port", "address", "tls"} or value != field.default
            if telling and value not in ([], None):
                yield f"{field.name} = {toml(value)}"


_ROUTE = (
    "",
    "# A smart host, for letters that must leave through a provider's server:",
    "#[[route]]",
    '#match = "*"',
    '#host = "smtp.provider.example"',
    "#port = 587",
    '#user = "name"',
    '#password_file = "provider.password"',
)

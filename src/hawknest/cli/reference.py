"""What every setting and policy means, as one page: docs/config.md and `hawknest config reference`.

It is made of the descriptions on the fields themselves, so that it cannot say anything else than the program does.
"""

from collections.abc import Iterator
from enum import EnumMeta
from typing import Any, Final, get_args, get_type_hints

import msgspec

from hawknest.accounts.settings import Policies
from hawknest.config import SERVICES, Contents, description, toml

_HEAD: Final = """\
# Settings and policies

What one machine needs is in `hawknest.toml` in the data directory; `hawknest reload` takes most changes, a restart all.
What the owner decides for the whole nest are policies: they are in the database and count at once.
`hawknest config set NAME VALUE` changes either, and `hawknest config check` reads the file as the server would.
"""


def reference_text() -> str:
    """Make the page, in Markdown."""
    return "\n".join([_HEAD, *_policies(), *_settings(), *_services()])


def settings_documented() -> Iterator[tuple[str, str]]:
    """Every setting and policy by its full name, with its description."""
    for name in Policies.__struct_fields__:
        yield name, description(Policies, name)
    for table, prefix in _tables(Contents, ""):
        for field in msgspec.structs.fields(table):
            if _inner(field.type) is None:
                yield f"{prefix}{field.name}", description(table, field.name)


def _policies() -> Iterator[str]:
    yield "## Policies\n"
    yield "| name | meaning | value | default |\n|---|---|---|---|"
    yield from _rows(Policies)
    yield ""


def _settings() -> Iterator[str]:
    yield "## Settings in hawknest.toml\n"
    for table, prefix in _tables(Contents, ""):
        name = prefix.rstrip(".")
        many = name in {"listener", "route"}
        yield f"### {f'`[[{name}]]`' if many else f'`[{name}]`' if name else 'Before the first table'}\n"
        yield f"{table.__doc__}\n"
        rows = list(_rows(table))
        if rows:
            yield "| key | meaning | value | default |\n|---|---|---|---|"
            yield from rows
            yield ""


def _services() -> Iterator[str]:
    yield "## Services\n"
    yield "| service | what for | standard port | port in a local nest | TLS | in a new nest |\n|---|---|---|---|---|---|"
    for name, service in SERVICES.items():
        new = ("on" if service.on else "listed, off") if service.everywhere else "not listed"
        yield f"| `{name}` | {service.title} | {service.port} | {service.local_port} | {service.tls} | {new} |"
    yield ""


def _rows(table: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(table):
        if _inner(field.type) is not None:
            continue
        default = "required" if field.required else _default(field)
        meaning = description(table, field.name).rstrip(".").replace("|", "\\|")
        yield f"| `{field.name}` | {meaning} | {_kind(table, field.name)} | {default} |"


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    return "-" if value is None else f"`{toml(value)}`"


def _kind(table: type[msgspec.Struct], name: str) -> str:
    """What a value is, with its bounds."""
    annotation = get_type_hints(table, include_extras=True)[name]
    notes = [note for part in _parts(annotation) for note in get_args(part) if isinstance(note, msgspec.Meta)]
    least = next(
        (n.ge if n.ge is not None else n.gt for n in notes if n.ge is not None or n.gt is not None), None
    )
    most = next(
        (n.le if n.le is not None else n.lt for n in notes if n.le is not None or n.lt is not None), None
    )
    kinds = [word for part in _parts(annotation) for word in _KINDS.get(part, ())]
    choices = [
        f"`{m}`"
        for part in _parts(annotation)
        if isinstance(part, EnumMeta)
        for m in part.__members__.values()
    ]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    words = ", ".join(choices) or (kinds[0] if kinds else "")
    bounds = f" {least if least is not None else ''}…{most if most is not None else ''}"
    return words + (bounds if least is not None or most is not None else "")


_KINDS: Final[dict[Any, tuple[str, ...]]] = {
    bool: ("true or false",),
    list: ("list",),
    int: ("whole number",),
    float: ("number",),
    str: ("text",),
}


def _parts(annotation: Any) -> list[Any]:
    """An annotation and all it is made of; a list is one thing."""
    if getattr(annotation, "__origin__", None) is list:
        return [list]
    return [annotation, *(inner for part in get_args(annotation) for inner in _parts(part))]


def _inner(annotation: Any) -> type[msgspec.Struct] | None:
    """The table that a field holds."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)


def _tables(table: type[msgspec.Struct], prefix: str) -> Iterator[tuple[type[msgspec.Struct], str]]:
    """A table and those inside it, each with what stands before its keys."""
    yield table, prefix
    for field in msgspec.structs.fields(table):
        if (inner := _inner(field.type)) is not None:
            yield from _tables(inner, f"{prefix}{field.name}.")

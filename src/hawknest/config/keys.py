"""The keys of hawknest.toml that stand once, one by one: what each says, what it would say of itself, and what it means.

A page may change those that `PAGES` names. The others say where files lie, as whom the program runs and which database is
asked: who may change these has the machine, and not only a browser.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args, get_type_hints

import msgspec

from hawknest.config.fields import Contents

#: Keys, or tables with a dot at the end, that pages may change.
PAGES: Final = (
    "hostname",
    "dns.",
    "outbound.address",
    "web.hosts",
    "log.level",
    "log.conversations",
    "log.days",
    "log.megabytes",
    "log.categories.",
    "limits.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the file."""

    name: str  # such as log.days
    value: Any
    default: Any  # None: the file has to say it
    help: str
    kind: str  # bool, int, float, str or list
    least: float | None = None
    most: float | None = None


def keys(contents: Contents) -> Iterator[Key]:
    """List the keys that pages may change."""
    for key in _keys("", contents):
        if any(key.name == page or (page.endswith(".") and key.name.startswith(page)) for page in PAGES):
            yield key


def _keys(prefix: str, table: msgspec.Struct) -> Iterator[Key]:
    hints = get_type_hints(type(table), include_extras=True)
    for field in msgspec.structs.fields(table):
        name, value = f"{prefix}{field.name}", getattr(table, field.name)
        if isinstance(value, msgspec.Struct):
            yield from _keys(f"{name}.", value)
            continue
        default: Any = None if field.required else field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        notes = [note for note in get_args(hints[field.name]) if isinstance(note, msgspec.Meta)]
        yield Key(
            name=name,
            value=value,
            default=default,
            help=next((note.description for note in notes if note.description), ""),
            kind="str" if isinstance(value, str) else type(value).__name__,
            least=next((limit for note in notes if (limit := _first(note.ge, note.gt)) is not None), None),
            most=next((limit for note in notes if (limit := _first(note.le, note.lt)) is not None), None),
        )


def _first(*limits: float | None) -> float | None:
    return next((limit for limit in limits if limit is not None), None)

"""A log line in its two forms: JSON for the file, short for people. No value can forge a line or show a secret."""

import re
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_ENCODE: Final = msgspec.json.Encoder(enc_hook=str).encode
_SECRET: Final = re.compile(r"passw|passphrase|secret|token|credential|private", re.IGNORECASE)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN: Final = re.compile(r"[^\s\"=]+")
_HEAD: Final = frozenset({"time", "category", "level", "event"})
MASK: Final = "***"

_secret_names: dict[str, bool] = {}


def safe(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they may be written: secrets masked by their name, octets as text."""
    for name, value in fields.items():
        hidden = _secret_names.get(name)
        if hidden is None:
            hidden = _secret_names[name] = _SECRET.search(name) is not None
        if hidden:
            fields[name] = MASK
        elif type(value) is bytes:
            fields[name] = value.decode("utf-8", "backslashreplace")
    return fields


def json_line(record: Mapping[str, Any]) -> bytes:
    """A record as one line of JSON with its line end."""
    try:
        return _ENCODE(record) + b"\n"
    except (UnicodeEncodeError, TypeError, ValueError):  # a lone surrogate, a circle: say what can be said
        return _ENCODE({name: printable(str(value)) for name, value in record.items()}) + b"\n"


def short_line(record: Mapping[str, Any]) -> str:
    """A record for people, with its line end: the time of day, category, event, and the fields."""
    level = record.get("level")
    head = f"{str(record.get('time', ''))[11:19]} {record.get('category', ''):8} {record.get('event', '')}"
    if level not in {None, "info"}:
        head += f" [{level}]"
    words = [
        f"{name}={value if type(value) is int else _value(value)}"
        for name, value in record.items()
        if name not in _HEAD and value != ""
    ]
    return printable(" ".join([head, *words])) + "\n"


def printable(text: str) -> str:
    """A text without anything that a terminal would obey."""
    if text.isprintable():
        return text
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _value(value: Any) -> str:
    text = value if type(value) is str else str(value)
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '\\"') + '"'


class Stamp:
    """Local time as ISO 8601 with milliseconds; the part down to the second is made once a second."""

    __slots__ = ("_second", "_start", "_zone")

    def __init__(self) -> None:
        self._second = -1
        self._start = self._zone = ""

    def __call__(self, at: float) -> str:
        second = int(at)
        if second != self._second:
            local = time.localtime(second)
            self._second = second
            self._start = time.strftime("%Y-%m-%dT%H:%M:%S", local)
            zone = time.strftime("%z", local)
            self._zone = f"{zone[:3]}:{zone[3:5]}"
        return f"{self._start}.{int((at - second) * 1000):03}{self._zone}"

"""Reading hawknest.toml: from text to values, with errors that name file, line and key in plain words."""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast, get_args

import msgspec

from hawknest.config.fields import FILE, Config, ConfigError, Contents, Listener, endpoint, why
from hawknest.config.services import SERVICES, WEB, Profile, Tls

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")
_PATH: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_SYNTAX: Final = re.compile(r"^(?P<what>.*?) \(at line (?P<line>\d+), column \d+\)$")
_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")

Path_ = tuple[str | int, ...]

_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": 'text in quotes, "like this"',
    "bool": "true or false",
    "array": "a list, [ … ]",
    "object": "a table",
    "null": "nothing",
}


def load(directory: Path) -> Config:
    """Read the configuration of the nest in a directory. Raises ConfigError."""
    path = directory / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no nest in {directory}: {FILE} is missing; `hawknest init` makes one, --data says where"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: this is not text in UTF-8") from None
    except PermissionError:
        raise ConfigError(
            f"this user may not read {path}: run it as root, or as the user that the nest belongs to"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {why(error)}") from error
    return Config(directory=directory, contents=parse(text, path))


def parse(text: str, path: Path | None) -> Contents:
    """Read the text of a file; `path` is named in errors, with the line; None: the text is no file yet. Raises ConfigError."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX.match(str(error))
        line, what = (int(found["line"]), found["what"]) if found else (0, str(error))
        raise ConfigError(f"{_place(path, line)}this is not TOML: {_in_toml(what)}") from None
    for at, known in _unknown(tree, Contents, ()):
        raise _error(path, text, at, f"unknown key{_did_you_mean(str(at[-1]), known)}")
    try:
        contents = msgspec.convert(tree, Contents)
    except msgspec.ValidationError as error:
        raise _translate(path, text, tree, str(error)) from None
    listeners = [_complete(path, text, at, entry) for at, entry in enumerate(contents.listener)]
    contents = msgspec.structs.replace(contents, listener=listeners)
    for at, words in _wrong(contents):
        raise _error(path, text, at, words)
    return contents


def _complete(path: Path | None, text: str, number: int, entry: Listener) -> Listener:
    """Give a listener its service's port and way of TLS where none is named."""
    service = SERVICES.get(entry.service)
    if service is None:
        words = f"there is no service `{entry.service}`{_did_you_mean(entry.service, list(SERVICES))}"
        raise _error(path, text, ("listener", number, "service"), words)
    port = service.port if entry.port is None else entry.port
    return msgspec.structs.replace(entry, port=port, tls=entry.tls or service.tls)


def _wrong(contents: Contents) -> Iterator[tuple[Path_, str]]:
    """What is well formed and yet cannot be."""
    if not _HOST.fullmatch(contents.hostname):
        yield ("hostname",), f"`{contents.hostname}` is not a host name"
    if contents.profile is Profile.INTERNET and "." not in contents.hostname.rstrip("."):
        yield (
            ("hostname",),
            f"`{contents.hostname}` is not a full name such as mail.example.org; other servers refuse short ones",
        )
    taken: dict[tuple[str, int | None], int] = {}
    for number, entry in enumerate(contents.listener):
        yield from _wrong_listener(entry, ("listener", number))
        other = taken.setdefault((entry.address, entry.port), number)
        if other != number and entry.port and entry.enabled and contents.listener[other].enabled:
            yield (
                ("listener", number, "port"),
                f"listener {other + 1} has port {entry.port} of {entry.address} already",
            )
    for table, key, texts in (
        ("dns", "resolvers", contents.dns.resolvers),
        ("dns", "trusted", contents.dns.trusted),
        ("coach", "compare", contents.coach.compare),
    ):
        for text in texts:
            try:
                endpoint(text, 53)
            except ValueError as error:
                yield (table, key), str(error)
    if contents.outbound.address and not _is_address(contents.outbound.address):
        yield ("outbound", "address"), f"`{contents.outbound.address}` is not an IP address"
    if contents.database.url and not contents.database.url.startswith(("postgresql://", "postgres://")):
        yield ("database", "url"), "a database URL begins with postgresql://"
    if contents.tls.key and not contents.tls.certificate:
        yield ("tls", "key"), "a key needs a certificate beside it"
    if contents.acme.eab_kid and not contents.acme.eab_key_file:
        yield ("acme", "eab_kid"), "a name needs its key in eab_key_file"
    for number, route in enumerate(contents.route):
        if route.password and route.password_file:
            yield ("route", number, "password"), "say either password or password_file, not both"
        if route.port == 0:
            yield ("route", number, "port"), "must be between 1 and 65535"


def _wrong_listener(entry: Listener, at: Path_) -> Iterator[tuple[Path_, str]]:
    if not _is_address(entry.address):
        yield (*at, "address"), f"`{entry.address}` is not an IP address"
    for network in entry.allow:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            yield (*at, "allow"), f"`{network}` is not a network such as 192.168.1.0/24"
    if entry.tls is not Tls.NONE and entry.service in {"finger", "http"}:
        yield (*at, "tls"), f"{entry.service} knows no TLS: say `none`"
    if entry.admin and entry.service not in WEB:
        yield (*at, "admin"), f"a nest is administered by http and https, not by {entry.service}"
    if entry.tls is not Tls.IMPLICIT and entry.service == "https":
        yield (*at, "tls"), "https is TLS from the first octet: say `implicit`"
    if entry.tls is Tls.NONE and entry.service in {"submissions", "pop3s", "imaps"}:
        yield (
            (*at, "tls"),
            f"{entry.service} is TLS from the first octet: say `implicit`, or name another service",
        )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _unknown(
    tree: Mapping[str, Any], table: type[msgspec.Struct], at: Path_
) -> Iterator[tuple[Path_, list[str]]]:
    """Find keys that no table has, with those that it has."""
    fields = {field.name: field.type for field in msgspec.structs.fields(table)}
    for key, value in tree.items():
        if key not in fields:
            yield (*at, key), list(fields)
            continue
        inner = _table_of(fields[key])
        if inner is None:
            continue
        if isinstance(value, dict):
            yield from _unknown(cast("dict[str, Any]", value), inner, (*at, key))
        elif isinstance(value, list):
            for number, entry in enumerate(cast("list[Any]", value)):
                if isinstance(entry, dict):
                    yield from _unknown(cast("dict[str, Any]", entry), inner, (*at, key, number))


def _table_of(annotation: Any) -> type[msgspec.Struct] | None:
    """The table that a field holds, one or a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_of(part))), None)


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, 1, 0.6)
    return f"; did you mean `{close[0]}`?" if close else f"; known are: {', '.join(known)}"


def _translate(path: Path | None, text: str, tree: Mapping[str, Any], message: str) -> ConfigError:
    """Say in plain words what msgspec found."""
    found = _PATH.match(message)
    assert found is not None
    at: Path_ = tuple(int(index) if index else name for name, index in _STEP.findall(found["path"] or ""))
    what = found["what"]
    if missing := re.match(r"Object missing required field `(\w+)`", what):
        return _error(path, text, at, f"the key `{missing[1]}` is missing")
    if re.match(r"Invalid enum value", what):
        return _error(path, text, at, _no_such_choice(at, _value(tree, at)))
    if types := re.match(r"Expected `([^`]+)`, got `([^`]+)`", what):
        wanted = " or ".join(_WORDS.get(word, word) for word in types[1].split(" | ") if word != "null")
        return _error(path, text, at, f"this must be {wanted}, but is {_WORDS.get(types[2], types[2])}")
    if bounds := re.match(r"Expected `[^`]+` (>=|<=|>|<) (\S+)", what):
        most = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
        return _error(path, text, at, f"this must be {most[bounds[1]]} {bounds[2]}")
    if re.match(r"Expected `str` of length", what):
        return _error(path, text, at, "this must not be empty")
    return _error(path, text, at, what)


def _value(tree: Any, at: Path_) -> Any:
    for step in at:
        tree = tree[step]
    return tree


def _no_such_choice(at: Path_, value: Any) -> str:
    """A word that is none of those a field takes."""
    table: Any = Contents
    annotation: Any = Contents
    for step in at:
        if isinstance(step, str):
            annotation = next(f.type for f in msgspec.structs.fields(table) if f.name == step)
            table = _table_of(annotation) or table
    choices = [str(member) for part in (annotation, *get_args(annotation)) for member in _members(part)]
    return f"`{value}` is not a choice{_did_you_mean(str(value), choices)}"


def _members(part: Any) -> list[str]:
    parts = [part, *get_args(part)]
    return [str(member) for p in parts for member in getattr(p, "__members__", {}).values()]


def _in_toml(what: str) -> str:
    """What the reader of TOML found, where its words are those of programmers."""
    if twice := re.match(r"Cannot declare \((.*)\) twice", what):
        name = ".".join(re.findall(r"'([^']*)'", twice[1]))
        return f"the table [{name}] stands here for the second time; put the lines under the first"
    return "this stands here for the second time" if what == "Cannot overwrite a value" else what


def _place(path: Path | None, line: int) -> str:
    """Where an error is, for the front of its words."""
    return f"{path}{f':{line}' if line else ''}: " if path else ""


def _error(path: Path | None, text: str, at: Path_, words: str) -> ConfigError:
    key = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in at).removeprefix(".")
    return ConfigError(f"{_place(path, line_of(text, at))}{f'{key}: ' if key else ''}{words}")


def line_of(text: str, at: Path_) -> int:
    """The number of the line that a key stands in, or its table's; 0 where it is not found."""
    table: Path_ = ()
    counts: dict[str, int] = {}
    best, depth = 0, -1
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header[2].strip("\"' ")
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                table = (name, counts[name])
            else:
                table = tuple(part.strip("\"' ") for part in name.split("."))
            here = table
        elif key := _KEY.match(line):
            here = (*table, *(part.strip("\"'") for part in key[1].split(".")))
        else:
            continue
        if at[: len(here)] == here and len(here) > depth:
            best, depth = number, len(here)
    return best

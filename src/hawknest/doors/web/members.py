"""What msgspec found wrong with a request, in plain words and with the member's name."""

import re
from typing import Final

import msgspec

_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `([^`]+)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `([^`]+)`")
_TYPES: Final = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_LENGTH: Final = re.compile(r"Expected `(?:str|array|bytes)` of length (<=|>=|<|>) (\d+)")
_BOUND: Final = re.compile(r"Expected `[^`]+` (<=|>=|<|>) (\S+)")
_RELATIONS: Final = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than"}
_WORDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}


def field_of(error: msgspec.ValidationError) -> tuple[str | None, str]:
    """Name the member that is at fault, and say what is wrong with it."""
    found = _AT.match(str(error))
    assert found is not None
    what, path = found["what"], found["path"] or ""
    if missing := _MISSING.match(what):
        return _join(path, missing[1]), f"{missing[1]} is missing"
    if unknown := _UNKNOWN.match(what):
        return _join(path, unknown[1]), f"{unknown[1]} is not known here"
    return path or None, f"{path or 'the request'} {_fault(what)}"


def _fault(what: str) -> str:
    if length := _LENGTH.match(what):
        return f"must be {_RELATIONS[length[1]]} {length[2]} long"
    if bound := _BOUND.match(what):
        return f"must be {_RELATIONS[bound[1]]} {bound[2]}"
    if types := _TYPES.match(what):
        wanted = " or ".join(_WORDS.get(word, word) for word in types[1].split(" | ") if word != "null")
        return f"must be {wanted}, not {_WORDS.get(types[2], types[2])}"
    return f"is not right: {what}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

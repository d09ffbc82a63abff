"""Authentication-Results: what we found out about a letter, written for the programs behind us; and forged ones taken away. RFC 8601.

A program behind us believes what stands under our name. So before ours is written, every field that claims to be ours goes, whatever
it says and however it is spelt (RFC 8601 §5).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

LINE: Final = 76  # characters
VALUE: Final = 200  # characters of a value: nobody needs more of a name that somebody else chose

# authres-header-field = "Authentication-Results:" authres-payload      ; RFC 8601 §2.2
# authres-payload = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS] CRLF
_FIELD: Final = re.compile(
    rb"^Authentication-Results[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+\n?)", re.IGNORECASE | re.MULTILINE
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~@-]+")
_UNFIT: Final = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True)
class Method:
    """What one way of looking found out."""

    name: str  # spf, dkim, dmarc, arc, iprev, auth
    result: str  # pass, fail, none, …
    properties: Sequence[tuple[str, str]] = ()  # such as header.from and its value
    reason: str = ""  # in words


def write(host: str, methods: Iterable[Method]) -> bytes:
    """Write the field, folded, with its line end; `host` is our name (authserv-id)."""
    parts = [f"{host};"]
    found = [_words(method) for method in methods] or [["none"]]
    for words in found:
        parts += [*words[:-1], words[-1] + ";"]
    parts[-1] = parts[-1].removesuffix(";")
    lines, line = list[str](), "Authentication-Results:"
    for part in parts:
        if len(line) + 1 + len(part) > LINE and line.strip():
            lines.append(line)
            line = "\t" + part
        else:
            line += f" {part}"
    return "\r\n".join([*lines, line]).encode("ascii") + b"\r\n"


def without(header: bytes, host: str) -> bytes:
    """Take away the fields that claim to be ours; `header` is a header section, any octets."""
    if b"authentication-results" not in header.lower():  # nearly every letter
        return header
    ours = host.lower().rstrip(".")

    def kept(found: re.Match[bytes]) -> bytes:
        return b"" if claimed(found[1]).lower().rstrip(".") == ours else found[0]

    return _FIELD.sub(kept, header)


# resinfo = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]      ; RFC 8601 §2.2
_PIECE: Final = re.compile(
    r"""(?P<space>\s++)
    |"(?P<quoted>(?:[^"\\]|\\.)*+)"?
    |(?P<comment>\()
    |(?P<end>;)
    |(?P<equals>=)
    |(?P<text>[^\s"(;=]++)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK: Final = re.compile(r"\\.|[()]", re.DOTALL)
_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


def read(value: bytes) -> list[Method]:
    """Read what such a field says, whoever wrote it; what is no result, as the name at its beginning, is left out.

    The value of an ARC-Authentication-Results field is read as well (RFC 8617 §4.1.1).
    """
    found: list[Method] = []
    for words in _statements(value.decode("utf-8", "replace")):
        pairs = [
            (name, said)
            for name, equals, said in zip(words, words[1:], words[2:], strict=False)
            if equals == "="
        ]
        if len(words) < 3 or words[1] != "=" or not pairs:
            continue
        (name, result), *rest = pairs
        name = name.partition("/")[0].strip().lower()
        if name == "i":
            continue
        reason = next((said for key, said in rest if key.lower() == "reason"), "")
        properties = [(key.lower(), said) for key, said in rest if "." in key]
        found.append(Method(name, result.lower(), properties, reason))
    return found


def _statements(text: str) -> list[list[str]]:
    """Divide a value at its semicolons, each part into words and equals signs, without spaces and comments."""
    parts: list[list[str]] = [[]]
    at = 0
    while piece := _PIECE.match(text, at):
        at = piece.end()
        if piece["end"]:
            parts.append([])
        elif piece["comment"]:
            at = _comment_end(text, at)
        elif piece["quoted"] is not None:
            parts[-1].append(_PAIR.sub(r"\1", piece["quoted"]))
        elif not piece["space"]:
            parts[-1].append(piece[0])
    return parts


def _comment_end(text: str, start: int) -> int:
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    return len(text)


def claimed(value: bytes) -> str:
    """Read whose field it claims to be (authserv-id), without comments and quotes."""
    text = value.decode("utf-8", "replace")
    found: list[str] = []
    depth, at, quoted = 0, 0, False
    while at < len(text):
        sign = text[at]
        if sign == "\\" and (quoted or depth):
            if quoted:
                found.append(text[at + 1 : at + 2])
            at += 2
            continue
        if quoted:
            if sign == '"':
                break
            found.append(sign)
        elif sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        elif not depth:
            if sign == '"' and not found:
                quoted = True
            elif sign == ";" or (sign in " \t\r\n" and found):
                break
            elif sign not in " \t\r\n":
                found.append(sign)
        at += 1
    return "".join(found)


def _words(method: Method) -> list[str]:
    words = [f"{method.name}={method.result}"]
    if method.reason:
        words.append(f"reason={_quoted(method.reason)}")
    for name, value in method.properties:
        if value:
            words.append(f"{name}={_value(value)}")
    return words


def _value(text: str) -> str:
    """A value as a token where it is one, else in quotes."""
    text = _UNFIT.sub("?", text[:VALUE])
    return text if _TOKEN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    plain = _UNFIT.sub("?", text[:VALUE])
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'

"""What a part says of itself: the Content- fields of its header. RFC 2045, RFC 2183, RFC 2231, RFC 3282.

Whatever stands there is read, and nothing raises: comments are left out, parameters that came in pieces are put together again
(RFC 2231 §3), and what cannot be read is as if it were not there. Values stay octets, for nobody knows yet in which charset
they are; `name*` keeps its asterisk and its percent signs, as IMAP hands it on (RFC 2231 §6).
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from hawknest.mail.charset import decode
from hawknest.mail.header import unfold
from hawknest.mail.words import clean, decode_words

#: Names in lower case with their values, in the order in which they stand.
Parameters = tuple[tuple[str, bytes], ...]


class MediaType(NamedTuple):
    """What kind of content it is. RFC 2045 §5.1."""

    type: str
    subtype: str
    params: Parameters


#: What a part is that does not say it, or not so that it can be understood. RFC 2045 §5.2
PLAIN: Final = MediaType("text", "plain", ())

_FIELD_LIMIT: Final = 65_536  # octets of a value that are looked at
_PARAMETER_LIMIT: Final = 500  # parameters of a field

# token     := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>          ; RFC 2045 §5.1
# tspecials :=  "(" / ")" / "<" / ">" / "@" / "," / ";" / ":" / "\" / <"> / "/" / "[" / "]" / "?" / "="
# quirk_tokens_beyond_ascii: they are taken as they are.
_TOKEN: Final = re.compile(rb"[^\x00-\x20()<>@,;:\\\"/\[\]?=\x7f]++")
# content := "Content-Type" ":" type "/" subtype *(";" parameter)
_TYPE: Final = re.compile(rb"(%b)\s*+/\s*+(%b)" % (_TOKEN.pattern, _TOKEN.pattern))
# encoding := "Content-Transfer-Encoding" ":" mechanism ; RFC 2045 §6.1; quirk_semicolon: some end it like a parameter
_ENCODING: Final = re.compile(rb"(%b)\s*+;?" % _TOKEN.pattern)
# parameter := attribute "=" value
# value     := token / quoted-string                     ; looser: any text without ; and spaces, the last quote may lack
_PARAMETER: Final = re.compile(rb"""\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)|([^\s;]*+))""", re.DOTALL)
# quirk_spaces_in_file_names: they have to be quoted, and by many are not.
_MORE: Final = re.compile(rb"""(?:[ \t]++[^\s;="]++)++(?=[ \t]*+(?:;|\Z))""")
_FILE_NAMES: Final = (b"name", b"filename")
_QUOTED_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)
# comment = "(" *([FWS] ccontent) [FWS] ")"              ; RFC 5322 §3.2.2
_COMMENT_MARK: Final = re.compile(rb"""\\.|[()"]""", re.DOTALL)
_QUOTED: Final = re.compile(rb'(?:[^"\\]|\\.)*+"?', re.DOTALL)
# section := "*" 1*DIGIT, from 0; one more "*": this piece has percent signs     ; RFC 2231 §7
_SECTION: Final = re.compile(r"([^*]++)\*([0-9]{1,4}+)(\*?)")
_NOT_ATTRIBUTE_CHAR: Final = re.compile(rb"[^!#$&+\-.0-9A-Z^_`a-z{|}~]")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


def media_type(value: bytes) -> MediaType:
    """Read Content-Type: type and subtype in lower case, and the parameters.

    Args:
        value: what follows the colon, folded or not.

    Returns:
        `PLAIN` where no type stands there (RFC 2045 §5.2).
    """
    value = _bare(value)
    found = _TYPE.match(value)
    if found is None:
        return PLAIN
    return MediaType(_word(found[1]).lower(), _word(found[2]).lower(), _parameters(value, found.end()))


def disposition(value: bytes) -> tuple[str, Parameters] | None:
    """Read Content-Disposition: its word as it was written, and the parameters. RFC 2183 §2."""
    value = _bare(value)
    found = _TOKEN.match(value)
    return (_word(found[0]), _parameters(value, found.end())) if found else None


def encoding(value: bytes) -> str:
    """Read Content-Transfer-Encoding: the word as it was written; `7bit` where no single word stands there. RFC 2045 §6.1."""
    found = _ENCODING.fullmatch(_bare(value)) if value else None
    return _word(found[1]) if found else "7bit"


def languages(value: bytes) -> tuple[str, ...]:
    """Read Content-Language: its tags, `("en", "de-CH")`. RFC 3282 §2."""
    return tuple(_word(tag) for tag in _TOKEN.findall(_bare(value)))


def one_line(value: bytes) -> bytes | None:
    """Read a value that is one line of any text, as a Content-ID or Content-Description; None where there is none."""
    return unfold(value[:_FIELD_LIMIT]) or None


def parameter(params: Sequence[tuple[str, bytes]], name: str) -> str | None:
    """Give the text of a parameter as people read it, by RFC 2231 or as encoded words (which no RFC allows, and all write).

    Args:
        params: the parameters as they were read here.
        name: in lower case.

    Returns:
        None where there is none of that name.
    """
    for key, value in params:
        if key == name + "*":
            # extended-value := [charset] "'" [language] "'" *(ext-octet / attribute-char)     ; RFC 2231 §7
            charset, quote, rest = value.partition(b"'")
            text = rest.partition(b"'")[2] if quote else value
            octets = _PERCENT.sub(lambda found: bytes.fromhex(found[1].decode()), text)
            return clean(decode(octets, _word(charset) if quote else ""))
    return next((decode_words(value) for key, value in params if key == name), None)


def _word(octets: bytes) -> str:
    return octets.decode("latin-1")


def _bare(value: bytes) -> bytes:
    value = unfold(value[:_FIELD_LIMIT])
    return _without_comments(value).strip() if b"(" in value else value


def _without_comments(value: bytes) -> bytes:
    pieces: list[bytes] = []
    depth = kept = at = 0
    while found := _COMMENT_MARK.search(value, at):
        at = found.end()
        match found[0]:
            case b"(":
                if not depth:
                    pieces.append(value[kept : found.start()])
                depth += 1
            case b")" if depth:
                depth -= 1
                kept = at
            case b'"' if not depth and (quoted := _QUOTED.match(value, at)):
                at = quoted.end()
            case _:
                pass
    return b"".join(pieces) if depth else b"".join(pieces) + value[kept:]


def _parameters(value: bytes, at: int) -> Parameters:
    params: list[tuple[str, bytes]] = []
    sections = False
    while len(params) < _PARAMETER_LIMIT and (at := value.find(b";", at)) >= 0:
        at += 1
        found = _PARAMETER.match(value, at)
        if found is None:
            continue
        name, quoted, plain = found.groups()
        at = found.end()
        if quoted is not None:
            plain = _QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted
        elif name.lower() in _FILE_NAMES and (more := _MORE.match(value, at)):
            plain += more[0]
            at = more.end()
        params.append((_word(name).lower(), plain))
        sections = sections or b"*" in name
    return _joined(params) if sections else tuple(params)


def _joined(params: Sequence[tuple[str, bytes]]) -> Parameters:
    """Put together the pieces of values: `name*0`, `name*1*`, … become `name`, or `name*` (RFC 2231 §3, §4.1)."""
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    whole: list[tuple[str, bytes]] = []
    for name, value in params:
        if found := _SECTION.fullmatch(name):
            pieces.setdefault(found[1], {}).setdefault(int(found[2]), (value, bool(found[3])))
        else:
            whole.append((name, value))
    for name, numbered in pieces.items():
        run = [numbered[number] for number in range(len(numbered)) if number in numbered]
        if any(encoded for _, encoded in run):
            whole.append((name + "*", b"".join(v if encoded else _percent(v) for v, encoded in run)))
        else:
            whole.append((name, b"".join(value for value, _ in run)))
    return tuple(whole)


def _percent(value: bytes) -> bytes:
    return _NOT_ATTRIBUTE_CHAR.sub(lambda found: b"%%%02X" % found[0][0], value)

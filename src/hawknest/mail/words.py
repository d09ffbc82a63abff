"""Text beyond ASCII in header fields: encoded words, read and written. RFC 2047, RFC 2231 §5.

Reading is for display and never fails. Writing gives what any server can carry, and nothing that a text holds can
end the field: control characters become spaces first.
"""

import binascii
import re
from typing import Final

from hawknest.mail.charset import decode

# encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="     ; RFC 2047 §2, RFC 2231 §5
_WORD: Final = re.compile(rb"=\?([!->@-~]{1,80}+)\?([BbQq])\?([^?\r\n]*+)\?=")
_BETWEEN: Final = re.compile(rb"[ \t\r\n]*+")
_Q_ESCAPE: Final = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]++")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PLAIN: Final = re.compile(r"[ -~]*+")
# phrase of atoms                                        ; RFC 5322 §3.2.5
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]++(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]++)*+")
_TO_QUOTE: Final = re.compile(r'(["\\])')
_LINE: Final = 75  # characters, RFC 2047 §2
_WORD_OCTETS: Final = 42  # of UTF-8 in one encoded word: 56 characters of base64 and 12 around it


def decode_words(octets: bytes) -> str:
    """A header value as people read it: encoded words decoded, raw bytes guessed, never failing.

    Args:
        octets: the value; folding inside becomes a space by `clean`.
    """
    if b"=?" not in octets:
        return clean(decode(octets, ""))
    pieces: list[str] = []
    run: list[bytes] = []  # encoded words side by side in one charset: a character may be cut between two
    label, at = "", 0
    for word in _WORD.finditer(octets):
        between = octets[at : word.start()]
        same = word[1].partition(b"*")[0].decode("ascii").lower()
        joined = bool(label) and _BETWEEN.fullmatch(between) is not None
        if not joined or same != label:
            pieces.append(decode(b"".join(run), label))
            run.clear()
        if not joined:
            pieces.append(decode(between, ""))
        run.append(_word_octets(word[2], word[3]))
        label, at = same, word.end()
    pieces.extend((decode(b"".join(run), label), decode(octets[at:], "")))
    return clean("".join(pieces))


def _word_octets(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"Qq":
        return _Q_ESCAPE.sub(_unescape, text.replace(b"_", b" "))
    digits = _NOT_BASE64.sub(b"", text)
    if len(digits) % 4 == 1:
        digits = digits[:-1]  # one digit over is not a whole octet
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _unescape(escape: re.Match[bytes]) -> bytes:
    return bytes((int(escape[1], 16),))


def clean(text: str) -> str:
    """A text on one line: each run of control characters, line ends among them, becomes one space."""
    return _CONTROLS.sub(" ", text).strip()


def encode_words(text: str) -> str:
    """An unstructured header value (a subject) in ASCII, folded, without its line end. RFC 2047 §5.

    Args:
        text: any text; what it holds of control characters becomes spaces.
    """
    line = clean(text)
    if _PLAIN.fullmatch(line) and "=?" not in line and all(len(word) < _LINE for word in line.split(" ")):
        return fold(line)
    return "\r\n ".join(f"=?utf-8?B?{_base64(chunk)}?=" for chunk in _chunks(line))


def fold(line: str) -> str:
    """A line broken at spaces, so that pieces are as short as lines should be where it can be. RFC 5322 §2.1.1.

    Args:
        line: text without line ends.
    """
    lines: list[str] = [""]
    for word in line.split(" "):
        # A piece of spaces only would look like the end of the header to some, so spaces stay where they are.
        if lines[-1].strip() and word and len(lines[-1]) + 1 + len(word) > _LINE - 15:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] or word == "" else word
    return "\r\n ".join(lines)


def _chunks(text: str) -> list[bytes]:
    """UTF-8 in pieces that each fit an encoded word, none of which cuts a character. RFC 2047 §5."""
    chunks: list[bytes] = [b""]
    for character in text:
        octets = character.encode()
        if len(chunks[-1]) + len(octets) > _WORD_OCTETS:
            chunks.append(b"")
        chunks[-1] += octets
    return chunks


def _base64(octets: bytes) -> str:
    return binascii.b2a_base64(octets, newline=False).decode("ascii")


def encode_phrase(text: str) -> str:
    """A display name in ASCII: atoms, a quoted string, or encoded words. RFC 5322 §3.2.5, RFC 2047 §5."""
    line = clean(text)
    if len(line) < _LINE and "=?" not in line:
        if _ATOMS.fullmatch(line):
            return line
        if _PLAIN.fullmatch(line):
            return '"' + _TO_QUOTE.sub(r"\\\1", line) + '"'
    return "\r\n ".join(f"=?utf-8?B?{_base64(chunk)}?=" for chunk in _chunks(line))

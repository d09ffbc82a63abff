"""Bytes to text by the charset label a letter gives, whatever it gives. RFC 2978, WHATWG Encoding.

A label is a stranger's word: only known text codecs are used (some of Python's take quadratic time, and some are
no charsets), and the codec is the one that real mail means by the label, which is often a superset of the named one.
"""

import codecs
from functools import lru_cache
from typing import Final

#: What mail means by a codec's name: the superset that the senders really use.
_MEANT: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso2022_jp": "iso2022_jp_ext",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
#: The first letters of the codecs that may be used at all.
_KNOWN: Final = (
    "utf-8",
    "utf-16",
    "utf-32",
    "utf-7",
    "iso8859",
    "iso2022",
    "cp",
    "koi8",
    "euc_",
    "shift_jis",
)
_KNOWN_TOO: Final = ("gb", "big5", "hz", "johab", "mac-", "ptcp154", "ascii", "tis-620")


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    try:
        if not label:
            return None
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _MEANT.get(name, name) if name.startswith(_KNOWN + _KNOWN_TOO) else None


def decode(octets: bytes, label: str) -> str:
    """The text of some bytes, never failing: what cannot be read becomes U+FFFD.

    Args:
        octets: the bytes, already without their transfer encoding.
        label: the charset as the letter names it, or "" for none.
    """
    codec = _codec(label[:40])
    if codec is None or codec in {
        "utf-8",
        "cp1252",
    }:  # labels of these two are often untrue, and UTF-8 proves itself
        if b"\x1b$" in octets:
            return octets.decode("iso2022_jp_ext", "replace")  # Japanese without its label
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            codec = codec or "cp1252"
    elif codec.startswith("iso2022") and b"\x1b" not in octets and not octets.isascii():
        return decode(octets, "")  # says ISO-2022-JP and is not
    return octets.decode(codec, "replace")

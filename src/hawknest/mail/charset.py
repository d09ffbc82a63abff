"""Bytes to text by the charset label a letter gives, whatever it gives. RFC 2978, RFC 1468, WHATWG Encoding.

A label is a stranger's word: only known text codecs are used (some of Python's take quadratic time, and some are
no charsets), and the codec is the one that real mail means by the label, which is often a superset of the named one.
"""

import codecs
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from hawknest.mail.japanese import euc_jp, iso_2022_jp

#: What mail means by a codec's name: the superset that the senders really use.
_MEANT: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "shift_jisx0213": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
#: Labels that Python does not know, and where it means another thing by one than mail does.
_LABELS: Final = {
    "cn-big5": "cp950",
    "csbig5": "cp950",
    "x-x-big5": "cp950",
    "csiso58gb231280": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "x-euc-cn": "gb18030",
    "csksc56011987": "cp949",
    "ks_c_5601-1989": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "cseuckr": "cp949",
    "cseucpkdfmtjapanese": "euc_jp",
    "x-euc-jp": "euc_jp",
    "x-euc": "euc_jp",
    "eucjp-ms": "euc_jp",
    "cp51932": "euc_jp",
    "eucjp-win": "euc_jp",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "cswindows31j": "cp932",
    "x-sjis": "cp932",
    "x-ms-cp932": "cp932",
    "windows-932": "cp932",
    "sjis-win": "cp932",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp50222": "iso2022_jp",
    "iso-2022-jp-ms": "iso2022_jp",
    "jis": "iso2022_jp",
    "x-jis": "iso2022_jp",
    "dos-874": "cp874",
    "windows-874": "cp874",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "logical": "iso8859-8",
    "visual": "iso8859-8",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "x-mac-ce": "mac-latin2",
    "x-mac-japanese": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "unicode11utf8": "utf-8",
    "unicode20utf8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "utf-8-mac": "utf-8",
    "csunicode": "utf-16",
    "ucs-2": "utf-16",
    "iso-10646-ucs-2": "utf-16",
    "unicode": "utf-16",
    "unicodefffe": "utf-16-be",
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

#: Codecs of our own: Japanese as it is written, which is more than its standards hold.
_OWN: Final[dict[str, Callable[[bytes], str]]] = {
    "iso2022_jp": iso_2022_jp,
    "iso2022_jp_1": iso_2022_jp,
    "iso2022_jp_2004": iso_2022_jp,
    "iso2022_jp_3": iso_2022_jp,
    "iso2022_jp_ext": iso_2022_jp,
    "euc_jp": euc_jp,
}


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    label = label.strip(" \t\r\n\"'").lower()
    try:
        name = _LABELS.get(label) or (codecs.lookup(label).name if label else "")
    except (LookupError, ValueError):
        # quirk_label_with_prefix: `x-iso-8859-1`, `cp-850`, `windows1252`, `utf-8;format=flowed`
        mended = (
            label.partition(";")[0].removeprefix("x-").replace("cp-", "cp").replace("windows1", "windows-1")
        )
        return _codec(mended) if mended != label else None
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
            return iso_2022_jp(octets)  # Japanese without its label
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            codec = codec or "cp1252"
    elif codec.startswith("iso2022") and b"\x1b" not in octets and not octets.isascii():
        return decode(octets, "")  # says ISO-2022-JP and is not
    if own := _OWN.get(codec):
        return own(octets)
    text = octets.decode(codec, "replace")
    if codec == "utf-7":  # which alone lets halves of characters through
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text

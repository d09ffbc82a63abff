"""Text of any charset: what letters mean by their labels, Japanese as it is really written, and no octets that fail."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.charset import decode
from hawknest.mail.japanese import euc_jp, iso_2022_jp
from hawknest.mail.words import decode_words
from mail_corpora import corpus

LABELS = {
    "utf-8": ("é".encode(), "é"),
    '"UTF8" ': ("é".encode(), "é"),
    "unicode-1-1-utf-8": ("é".encode(), "é"),
    "us-ascii": (b"\x93a\x94", "“a”"),
    "iso-8859-1": (b"\x93a\x94", "“a”"),
    "x-iso-8859-2": (b"\xb1", "ą"),
    "iso-8859-8-i": (b"\xe0", "א"),
    "windows1251": (b"\xcf", "П"),
    "cp-850": (b"\x82", "é"),
    "KOI8-RU": (b"\xd6", "ж"),
    "x-mac-roman": (b"\x8e", "é"),
    "windows-874": (b"\xa1", "ก"),
    "gb2312": (b"\x80\x84\xc4\xe3", "\ufffd"),
    "GB_2312-80": ("你".encode("gb18030"), "你"),
    "ks_c_5601-1987": (b"\x81\x41", "갂"),
    "x-sjis": (b"\x87\x40\xfb\xfc", "①髙"),
    "windows-31j": (b"\x87\x40", "①"),
    "x-euc-jp": (b"\xad\xa1\xa5\xc6", "①テ"),
    "iso-2022-jp-ms": (b"\x1b$B-!\x1b(B", "①"),
    "CP50221": (b"\x1b(I6E\x1b(B", "ｶﾅ"),
    "big5": (b"\xa4\xa4", "中"),
    "utf-7": (b"+AOk-", "é"),
    "nobody-knows": (b"\xe9", "é"),
    "": (b"\x1b$B4A\x1b(B", "漢"),
}


@pytest.mark.parametrize("label", LABELS)
def test_labels(label: str) -> None:
    octets, expected = LABELS[label]
    assert decode(octets, label).startswith(expected)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"a \x1b$B;3:j\x1b(J b", "a 山崎 b"),
        (b"\x1b$@;3\x1b$B:j", "山崎"),
        (b"\x1b$(B;3\x1b(B", "山"),
        (b"\x1b$Byu\x1b(B|b}y\x1b$B|b\x1b(B", "﨑|b}y髙"),  # NEC's rows 89 to 92
        (b"\x1b$B;3 :j\r\n:j\x1b(B\r\n", "山 崎\r\n崎\r\n"),  # spaces and line ends inside
        (b"\x1b$B;3:\x1b(Bx", "山:x"),  # half a character
        (b"\x0e6E\x0fx \xb6", "ｶﾅx ｶ"),  # kana after SO, and in 8 bits
        (b"\x1b$(D\x30\x21\x1b(B.", "丂."),  # JIS X 0212
        (b"\x1b$(Q$t\x1b(B.", "ゔ."),  # JIS X 0213
        (b"\x1b$Zx \x1b", "\x1b$Zx \x1b"),  # no escape that anybody knows
    ],
)
def test_japanese_as_it_is_written(octets: bytes, text: str) -> None:
    assert iso_2022_jp(octets).startswith(text)


#: Characters that code page 932 gives another code than JIS X 0208: wave dash, double line, minus, cent, pound, not, dash.
JIS = "\u301c\u2016\u2212\u00a2\u00a3\u00ac\u2014"
MICROSOFT = "\uff5e\u2225\uff0d\uffe0\uffe1\uffe2\u2015"


@given(st.text(st.characters(codec="iso2022_jp", exclude_characters="\x1b"), max_size=50))
def test_standard_japanese_reads_as_pythons(text: str) -> None:
    """What RFC 1468 has, is read as Python's codec reads it, but for the seven characters that Microsoft has another code for."""
    text = text.translate({0x0E: None, 0x0F: None, ord("¥"): "\\", ord("‾"): "~"})
    microsoft = str.maketrans(JIS, MICROSOFT)
    expected = text.translate(microsoft)
    assert iso_2022_jp(text.encode("iso2022_jp")).translate(microsoft) == expected
    assert euc_jp(text.encode("euc_jp") + b"\xad\xa1").translate(microsoft) == expected + "①"


PAIRS = [
    "big5",
    "cp949",
    "euc_jp",
    "gb18030",
    "gb2312",
    "gbk",
    "hz",
    "iso2022_jp",
    "iso2022_kr",
    "johab",
    "shift_jis",
]


@pytest.mark.parametrize("name", PAIRS)
def test_texts_in_two_charsets(name: str) -> None:
    folder = corpus("cpython-cjkencodings")
    expected = (folder / f"{name}-utf8.txt").read_bytes().decode()
    found = decode((folder / f"{name}.txt").read_bytes(), name)
    wrong = [(one, other) for one, other in zip(found, expected, strict=True) if one != other]
    assert set(wrong) <= set(zip(MICROSOFT, JIS, strict=True))


def test_circled_digits_of_a_telephone() -> None:
    letter = corpus("jpmobile-ja/email-fixtures/iphone-circled-numbers-in-jis.eml").read_bytes()
    assert "②" in iso_2022_jp(letter)
    assert decode_words(b"=?iso-2022-jp?B?GyRCLSEbKEI=?=") == "①"


ALL = [
    *LABELS,
    "iso-2022-jp-2",
    "iso-2022-jp-2004",
    "iso-2022-kr",
    "utf-16",
    "utf-16be",
    "utf-32",
    "hz",
    "johab",
    "euc-jis-2004",
    "big5hkscs",
]
PIECES = st.sampled_from(
    [
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b$(D",
        b"\x1b(I",
        b"\x1b",
        b"\x0e",
        b"\x0f",
        b"+2AA-",
        b"~{",
        b"!!",
        b"a",
        b"\n",
        b"\xff",
    ]
)


@given(
    st.lists(PIECES | st.binary(max_size=4), max_size=20).map(b"".join),
    st.sampled_from(ALL) | st.text(max_size=50),
)
def test_any_octets_under_any_label(octets: bytes, label: str) -> None:
    decode(octets, label).encode()  # which fails for halves of characters


@pytest.mark.parametrize("label", ALL)
@pytest.mark.parametrize(
    "piece", [b"\xff", b"\x1b$", b"\x1b$(D!", b"\x1b$B!", b"+A", b"~{", b"\x0e\x0f", b"\x1b$)C\x0e\x80"]
)
def test_linear_time(label: str, piece: bytes) -> None:
    def took(count: int) -> float:
        start = time.process_time()
        decode(piece * count, label)
        return time.process_time() - start

    small, large = (min(took(count) for _ in range(3)) for count in (2_000, 16_000))
    assert large < 8 * 5 * small + 0.05

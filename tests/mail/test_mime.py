"""The parts of letters: where they begin and end, what they say of themselves, in any octets and in linear time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import fuzz_mime
from hawknest.mail.mime import DEPTH_LIMIT, PART_LIMIT, Part, pack, scan, unpack


def tree(part: Part) -> object:
    """The kinds of parts, one in another."""
    kind = f"{part.type}/{part.subtype}"
    return (kind, *map(tree, part.parts)) if part.parts else kind


def bodies(part: Part, letter: bytes) -> list[bytes]:
    """The bodies of the leaves, in their order."""
    if not part.parts:
        return [letter[part.body : part.end]]
    return [body for child in part.parts for body in bodies(child, letter)]


def check(part: Part, start: int, end: int) -> int:
    """Offsets lie in one another and in order. Returns how many parts there are."""
    assert start <= part.header <= part.body <= part.end <= end
    at, count = part.body, 1
    for child in part.parts:
        assert child.header >= at
        count += check(child, part.body, part.end)
        at = child.end
    return count


MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
TREES = {
    "no header": (b"\r\nhi\r\n", "text/plain", [b"hi\r\n"]),
    "nothing": (b"", "text/plain", [b""]),
    "no body": (b"Subject: hi", "text/plain", [b""]),
    "a line that is no field": (b"junk\r\nContent-Type: text/html\r\n\r\nx\r\n", "text/html", [b"x\r\n"]),
    "a type that is none": (b"Content-Type: text\r\n\r\nx", "text/plain", [b"x"]),
    "bare line feeds": (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n\n--b--\n",
        ("multipart/mixed", "text/plain", "text/plain"),
        [b"one", b"two\n"],
    ),
    "both line ends": (
        b"A: b\n\n\r\n--b",
        "text/plain",
        [b"\r\n--b"],
    ),
    "preamble and epilogue": (
        MIXED + b"pre\r\n--b\r\n\r\none\r\n--b--\r\nepi\r\n--b\r\n\r\ntwo\r\n",
        ("multipart/mixed", "text/plain"),
        [b"one"],
    ),
    "the first delimiter follows the header at once": (
        MIXED + b"--b\r\n\r\none",
        ("multipart/mixed", "text/plain"),
        [b"one"],
    ),
    "no delimiter": (MIXED + b"one\r\n", "multipart/mixed", [b"one\r\n"]),
    "no boundary": (b"Content-Type: multipart/mixed\r\n\r\n--\r\n\r\nx", "multipart/mixed", [b"--\r\n\r\nx"]),
    "a header that a delimiter ends": (
        MIXED + b"--b\r\nA: x\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
        ("multipart/mixed", "text/plain", "text/plain"),
        [b"", b"two"],
    ),
    "parts with nothing in them": (
        MIXED + b"--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b--",
        ("multipart/mixed", "text/plain", "text/plain", "text/plain"),
        [b"", b"", b""],
    ),
    "the last delimiter has no line end": (
        MIXED + b"--b\r\n\r\none\r\n--b",
        ("multipart/mixed", "text/plain"),
        [b"one"],
    ),
    "more behind the boundary": (
        MIXED + b"--bc\r\n\r\none\r\n--b  \r\n\r\ntwo\r\n--b--c",
        ("multipart/mixed", "text/plain", "text/plain"),
        [b"one", b"two"],
    ),
    "one boundary begins with the other": (
        MIXED
        + b"--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\none\r\n--bb\r\n\r\ntwo\r\n--bb--\r\n--b\r\n\r\nend\r\n--b--\r\n",
        ("multipart/mixed", ("multipart/mixed", "text/plain", "text/plain"), "text/plain"),
        [b"one", b"two", b"end"],
    ),
    "one boundary twice": (
        MIXED + b"--b\r\n" + MIXED + b"--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
        ("multipart/mixed", ("multipart/mixed", "text/plain"), "text/plain"),
        [b"one", b"two"],
    ),
    "an inner multipart without its end": (
        MIXED
        + b"--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
        ("multipart/mixed", ("multipart/mixed", "text/plain"), "text/plain"),
        [b"one", b"two"],
    ),
    "a digest": (
        b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\nhi\r\n--b\r\nContent-Type: text/html\r\n\r\nyo\r\n--b--\r\n",
        ("multipart/digest", ("message/rfc822", "text/plain"), "text/html"),
        [b"hi", b"yo"],
    ),
    "a letter in a letter": (
        b"Content-Type: message/global\r\n\r\n" + MIXED + b"--b\r\n\r\none\r\n--b--",
        ("message/global", ("multipart/mixed", "text/plain")),
        [b"one"],
    ),
    "a folded field, and a space before its colon": (
        b'Content-Type :\r\n multipart/mixed;\r\n\tboundary="b c"\r\n\r\n--b c\r\n\r\none\r\n--b c--',
        ("multipart/mixed", "text/plain"),
        [b"one"],
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_trees(name: str):
    letter, kinds, texts = TREES[name]
    part = scan(letter)
    assert (tree(part), bodies(part, letter)) == (kinds, texts)
    check(part, 0, len(letter))
    assert unpack(pack(part)) == part


def test_what_a_part_says_of_itself():
    letter = (
        b'content-type: (c) TEXT (d) / (e) Enriched (f); (g) Charset (h) = (i) utf-8 (j); x="(n\\"o)"; q; e=\r\n'
        b"Content-Transfer-Encoding: (a) Base64 ;\r\nContent-ID: <a@b> \r\nContent-Description:  a\r\n\tb \r\n"
        b"Content-Disposition: Inline; filename*0=a; filename*1*=%41; NAME=an old file.txt; size=3\r\n"
        b"Content-Language: en (x), de-CH\r\nContent-MD5: Q\r\nContent-Location: a b\r\nContent-Type: image/png\r\n\r\nYQ==\r\n"
    )
    assert scan(letter) == Part(
        header=0,
        body=letter.index(b"YQ"),
        end=len(letter),
        lines=1,
        type="text",
        subtype="enriched",
        params=(("charset", b"utf-8"), ("x", b'(n"o)'), ("e", b"")),
        encoding="Base64",
        id=b"<a@b>",
        description=b"a\tb",
        disposition=("Inline", (("name", b"an old file.txt"), ("size", b"3"), ("filename*", b"a%41"))),
        language=("en", "de-CH"),
        md5=b"Q",
        location=b"a b",
    )


PIECES = st.sampled_from(
    [
        *(
            b"--a",
            b"--ab",
            b"--a--",
            b"--ab--",
            b"\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b"x",
            b" ",
            b"\0",
            b"\xff",
            b"(",
            b'"',
            b";",
        ),
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n",
        b"Content-Type: multipart/digest; boundary=ab\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
    ]
)


@given(st.lists(PIECES, max_size=60).map(b"".join))
def test_any_octets(letter: bytes):
    part = scan(letter)
    check(part, 0, len(letter))
    assert unpack(pack(part)) == part


def nested(depth: int) -> bytes:
    """Multiparts in one another, none of which ends."""
    return b"".join(
        b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (level, level + 1)
        for level in range(depth)
    )


HOSTILE = {
    "nested": nested,
    "nested in letters": lambda size: b"Content-Type: message/rfc822\r\n\r\n" * size,
    "parts": lambda size: MIXED + b"--b\r\nContent-Type: text/html\r\n\r\n" * size,
    "multiparts that never begin": lambda size: (
        MIXED
        + b"".join(b"--b\r\nContent-Type: multipart/mixed; boundary=n%d\r\n\r\n" % at for at in range(size))
    ),
    "headers": lambda size: b"A: b\r\n" * size,
    "content headers": lambda size: b"Content-Type: text/html\r\n" * size,
    "one long line": lambda size: b"Subject: " + b"x" * size * 20,
    "one long folded field": lambda size: b"Content-Type: text/plain;\r\n" + b" a=b;\r\n" * size,
    "comments": lambda size: b"Content-Type: " + b"(" * size + b")" * size,
    "quotes": lambda size: b'Content-Type: text/plain; a="' + b'\\"' * size,
    "carriage returns": lambda size: b"Content-Type: text/plain;" + b"\r" * size + b"x\r\n y\r\n",
    "spaces": lambda size: b"Content-Type: text/plain;" + b" " * size + b"x\r\n y\r\n",
    "semicolons": lambda size: b"Content-Type: text/plain" + b"; x" * size,
    "lines of dashes": lambda size: MIXED + b"--b\r\n\r\n" + b"------\r\n" * size,
    "sections": lambda size: b"Content-Type: text/plain" + b"".join(b"; a*%d=x" % at for at in range(size)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_linear_time(name: str):
    def took(size: int) -> float:
        letter = HOSTILE[name](size)
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            part = scan(letter)
            best = min(best, time.process_time() - start)
        assert check(part, 0, len(letter)) <= PART_LIMIT
        return best

    small, large = took(3_000), took(24_000)
    assert large < 8 * 5 * small + 0.05, (small, large)


def test_limits():
    deep = scan(nested(10_000))
    depth = 0
    while deep.parts:
        deep, depth = deep.parts[0], depth + 1
    assert (depth, tree(deep)) == (DEPTH_LIMIT, "application/octet-stream")
    many = scan(MIXED + b"--b\r\n\r\n" * 3 * PART_LIMIT)
    assert len(many.parts) == PART_LIMIT - 1
    assert many.parts[-1].end == many.end


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(fuzz_mime.PIECES) | st.binary(max_size=4), max_size=60).map(b"".join))
def test_fuzz_target(letter: bytes):
    fuzz_mime.fuzz(letter)

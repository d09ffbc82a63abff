"""The trees of parts that mime4j expects of its test letters: theirs and ours are the same, or we know why not."""

import re
from xml.sax.saxutils import unescape

import pytest

from hawknest.mail.mime import Part, scan
from mail_corpora import CORPORA

PLACE = CORPORA / "mime4j" / "core" / "src" / "test" / "resources"
LETTERS = [path for path in sorted(PLACE.rglob("*.msg")) if path.with_suffix(".xml").exists()]

ENCODED = "a letter inside, which was encoded against RFC 2045 §6.4, is decoded there; IMAP has no numbers for what is in it"
NO_FIELD = "there a line that is no field begins the body; here it belongs to the header, as in the rest of the house"
DIFFERENT = {
    "multi-2gifs-base64": ENCODED,
    "bad-newlines-multiple-parts-base64": ENCODED,
    "base64encoded-rfc822message": ENCODED,
    "base64encoded-rfc822message-nested": ENCODED,
    "malformedHeaderStartsBody-nocrlfcrlf": NO_FIELD,
    "malformedHeaderStartsBody-noheader": NO_FIELD,
}

#: The words of a body; or what kind of body it is, and what is in it.
Content = list[str] | tuple[str, list["Content"]]
TAG = re.compile(r"<(/?)(message|multipart|body-part|body|header|preamble|epilogue)>")


class Expected:
    """What an XML file of mime4j says. It is not always well-formed, so its tags are read one by one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tags = list(TAG.finditer(text))
        self.at = 0

    def take(self, name: str, end: str = "") -> re.Match[str]:
        tag = self.tags[self.at]
        assert tag.groups() == (end, name)
        self.at += 1
        return tag

    def skip(self, name: str) -> str:
        """Pass over an element that has no elements in it; its text."""
        begin, end = self.take(name), self.take(name, "/")
        return self.text[begin.end() : end.start()]

    def entity(self, name: str) -> Content:
        self.take(name)
        self.skip("header")
        content: Content = []
        match self.tags[self.at].groups():
            case ("", "body"):
                content = unescape(self.skip("body")).split()
            case ("", "message"):
                content = ("letter", [self.entity("message")])
            case ("", "multipart"):
                content = ("multipart", self.multipart())
            case _:
                pass
        self.take(name, "/")
        return content

    def multipart(self) -> list[Content]:
        parts: list[Content] = []
        self.take("multipart")
        while (tag := self.tags[self.at])[2] != "multipart":
            if tag[2] == "body-part":
                parts.append(self.entity("body-part"))
            else:
                self.skip(tag[2])
        self.take("multipart", "/")
        return parts


def ours(part: Part, letter: bytes) -> Content:
    inside = [ours(child, letter) for child in part.parts]
    if part.is_multipart:
        return ("multipart", inside)
    if inside:
        return ("letter", inside)
    return letter[part.body : part.end].decode("latin-1").split()


@pytest.mark.skipif(
    not LETTERS, reason="the corpus mime4j is not here: set HAWKNEST_CORPORA to where the corpora are"
)
def test_they_are_all_here() -> None:
    assert len(LETTERS) == 80
    assert set(DIFFERENT) <= {path.stem for path in LETTERS}


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_trees(path) -> None:
    letter = path.read_bytes()
    expected = Expected(path.with_suffix(".xml").read_text("latin-1")).entity("message")
    same = ours(scan(letter), letter) == expected
    assert same != (path.stem in DIFFERENT), DIFFERENT.get(path.stem)

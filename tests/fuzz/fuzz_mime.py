"""Any octets as a letter: its parts lie in one another, what is told of them is well-formed, and nothing raises."""

import re

from hawknest.mail import decode, section
from hawknest.mail.header import Header
from hawknest.mail.mime import DEPTH_LIMIT, Part, pack, scan, unpack
from hawknest.mail.searchable import HIDDEN, Texts, header_text
from hawknest.mail.searchtext import PREVIEW_LIMIT, TEXT_LIMIT, body_text, preview
from hawknest.wire.imap.structure import bodystructure, envelope

#: What letters are made of, for the fuzzer to put together.
PIECES = [
    *b"Content-Type: multipart/mixed; boundary=a|Content-Type: multipart/digest; boundary=ab|content-type:message/rfc822".split(
        b"|"
    ),
    *b"Content-Type: text/html; charset=iso-2022-jp|Content-Type: text/plain; name*0*=utf-8''%41; name*1=b|multipart/".split(
        b"|"
    ),
    *b"Content-Transfer-Encoding: base64|Content-Transfer-Encoding: quoted-printable|Content-Transfer-Encoding: x-uue".split(
        b"|"
    ),
    *b"Content-Disposition: attachment; filename=|Content-Language: en, de|Content-ID: <a@b>|Content-Description: |Content-MD5: Q".split(
        b"|"
    ),
    *b"--a|--ab|--a--|--ab--|--|YWJj|=41|=|begin 644 a|end|Subject: =?utf-8?q?a?=|Date: x|Message-ID: <a@b>".split(
        b"|"
    ),
    *b'From: |To: a@b, "c" <d@e> (f)|Cc: G: a@b, c;|Bcc: <@r:a@b>|Sender: a b <c@d>|Reply-To: =?utf-8?b?YQ==?= <a@b>'.split(
        b"|"
    ),
    *b"\r\n|\r\n|\r\n|\r\n\r\n|\r\n\r\n|\n|\r|\0|\xff| |\t|(|)|<|>|@|,|;|:|\"|\\|[|]|=|*|/|'".split(b"|"),
    *b"\x1b$B|\x1b(B|\x1b(I|\x83\x41|<b>|</p>|&amp;|<style>|> |-- ".split(b"|"),
]

_TOKEN = re.compile(rb'\(|\)|"(?:[^"\\\r\n]|\\["\\])*"|\{(\d+)\}\r\n|[A-Z0-9]+| ')


def fuzz(data: bytes) -> None:
    """Scan octets as a letter, and ask for all that can be asked."""
    root = scan(data)
    assert root.header == 0
    _check(root, data, len(data), 0)
    assert unpack(pack(root)) == root
    well_formed(envelope(data[: root.body]))
    for extended in (True, False):
        well_formed(bodystructure(root, data, extended=extended))
    text, words = body_text(data, root), preview(data, root)
    assert len(text) <= TEXT_LIMIT
    assert len(words) <= PREVIEW_LIMIT
    (text + words).encode()
    _searched(data[: root.header_end])
    for exclude in (True, False):
        section.fields(data[: root.body], [b"subject", b"to"], exclude=exclude)
    for numbers in ((1,), (1, 1), (2, 1), (1, 2, 1)):
        for find in (section.body, section.mime, section.header, section.text):
            span = find(root, numbers)
            assert span is None or 0 <= span.start <= span.end <= len(data)


def _searched(header: bytes) -> None:
    """Each field is searched under its name, and what is no field under none."""
    texts = Texts(header_text(header), "")
    fields = [field.name.lower() for field in Header(header)]
    shown = [name for name in fields if name not in HIDDEN]
    lines = texts.header.split("\n") if texts.header else []
    assert [line.partition(": ")[0] for line in lines if not line.startswith(" ")] == shown
    for name in set(fields):
        assert len(list(texts.field(name))) == shown.count(name)


def _check(part: Part, data: bytes, end: int, depth: int) -> None:
    assert part.header <= part.body <= part.end <= end
    assert depth <= DEPTH_LIMIT
    found = decode.decoded(part, data)
    growth = 45 if "uu" in part.encoding.lower() else 1  # a line of uuencode says that it has up to 45 octets
    assert found is None or len(found) <= growth * (part.end - part.body)
    at = part.body
    for child in part.parts:
        assert child.header >= at
        _check(child, data, part.end, depth + 1)
        at = child.end


def well_formed(written: bytes) -> None:
    """Brackets close, strings are strings, and literals are as long as they say."""
    depth = at = 0
    while at < len(written):
        found = _TOKEN.match(written, at)
        assert found, written[at : at + 40]
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        at = found.end() + int(found[1] or 0)
        assert depth > 0 or at == len(written)
    assert depth == 0

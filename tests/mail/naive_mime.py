"""The parts of a letter found line by line, as RFC 2046 §5.1 says it and with no thought of speed: what `hawknest.mail.mime` is held against."""

from hawknest.mail.content import PLAIN, MediaType, media_type
from hawknest.mail.header import Header

#: Kind, where the header begins, where the body begins and ends, and the parts.
Tree = tuple[str, int, int, int, list["Tree"]]


class Naive:
    """One letter, cut into lines."""

    def __init__(self, letter: bytes) -> None:
        self.letter = letter
        self.lines = letter.split(b"\n")
        self.lines = [line + b"\n" for line in self.lines[:-1]] + ([self.lines[-1]] if self.lines[-1] else [])
        self.starts = [sum(map(len, self.lines[:at])) for at in range(len(self.lines) + 1)]

    def owner(self, at: int, open_: list[bytes]) -> int:
        """Whose delimiter a line is: the longest boundary that it begins with, the innermost of equal ones; else -1."""
        line = self.lines[at]
        fitting = [index for index, boundary in enumerate(open_) if line.startswith(b"--" + boundary)]
        return max(fitting, key=lambda index: (len(open_[index]), index), default=-1)

    def until(self, at: int, open_: list[bytes]) -> int:
        """The next line that is a delimiter, or the number of lines."""
        while at < len(self.lines) and self.owner(at, open_) < 0:
            at += 1
        return at

    def entity(self, at: int, open_: list[bytes], default: MediaType) -> tuple[Tree, int]:
        """What begins at a line, and the line with the delimiter that ends it."""
        start = self.starts[at]
        while at < len(self.lines) and self.owner(at, open_) < 0:
            at += 1
            if self.lines[at - 1] in {b"\r\n", b"\n"}:
                break
        body = self.starts[at]
        value = Header(self.letter[start:body]).every("Content-Type")
        kind = media_type(value[0].raw) if value else default
        parts: list[Tree] = []
        if kind.type == "multipart":
            parts, at = self.parts(at, open_, kind)
        elif kind[:2] in {("message", "rfc822"), ("message", "global")}:
            part, at = self.entity(at, open_, PLAIN)
            parts = [part]
        else:
            at = self.until(at, open_)
        end = self.starts[at]
        if at < len(self.lines):
            before = self.letter[body:end]
            end -= 2 if before.endswith(b"\r\n") else before.endswith(b"\n")
        return ("/".join(kind[:2]), start, body, max([end, *(part[3] for part in parts)]), parts), at

    def parts(self, at: int, open_: list[bytes], kind: MediaType) -> tuple[list[Tree], int]:
        """The parts of a multipart whose body begins at a line, and the line with the delimiter that ends it."""
        boundary = dict(reversed(kind.params)).get("boundary")
        parts: list[Tree] = []
        if boundary:
            mine = [*open_, boundary]
            at = self.until(at, mine)
            while at < len(self.lines) and self.owner(at, mine) == len(open_):
                line = self.lines[at]
                if line[2 + len(boundary) :].startswith(b"--"):
                    at += 1
                    break
                if not line.endswith(b"\n"):
                    return parts, len(self.lines)
                default = MediaType("message", "rfc822", ()) if kind.subtype == "digest" else PLAIN
                part, at = self.entity(at + 1, mine, default)
                parts.append(part)
        return parts, self.until(at, open_)


def naive(letter: bytes) -> Tree:
    """The tree of a letter."""
    return Naive(letter).entity(0, [], PLAIN)[0]

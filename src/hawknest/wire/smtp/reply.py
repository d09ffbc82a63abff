"""Replies of SMTP as values: three digits, an enhanced code, words. RFC 5321 §4.2, RFC 2034, RFC 3463."""

import re
from dataclasses import dataclass
from typing import Final

#: Octets of a reply line with its code and CRLF. RFC 5321 §4.5.3.1.5
LINE: Final = 512
_TEXT: Final = LINE - 20  # octets of text: code and enhanced code take up to 15, CRLF 2
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Reply:
    """What one side answers to a command.

    `enhanced` is the code of RFC 3463 as three numbers, or None; `text` one line or several with newlines between.
    """

    code: int
    enhanced: tuple[int, int, int] | None
    text: str = ""

    @property
    def positive(self) -> bool:
        """Whether it says yes, or go on."""
        return self.code < 400

    @property
    def permanent(self) -> bool:
        """Whether trying again will not help."""
        return self.code >= 500

    def __str__(self) -> str:
        """The words as a person reads them, in one line."""
        enhanced = "{}.{}.{} ".format(*self.enhanced) if self.enhanced else ""
        return f"{self.code} {enhanced}{self.text.replace(chr(10), ' / ')}".rstrip()

    def encode(self, *, enhanced: bool = True, utf8: bool = True) -> bytes:
        """The reply as it is sent; text from elsewhere cannot add a line to it.

        `enhanced` tells whether the enhanced code may be shown (RFC 2034 §4), `utf8` whether the text may have more than
        ASCII (RFC 6531 §3.7.4).
        Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
        """
        code = b"%d" % self.code
        status = b"%d.%d.%d " % self.enhanced if enhanced and self.enhanced else b""
        charset = "utf-8" if utf8 else "ascii"
        if "\n" not in self.text:
            return code + b" " + status + _line(self.text, charset) + b"\r\n"
        lines = [status + _line(line, charset) for line in self.text.split("\n")]
        return (
            b"".join([code + b"-" + line + b"\r\n" for line in lines[:-1]])
            + code
            + b" "
            + lines[-1]
            + b"\r\n"
        )


def _line(text: str, charset: str) -> bytes:
    if not text.isprintable():
        text = _UNSAFE.sub("?", text)
    line = text.encode(charset, "backslashreplace")
    if len(line) > _TEXT:
        line = line[:_TEXT].decode("utf-8", "ignore").encode()  # no half of a character
    return line

"""Who is told what a session says, as its engine understood it.

Only the engine knows whether octets are a command, a part of a letter or an answer in a login: whoever guesses it from the
octets that pass can be led to write down a letter, or a password, as if it were commands.
"""

from typing import Protocol


class Witness(Protocol):
    """Is told what both sides say; what is secret, and letters, are told as such."""

    def heard(self, line: bytes, *, secret: bool = False) -> None:
        """Learn of a line of the peer, without its CRLF."""
        ...

    def said(self, lines: bytes, *, secret: bool = False) -> None:
        """Learn of lines of ours, each with its CRLF."""
        ...

    def heard_letter(self, octets: int) -> None:
        """Learn that so many octets of a letter came."""
        ...

    def said_letter(self, octets: int) -> None:
        """Learn that so many octets of a letter went."""
        ...

"""What the other side can do wrong.

ProtocolError       the peer broke the protocol; the text is fit to send to it
└── LineTooLong     a line was longer than the protocol allows; all of it was passed over
"""


class ProtocolError(Exception):
    """The peer broke the protocol; the message is fit to send to it."""


class LineTooLong(ProtocolError):
    """A line was longer than its limit in octets."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"line longer than {limit} octets")

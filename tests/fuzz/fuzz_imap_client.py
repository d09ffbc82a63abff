"""Any octets as the answers of an IMAP server: values or a ProtocolError, nothing else."""

import contextlib

from hawknest.wire.errors import ProtocolError
from hawknest.wire.imap.client import BLOCK, Client


def fuzz(data: bytes) -> None:
    """Feed octets, cut where the first says."""
    step = (data[0] % 61 + 1) if data else 1
    client = Client()
    rest = data[1:]
    with contextlib.suppress(ProtocolError):
        for start in range(0, len(rest), step):
            client.feed(rest[start : start + step])
            while (answer := client.next_event()) is not None:
                assert len(getattr(answer, "octets", b"")) <= BLOCK
        client.eof()
        while client.next_event() is not None:
            pass

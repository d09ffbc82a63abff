"""Any octets as the answers of another SMTP server: replies or a ProtocolError, nothing else."""

import contextlib

from hawknest.wire.errors import ProtocolError
from hawknest.wire.smtp.client import Client, extensions


def fuzz(data: bytes) -> None:
    """Feed octets, cut where the first says."""
    step = (data[0] % 61 + 1) if data else 1
    client = Client()
    rest = data[1:]
    with contextlib.suppress(ProtocolError):
        for start in range(0, len(rest), step):
            client.feed(rest[start : start + step])
            while (reply := client.next_event()) is not None:
                assert 200 <= reply.code < 600
                found = extensions(reply)
                assert found.size >= 0
                assert isinstance(found.mechanisms, tuple)
                str(reply)
        client.eof()
        while client.next_event() is not None:
            pass

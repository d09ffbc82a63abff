"""Any octets at the finger engine: one event at the most, no crash, and an answer that cannot drive a terminal."""

from hawknest.wire.finger import LINE_LIMIT, Query, Server, TooLong


def fuzz(data: bytes) -> None:
    """Feed octets, cut where the first says."""
    step = (data[0] % 61 + 1) if data else 1
    server, rest, events = Server(), data[1:], 0
    for start in range(0, len(rest), step):
        server.feed(rest[start : start + step])
        while (event := server.next_event()) is not None:
            events += 1
            match event:
                case Query(text):
                    assert len(text) <= LINE_LIMIT
                    server.say(text)
                case TooLong():
                    assert len(rest) > LINE_LIMIT
                    server.say("too long")
        said = server.outbox()
        assert said[-2:] in {b"", b"\r\n"}
        assert not set(said) & (set(range(32)) - set(b"\t\r\n"))
    server.eof()
    while server.next_event() is not None:
        events += 1
    assert events <= 1

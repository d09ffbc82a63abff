"""Any octets at the SMTP server's engine: no crash, no endless loop, no growth beyond what arrived."""

from hawknest.wire.smtp import replies
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import (
    Auth,
    AuthAnswer,
    Begin,
    Chunk,
    End,
    Hello,
    Kind,
    Limits,
    Offers,
    Over,
    Server,
    StartTls,
)


def fuzz(data: bytes) -> None:
    """Feed octets; the first choose the kind of server and where the rest is cut."""
    kind = list(Kind)[data[0] % 3] if data else Kind.MX
    step = (data[1] % 61 + 1) if len(data) > 1 else 1
    mend = bool(data[2] & 1) if len(data) > 2 else False
    rest = data[3:]
    server = Server(
        kind, "mx.example", Offers(5000, True, ("PLAIN", "LOGIN")), Limits(mend_newlines=mend, endless=5000)
    )
    server.reply(Reply(220, None, "hello"))
    letter = 0
    for start in range(0, len(rest), step):
        server.feed(rest[start : start + step])
        while (event := server.next_event()) is not None:
            match event:
                case Hello():
                    server.hello()
                case Begin():
                    letter = 0
                    server.go_ahead()
                case Chunk(octets):
                    letter += len(octets)
                    assert letter <= 5000
                case End():
                    if not event.aborted:
                        server.reply(event.defect or replies.OK)
                case StartTls():
                    server.reply(replies.GO_AHEAD_TLS)
                    server.drop()
                    server.secured()
                case Auth():
                    server.challenge(b"who?")
                case AuthAnswer(answer):
                    server.reply(replies.AUTHENTICATED if answer == b"me" else Reply(535, (5, 7, 8), "no"))
                case Over():
                    break
                case _:
                    server.reply(replies.OK)
        for line in server.outbox().split(b"\r\n")[:-1]:
            assert b"\n" not in line
            assert b"\r" not in line
            assert line[:3].isdigit()
    server.eof()
    while server.next_event() is not None:
        pass

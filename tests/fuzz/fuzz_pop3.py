"""Any octets at the POP3 server's engine: no crash, no endless loop, answers that are lines."""

from hawknest.wire.pop3.command import Auth, Pass, Quit, Retr, Stls
from hawknest.wire.pop3.server import AuthAnswer, Offers, Over, Server


def fuzz(data: bytes) -> None:
    """Feed octets, cut where the first says."""
    step = (data[0] % 61 + 1) if data else 1
    server = Server(Offers(stls=True, auth=("PLAIN", "LOGIN"), user=True))
    rest = data[1:]
    for start in range(0, len(rest), step):
        server.feed(rest[start : start + step])
        while (event := server.next_event()) is not None:
            match event:
                case Pass():
                    server.opened("0 letters")
                case Auth():
                    server.challenge(b"who?")
                case AuthAnswer(answer):
                    server.err(answer.decode("latin-1"), "AUTH")
                case Stls():
                    server.ok()
                    server.drop()
                    server.secured()
                case Retr():
                    server.whole(rest, len(rest))
                case Quit():
                    server.bye()
                case Over():
                    break
                case _:
                    server.ok()
        assert server.outbox()[-2:] in {b"", b"\r\n"}
    server.eof()
    while server.next_event() is not None:
        pass

"""Somebody at the IMAP door, for tests that need two."""

from nests import PASSWORD, Session


class Client:
    """Somebody at the door, one command at a time."""

    def __init__(self, rooms: object, who: str) -> None:
        self.session = Session(rooms, "imap", "127.0.0.1")  # type: ignore[arg-type]
        self.who = who

    async def enter(self) -> "Client":
        await self.session.settle()
        assert b"l OK" in await self.do(f'LOGIN {self.who} "{PASSWORD}"', tag="l")
        return self

    async def do(self, command: str | bytes, tag: str = "t") -> bytes:
        octets = command if isinstance(command, bytes) else command.encode()
        self.session.send(tag.encode() + b" " + octets + b"\r\n")
        said = b""
        for _ in range(400):
            said += await self.session.settle()
            if b"\r\n%b " % tag.encode() in b"\r\n" + said:
                return said
        raise AssertionError(said)

"""Any octets in a login: each mechanism asks, refuses or lets in, and none goes on for ever."""

from hawknest.wire.sasl import (
    MECHANISMS,
    Challenge,
    CramLookup,
    Refused,
    Salt,
    ScramLookup,
    ScramUser,
    TokenFault,
    TokenLookup,
    TokenUser,
    Verify,
    derive,
)
from hawknest.wire.sasl.values import Answer, Request

LONGEST = 5  # answers of a client in one login

_SALT = Salt(b"a salt of 16 oct", 4)
_USERS = {name: ScramUser(_SALT, (derive("pencil", name, _SALT),)) for name in ("sha1", "sha256")}
PIECES = [
    *b"n,|y,|p=tls-server-end-point,|a=|n=mia|r=abc|,|=2C|=3D|=|c=biws|p=QQ==|i=4|s=|user=|auth=|Bearer |bearer|Basic".split(
        b"|"
    ),
    *[
        b"\1",
        b"\1",
        b"\1\1",
        b"\0",
        b"\0mia\0pencil",
        b"mia",
        b"\xff",
        b"\xc3\xa9",
        b"host=x",
        b"port=1",
        b"dG9rZW4=",
        b"\r\n",
    ],
    *[b"n,,n=mia,r=abc", b"n,a=mia,\1auth=Bearer abc\1\1", b"user=mia\1auth=Bearer abc\1\1", b"x" * 1025],
]


def fuzz(data: bytes) -> None:
    """Lead every mechanism; the first octet says how the rest is cut into answers, and what is true."""
    choice, rest = (data + b"\0")[0], data[1:]
    size = max(len(rest) // (choice % LONGEST + 1), 1)
    answers = [rest[start : start + size] for start in range(0, len(rest), size)] or [b""]
    for row in MECHANISMS.values():
        exchange = row.begin(answers[0] if choice & 64 else None, b"binding")
        waiting = iter(answers[1:] if choice & 64 else answers)
        send: Answer = None
        asked = 0
        try:
            while True:
                request = exchange.send(send)
                asked += 1
                assert asked <= 2 * LONGEST
                send = (
                    next(waiting, b"")
                    if isinstance(request, Challenge)
                    else _answer(request, yes=bool(choice & 128))
                )
        except Refused as refused:
            assert str(refused).isprintable()
        except StopIteration:
            assert choice & 128  # else nobody has the right password, and a proof cannot be guessed


def _answer(request: Request, *, yes: bool) -> Answer:
    match request:
        case Verify(_, password):
            assert password
            return yes
        case ScramLookup(_, hash_name):
            return _USERS[hash_name]
        case CramLookup():
            return b"pencil" if yes else None
        case TokenLookup(token, username):
            assert token.isascii()
            return TokenUser(username) if yes else TokenFault()
        case _:
            raise AssertionError(request)

"""Any octets at the IMAP server's engine: no crash, no endless loop, one tagged answer to a command, lines as answers."""

import os
import zlib
from pathlib import Path

from hawknest.wire.imap.appending import Abort, Begin, Commit, End, Octets, Size, Url
from hawknest.wire.imap.capability import Offers, State
from hawknest.wire.imap.command import (
    Authenticate,
    Compress,
    Done,
    Idle,
    Login,
    Select,
    StartTls,
    Unauthenticate,
    Unselect,
)
from hawknest.wire.imap.names import decode, encode
from hawknest.wire.imap.server import AuthAnswer, AuthCancelled, Nudged, Over, Server

_WORDS = """LOGIN a b|AUTHENTICATE PLAIN|SELECT INBOX|EXAMINE|CREATE|DELETE|RENAME a b|SUBSCRIBE|UNSUBSCRIBE|LIST "" *|LSUB|STATUS a|APPEND a
FETCH 1|UID FETCH|STORE 1|UID STORE|COPY 1|MOVE|EXPUNGE|UID EXPUNGE|SEARCH|UID SEARCH|SORT|THREAD|ESEARCH|IDLE|DONE|NOTIFY SET|NOTIFY NONE
ENABLE|ID|NAMESPACE|CAPABILITY|NOOP|CHECK|CLOSE|UNSELECT|LOGOUT|STARTTLS|COMPRESS DEFLATE|UNAUTHENTICATE|REPLACE 1 a|GETQUOTA|SETQUOTA
SETACL|DELETEACL|GETACL|LISTRIGHTS|MYRIGHTS|GETMETADATA|SETMETADATA|GETQUOTAROOT|UID|RETURN|CHARSET UTF-8|CATENATE|TEXT|URL "/a/;UID=1"
FLAGS|ENVELOPE|BODY[]|BODY.PEEK[1.2.HEADER.FIELDS (a b)]<0.5>|BINARY[1]|BINARY.SIZE[1]|BODYSTRUCTURE|RFC822.SIZE|UTF8 (~{3+}|PREVIEW (LAZY)
MIN|MAX|ALL|COUNT|SAVE|PARTIAL 1:2|PARTIAL -1:-2|SUBJECT|FROM|HEADER|NOT|OR|SINCE 1-Feb-2026|LARGER 5|OLDER 5|MODSEQ 5|KEYWORD|UID 1:*
QRESYNC (1 1 1:2 (1 1))|CONDSTORE|CHANGEDSINCE 1|VANISHED|UNCHANGEDSINCE 1|+FLAGS|-FLAGS.SILENT|\\Seen|\\Deleted|$Work|NIL|(|)|"|\\"|\\|*|%|$
IN (personal)|subtree|mailboxes|selected|MessageNew|MessageExpunge|FlagChange|STATUS|SUBSCRIBED|RECURSIVEMATCH|SPECIAL-USE|USE (\\Sent)|METADATA
{3}|{3+}|~{3}|~{3+}|{99999999999999999999}|{0+}|1:*|*:*|4294967295|4294967296|18446744073709551616|-1|0|&AAA-|&|&Jjo-|../..|%n%s|abc"""
PIECES = [
    *(word.encode() for line in _WORDS.splitlines() for word in line.split("|")),
    *[
        b"\r\n",
        b"\r\n",
        b"\r\n",
        b" ",
        b" ",
        b" ",
        b"a ",
        b"a1 ",
        b"\n",
        b"\0",
        b"\xff",
        b"+",
        b"]",
        b"{",
        b"}",
    ],
    zlib.compress(b"a NOOP\r\n")[2:-4],
]


def _dictionaries() -> list[bytes]:
    """Read the words of other people's fuzz dictionaries, where they are at hand."""
    place = Path(os.environ.get("HAWKNEST_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
    words: list[bytes] = []
    for file in place.glob("dovecot-fuzz-dicts/src/lib-imap/*.dict"):
        lines = file.read_text("utf-8").splitlines()
        words += [
            line[1:-1].encode().decode("unicode_escape").encode("latin-1")
            for line in lines
            if line.startswith('"')
        ]
    return words


def _lines() -> list[bytes]:
    """Read what the clients of our conversations say."""
    said: list[bytes] = []
    for file in (Path(__file__).parents[1] / "transcripts" / "imap").glob("*.txt"):
        for line in file.read_text("utf-8").splitlines():
            if line.startswith("C: ") and "LOGOUT" not in line:
                said.append(line[3:].encode() + b"\r\n")
            elif line.startswith("C= "):
                said.append(line[3:].encode().decode("unicode_escape").encode("latin-1"))
    return said


PIECES += _dictionaries() + _lines()


def fuzz(data: bytes) -> None:
    """Feed octets; the first choose where they are cut, the state, and what the door says to letters."""
    first, second, third = (data + b"\0\0\0")[:3]
    step, no = first % 61 + 1, third % 7
    server = Server(Offers(starttls=True, auth=("PLAIN",), login=True))
    server.greet("hello")
    server.state = (State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED)[second % 3]
    rest = data[3:]
    for start in range(0, len(rest), step):
        server.feed(rest[start : start + step])
        if second & 8 and start % 3 == 0:
            server.nudge()
        _answer(server, no)
        server.outbox()
    server.eof()
    _answer(server, no)
    _names(rest)


def _answer(server: Server, no: int) -> None:
    parts = 0
    while (event := server.next_event()) is not None:
        parts += 1
        match event:
            case Begin() | Size() | Octets() | Url() | End():
                if parts == no and not server.answered:
                    server.no("that will do", "OVERQUOTA")
            case Commit():
                server.ok("kept")
            case Abort() | AuthCancelled() | Nudged():
                pass
            case Done():
                if not server.answered:
                    server.ok("that was it")
            case Idle():
                server.idling()
            case Login():
                server.admit("welcome")
            case Select():
                server.state = State.SELECTED
                server.ok("opened")
            case Unselect():
                server.state = State.AUTHENTICATED
                server.ok("left")
            case Authenticate():
                server.challenge(b"who?")
            case AuthAnswer(answer):
                if answer:
                    server.admit("welcome")
                else:
                    server.no("no", "AUTHENTICATIONFAILED")
            case StartTls():
                server.ok("now")
                server.drop()
                server.secured()
            case Compress():
                server.ok("from now on")
                server.outbox()
                if server._deflate is None:
                    server.compress()
            case Unauthenticate():
                server.ok("bye")
                server.forget()
            case Over():
                return
            case _:
                assert not server.answered
                server.ok("done")


def _names(octets: bytes) -> None:
    try:
        name = decode(octets)
    except ValueError:
        return
    assert decode(encode(name)) == name

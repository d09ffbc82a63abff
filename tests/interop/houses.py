"""Where mail lives, for a client of IMAP: Hawknest, or Dovecot as the control that shows whether a test is right itself."""

import contextlib
import imaplib
import itertools
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_string
from email.header import decode_header, make_header
from pathlib import Path

import trustme
from imapclient import imap_utf7

from hawknest import store
from hawknest.accounts import users
from hawknest.accounts.passwords import secrets_of
from hawknest.accounts.users import User
from interop.dovecot import Dovecot
from whole.serving import PASSWORD, Server

HOUSES = ["dovecot", "hawknest"]
USERS = [f"user{number}@example.org" for number in range(60)]
#: A letter as its subject and its flags; what a client says of its own accord (\\Recent, keywords with $) is left out.
Content = dict[str, list[tuple[str, tuple[str, ...]]]]


@dataclass
class House:
    """A server with the ports of its services on localhost, and users who all have the password of `whole.serving`.

    Its certificate is issued by the authority in the file `authority`, so that clients can check it as they do.
    """

    name: str
    imap: int
    imaps: int
    authority: Path
    submission: int = 0
    server: Server | None = None
    _users: Iterator[str] = field(default_factory=lambda: iter(USERS))

    def user(self) -> str:
        """Somebody whose mailboxes nobody has used yet."""
        return next(self._users)

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    def login(self, user: str) -> imaplib.IMAP4_SSL:
        imap = imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=self.context(), timeout=20)
        imap.login(user, PASSWORD)
        return imap

    def put(self, user: str, *subjects: str, mailbox: str = "INBOX", flags: str = "") -> None:
        """Append letters with these subjects."""
        with self.login(user) as imap:
            imap.create(f'"{mailbox}"')
            for subject in subjects:
                done, said = imap.append(f'"{mailbox}"', flags, "", letter(subject))
                assert done == "OK", said

    def content(self, user: str) -> Content:
        """All mailboxes in which there is something."""
        found: Content = {}
        with self.login(user) as imap:
            for name in mailboxes(imap):
                imap.select(f'"{name}"', readonly=True)
                _, rows = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER])")
                if letters := [described(head, body) for head, body in paired(rows)]:
                    found[imap_utf7.decode(name.encode())] = sorted(letters)
                imap.unselect()
        return found


def letter(subject: str) -> bytes:
    head = f"From: tom@example.org\r\nTo: mia@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.org>\r\n"
    return (head + "Date: Tue, 24 Nov 2026 10:00:00 +0900\r\n\r\nHello.\r\n").encode()


def paired(rows: list[object]) -> Iterator[tuple[bytes, bytes]]:
    """The answers of imaplib to FETCH of flags and one literal: what stands around the literal, and the literal."""
    for row, after in itertools.pairwise([*rows, b""]):
        if isinstance(row, tuple):
            yield row[0] + (after if isinstance(after, bytes) else b""), row[1]


def described(head: bytes, body: bytes) -> tuple[str, tuple[str, ...]]:
    subject = str(make_header(decode_header(message_from_string(body.decode())["Subject"] or "")))
    found = re.search(rb"FLAGS \(([^)]*)\)", head)
    assert found is not None, head
    flags = (flag for flag in found[1].decode().split() if flag != "\\Recent" and not flag.startswith("$"))
    return subject, tuple(sorted(flags))


def mailboxes(imap: imaplib.IMAP4) -> list[str]:
    """The names of all mailboxes that can be selected, as they stand on the wire."""
    names: list[str] = []
    for row in imap.list()[1]:
        found = re.fullmatch(rb'\(([^)]*)\) (?:NIL|"(?:.|\\.)") (.*)', row if isinstance(row, bytes) else b"")
        assert found is not None, row
        if b"\\NoSelect".lower() not in found[1].lower():
            names.append(found[2].decode().strip('"').replace('\\"', '"').replace("\\\\", "\\"))
    return names


def certified(directory: Path) -> Path:
    """Put chain.pem and key.pem for localhost there, and give the file with their authority."""
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "mx.example.org", "127.0.0.1", common_name="localhost")
    (directory / "key.pem").write_bytes(made.private_key_pem.bytes())
    (directory / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    authority.cert_pem.write_to_path(directory / "authority.pem")
    return directory / "authority.pem"


@contextlib.contextmanager
def house(name: str, directory: Path) -> Iterator[House]:
    """A server of that name at work, with a directory to itself."""
    if name == "dovecot":
        authority = certified(directory)
        with Dovecot(directory, USERS, PASSWORD) as dovecot:
            yield House(name, dovecot.imap, dovecot.imaps, authority)
        return
    server = Server(directory / "nest")
    authority = certified(server.directory)
    text = (server.directory / "hawknest.toml").read_text()
    text = text.replace('#certificate = ""', 'certificate = "chain.pem"').replace(
        '#key = ""', 'key = "key.pem"'
    )
    (server.directory / "hawknest.toml").write_text(text)
    connection = store.prepare(store.Settings(), server.directory, lambda _: None).connect()
    connection.begin()
    secret = secrets_of(PASSWORD)
    for user in USERS:
        users.add(connection, User(address=user), secret, time.time())
    connection.commit()
    connection.close()
    server.start()
    try:
        ports = server.ports
        yield House(name, ports["imap"], ports["imaps"], authority, ports["submission"], server)
    finally:
        assert server.stop() == 0

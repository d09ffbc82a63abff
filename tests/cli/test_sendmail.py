"""The sendmail command: what it takes, what it refuses, and what it brings to a server."""

import getpass
import socketserver
import threading

import pytest

from hawknest.cli.sendmail import Exit, Stopped, prepare, read_order, run


def made(words, text):
    """Prepare a letter from words and stdin."""
    return prepare(read_order(words), text.encode() if isinstance(text, str) else text)


def test_recipients_from_the_header_and_bcc_never_leaves():
    text = "From: a@x.test\nTo: Mia <mia@nest.test>\nBcc: tom@nest.test,\n kim@nest.test\nSubject: x\n\nBcc: body\n"
    letter, recipients, sender = made(["-t", "-f", "a@x.test", "more@nest.test"], text)
    assert [str(r) for r in recipients] == [
        "more@nest.test",
        "mia@nest.test",
        "tom@nest.test",
        "kim@nest.test",
    ]
    assert str(sender) == "a@x.test"
    head, _, body = letter.partition(b"\r\n\r\n")
    assert b"bcc" not in head.lower()
    assert b"tom@" not in head
    assert body == b"Bcc: body\r\n"


@pytest.mark.parametrize(
    "field", ["To: evil@x.example", "Bcc: evil@x.example", "Subject: again", "From: b@x.test", "Cc: c@x.test"]
)
def test_what_a_form_smuggled_in_is_refused(field):
    text = (
        f"From: a@x.test\nTo: mia@nest.test\nCc: t@nest.test\nBcc: k@nest.test\nSubject: x\n{field}\n\nhi\n"
    )
    with pytest.raises(Stopped) as stopped:
        made(["-t"], text)
    assert stopped.value.code == Exit.DATA


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-bs"], Exit.USAGE),
        (["-bp"], Exit.USAGE),
        (["-q"], Exit.USAGE),
        (["--wat"], Exit.USAGE),
        ([], Exit.USAGE),
        (["a b@c"], Exit.USAGE),
        (["mia@nest.test\r\nRCPT TO:<evil@x.example>"], Exit.USAGE),
        (["-f", "a@b.test>\r\nDATA", "mia@nest.test"], Exit.USAGE),
        (["-F", "A\r\nBcc: evil@x.example", "mia@nest.test"], Exit.DATA),
        (["-t"], Exit.DATA),
    ],
)
def test_refusals(words, code):
    with pytest.raises(Stopped) as stopped:
        made(words, "Subject: x\n\nhi\n")
    assert stopped.value.code == code


def test_what_is_missing_is_added():
    letter, _, sender = made(["-i", "-F", "Mia M.", "-oem", "-odi", "mia@nest.test"], "just text\n")
    for field in (b"Date: ", b"Message-ID: <", b'From: "Mia M." <'):
        assert field in letter
    assert letter.endswith(b"\r\n\r\njust text\r\n")
    assert str(sender).startswith(getpass.getuser())


def test_the_null_sender_and_the_lonely_dot():
    letter, _, sender = made(["-f", "<>", "mia@nest.test"], "Subject: x\n\none\n.\ntwo\n")
    assert sender is None
    assert letter.endswith(b"one\r\n")
    letter, *_ = made(["-oi", "mia@nest.test"], "Subject: x\n\none\n.\ntwo\n")
    assert letter.endswith(b"one\r\n.\r\ntwo\r\n")


class Sink(socketserver.StreamRequestHandler):
    """A mail server of a few lines: what it is told decides how it answers."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            word = line.strip().upper()
            if word.startswith(b"EHLO"):
                self.wfile.write(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
            elif word.startswith(b"RCPT TO:<NOBODY"):
                self.wfile.write(b"550 5.1.1 nobody here\r\n")
            elif word.startswith(b"RCPT TO:<FAR"):
                self.wfile.write(b"550 5.7.1 not sent on\r\n")
            elif word.startswith(b"RCPT TO:<LATER"):
                self.wfile.write(b"451 4.3.0 later\r\n")
            elif word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                while (part := self.rfile.readline()) != b".\r\n":
                    self.server.letters.append(part)
                self.wfile.write(b"250 ok\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.server.said.append(line)
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def sink(monkeypatch):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink)
    server.letters, server.said = [], []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setenv("HAWKNEST_SMTP", f"127.0.0.1:{server.server_address[1]}")
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("recipient", "code"),
    [("mia@nest.test", 0), ("nobody@x.test", 67), ("far@x.test", 77), ("later@x.test", 75)],
)
def test_exit_codes_tell_programs_what_happened(empty_shell, sink, recipient, code):
    empty_shell("sendmail", "-i", "-f", "tom@nest.test", recipient, stdin="Subject: 雛\n\n.dots\n", code=code)
    if code == 0:
        assert b"..dots\r\n" in sink.letters
        assert any(b"BODY=8BITMIME" in line.upper() for line in sink.said)


def test_no_server_is_a_temporary_failure(empty_shell, monkeypatch):
    monkeypatch.setenv("HAWKNEST_SMTP", "127.0.0.1:1")
    empty_shell("sendmail", "mia@nest.test", stdin="Subject: x\n\nhi\n", code=75)
    monkeypatch.setenv("HAWKNEST_SMTP", "nonsense")
    empty_shell("sendmail", "mia@nest.test", stdin="Subject: x\n\nhi\n", code=64)


def test_its_other_names():
    assert run("newaliases", []) == Exit.OK
    assert run("mailq", []) == Exit.UNAVAILABLE

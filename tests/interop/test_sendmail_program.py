"""`hawknest sendmail` as the programs of a machine use it: a process, a pipe, an exit code. A web form's script first of all."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.programs import run
from interop.test_clients import MIA, arrived, inbox, subject
from whole.serving import ROOT, Server

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("sendmail") / "nest")
    made.start()
    yield made
    assert made.stop() == 0


@pytest.fixture(scope="module")
def sendmail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program by its old name, as a link to it has."""
    program = tmp_path_factory.mktemp("bin") / "sendmail"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from hawknest.cli import main\nmain()\n"
    )
    program.chmod(0o755)
    return program


def form(server: Server, sendmail: Path, name: str, visitor: str, code: int = 0) -> str:
    """What a web form's script does: it writes what the visitor typed into a letter, in shell."""
    script = 'printf "To: mia@example.org\\nSubject: %s\\nReply-To: %s\\n\\n$3\\n" "$1" "$2" | "$0" -t -i -f www@example.com'
    return run(
        ["sh", "-c", script, sendmail, name, visitor, "A line.\\n.\\nAnother."],
        code=code,
        env={"HAWKNEST_DATA": str(server.directory), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )


def test_a_form_sends(server: Server, sendmail: Path) -> None:
    wanted = subject()
    form(server, sendmail, wanted, "visitor@example.net")
    letter = arrived(server, wanted)
    assert letter.startswith(b"Return-Path: <www@example.com>")
    assert letter.endswith(b"A line.\r\n.\r\nAnother.")


@pytest.mark.parametrize(
    "typed",
    [
        "x\nTo: ann@example.com",
        "x\nBcc: ann@example.com\nTo: bob@example.com",
        "x\nSubject: buy\n\nbuy",
        "x\r\nCc: a@example.com\r\nCC: b@example.com",
    ],
)
def test_a_visitor_who_types_header_lines_is_refused(server: Server, sendmail: Path, typed: str) -> None:
    inbox(server)
    said = form(server, sendmail, subject(), typed, code=65)
    assert said.startswith("sendmail: the letter has the field ")
    assert said.count("\n") == 1
    assert inbox(server) == []


def test_a_visitor_who_names_someone_elsewhere_reaches_nobody(server: Server, sendmail: Path) -> None:
    """One line more that the letter may have once is a Bcc: the server does not send it on, and says so."""
    inbox(server)
    said = form(server, sendmail, subject(), "x\nBcc: ann@example.com", code=77)
    assert "ann@example.com" in said


def test_who_gets_a_blind_copy_is_not_told(server: Server) -> None:
    wanted = subject()
    letter = f"From: tom@example.org\nTo: {MIA}\nBcc: tom@example.org\nSubject: {wanted}\n\nhello\n"
    assert server.hawknest("sendmail", "-t", "-oi", stdin=letter.encode()) == ""
    for user in (MIA, "tom@example.org"):
        found = [one for one in inbox(server, user) if wanted.encode() in one]
        assert len(found) == 1
        assert b"bcc" not in found[0].lower()
        assert (
            b"tom@example.org" not in found[0].replace(b"From: tom@example.org", b"").partition(b"for <")[0]
        )


def test_recipients_on_the_command_line_and_a_dot(server: Server) -> None:
    wanted = subject()
    server.hawknest("sendmail", "-f", "<>", MIA, stdin=f"Subject: {wanted}\n\none\n.\ntwo\n".encode())
    letter = arrived(server, wanted)
    assert letter.startswith(b"Return-Path: <>")
    assert letter.endswith(b"\r\none")


def test_nobody_there_and_no_server(server: Server) -> None:
    said = server.hawknest("sendmail", "nobody@example.org", stdin=b"Subject: x\n\nx\n", code=67)
    assert "There is no mailbox nobody@example.org here" in said
    said = server.hawknest("sendmail", MIA, stdin=b"\nx\n", code=75, env={"HAWKNEST_SMTP": "127.0.0.1:1"})
    assert "cannot be reached" in said


def test_a_large_letter_through_the_pipe(server: Server) -> None:
    wanted = subject()
    body = b"0123456789" * 7 + b"\n"
    program = [sys.executable, "-m", "hawknest", "sendmail", "-i", MIA]
    environment = {"PYTHONPATH": str(ROOT / "src"), "HAWKNEST_DATA": str(server.directory), "LANG": "C.UTF-8"}
    with subprocess.Popen(program, stdin=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        process.stdin.write(f"Subject: {wanted}\n\n".encode())
        for _ in range(100):
            process.stdin.write(body * 1000)
        process.stdin.close()
        assert process.wait(60) == 0
    assert len(arrived(server, wanted)) > 7_000_000

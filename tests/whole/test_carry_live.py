"""Import and export as processes: beside a server at work, killed in the middle, from nest to nest, in bounded memory."""

import imaplib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from serving import PASSWORD, ROOT, Server

MORE = 24_000
LESS = 6_000


def maildir(path: Path, count: int) -> Path:
    """A Maildir of letters of about 3 KB, a fifth of them in a folder."""
    for folder in ("", ".Work/"):
        for place in ("cur", "new", "tmp"):
            (path / f"{folder}{place}").mkdir(parents=True)
    filling = b"x" * 70 + b"\n"
    for n in range(count):
        folder = ".Work/" if n % 5 == 4 else ""
        text = b"From: ann@example.com\nSubject: letter %d\n\n%b" % (n, filling * (n % 80))
        (path / f"{folder}cur" / f"{1_600_000_000 + n}.M{n}.host:2,{'S' if n % 3 else ''}").write_bytes(text)
    return path


def start(server: Server, *words: str | Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "hawknest", *map(str, words), "--data", str(server.directory), "--json"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def killed(process: "subprocess.Popen[bytes]", after: float) -> None:
    time.sleep(after)
    process.kill()
    process.communicate()


def said(process: "subprocess.Popen[bytes]", stdin: bytes = b"") -> dict[str, object]:
    out, _ = process.communicate(stdin, timeout=100)
    assert process.returncode == 0, out
    return json.loads(out)


def measured(server: Server, *words: str | Path) -> tuple[dict[str, object], int]:
    """Run a command, and give what it said and the octets of memory that it had at the most."""
    process = start(server, *words)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    with process.stdout as stdout:
        out = stdout.read()
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = code
    assert code == 0, out
    return json.loads(out), usage.ru_maxrss * 1024


@pytest.fixture
def server(tmp_path: Path):
    found = Server(tmp_path / "nest")
    found.start()
    yield found
    found.stop()


def client(server: Server, user: str) -> imaplib.IMAP4_SSL:
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    found = imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=context, timeout=20)
    found.login(user, PASSWORD)
    return found


def test_an_import_beside_a_server_at_work_is_seen_at_once(server: Server, tmp_path: Path) -> None:
    source = maildir(tmp_path / "Maildir", 500)
    watching = client(server, "mia")
    assert watching.select("INBOX")[1] == [b"0"]
    watching.send(b"w IDLE\r\n")
    assert watching.readline().startswith(b"+")
    done = said(start(server, "import", "mia@example.org", source))
    assert (done["carried"], done["equal"]) == (500, True)
    assert watching.readline() == b"* 400 EXISTS\r\n"  # nobody had to ask
    watching.send(b"DONE\r\n")
    while not watching.readline().startswith(b"w OK"):
        pass
    assert watching.select("Work")[1] == [b"100"]
    watching.logout()

    port = str(server.ports["imaps"])
    words = (
        "import",
        "tom@example.org",
        "--from-imap",
        "localhost",
        "--user",
        "mia@example.org",
        "--port",
        port,
    )
    over = said(start(server, *words, "--any-certificate"), PASSWORD.encode() + b"\n")
    assert (over["carried"], over["equal"]) == (500, True)
    again = said(start(server, *words, "--any-certificate"), PASSWORD.encode() + b"\n")
    assert (again["carried"], again["known_before"]) == (0, 500)
    words = (
        "export",
        "mia@example.org",
        "--to-imap",
        "localhost",
        "--user",
        "tom@example.org",
        "--port",
        port,
    )
    out = said(start(server, *words, "--any-certificate", "--mailbox", "Work"), PASSWORD.encode() + b"\n")
    assert (out["carried"], out["equal"]) == (100, True)
    assert [line["unknown"] for line in out["mailboxes"]] == [0]  # type: ignore[union-attr, index]


def test_an_import_that_is_killed_is_repeated(tmp_path: Path) -> None:
    source = maildir(tmp_path / "Maildir", 3000)
    server = Server(tmp_path / "nest")
    for wait in (0.9, 1.0, 1.1, 1.3):
        killed(start(server, "import", "mia@example.org", source), wait)
    done = said(start(server, "import", "mia@example.org", source))
    assert done["equal"]
    assert done["carried"] + done["known_before"] == 3000  # type: ignore[operator]
    out = said(start(server, "export", "mia@example.org", tmp_path / "out"))
    assert out["equal"]
    assert sum(line["letters"] for line in out["mailboxes"]) == 3000  # type: ignore[attr-defined, misc]


@pytest.mark.slow
def test_many_letters_take_no_more_memory_than_few(tmp_path: Path) -> None:
    """What is held is one batch of letters and the caches of the database, which are full after some thousands."""
    server = Server(tmp_path / "nest")
    few, many = maildir(tmp_path / "few", LESS), maildir(tmp_path / "many", MORE)
    _, less = measured(server, "import", "mia@example.org", few, "--into", "few")
    done, more = measured(server, "import", "mia@example.org", many)
    assert (done["carried"], done["equal"]) == (MORE, True)
    assert more < less + (16 << 20), (less, more)
    _, out = measured(server, "export", "mia@example.org", tmp_path / "out.tar")
    assert out < more + (16 << 20), (more, out)

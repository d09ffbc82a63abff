"""`hawknest import` and `hawknest export` as they are typed."""

import io
import json
import mailbox as stdlib
import tarfile

import pytest

LETTER = b"From: a@example.org\nSubject: hello\n\nbody\n"


@pytest.fixture
def maildir(tmp_path):
    box = stdlib.Maildir(tmp_path / "Maildir")
    box.add(LETTER)
    box.add_folder("Sent.2003").add(LETTER)
    box.add_folder("Empty")
    return tmp_path / "Maildir"


def test_a_maildir_goes_in_and_comes_out(shell, maildir, tmp_path):
    out = shell("import", "mia@nest.test", str(maildir))
    assert "2 letters were brought in; 0 were there" in out
    assert "Sent/2003  Sent/2003  1        45 octets  equal" in out
    assert "all that is there has arrived" in out
    out = shell("import", "mia@nest.test", str(maildir), "--json")
    said = json.loads(out)
    assert (said["carried"], said["known_before"], said["equal"]) == (0, 2, True)
    inbox = next(line for line in said["mailboxes"] if line["mailbox"] == "INBOX")
    assert inbox["hash"] == inbox["arrived_hash"] != "0" * 32
    assert (inbox["letters"], inbox["octets"]) == (1, 45)
    out = shell("export", "mia@nest.test", str(tmp_path / "out"))
    assert "2 letters were written" in out
    assert len(stdlib.Maildir(tmp_path / "out", create=False)) == 1
    shell("export", "mia@nest.test", str(tmp_path / "out.zip"), "--format", "mbox", "--mailbox", "Sent/2003")
    shell("export", "mia@nest.test", str(tmp_path / "out.zip"), code=1)
    assert "is there already" in shell.err
    shell("import", "mia@nest.test", str(tmp_path / "out.zip"), "--into", "Old")
    shell("import", "mia@nest.test", str(tmp_path / "out.zip"), "--into", "Old", "--again")
    said = json.loads(shell("export", "mia@nest.test", str(tmp_path / "more"), "--json"))
    letters = {line["mailbox"]: line["letters"] for line in said["mailboxes"]}
    assert letters == {"INBOX": 1, "Old/Sent/2003": 2, "Sent/2003": 1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "tom@nest.test", "{maildir}"), "there is no user tom@nest.test"),
        (("import", "mia@nest.test", "/nowhere/at/all"), "/nowhere/at/all: No such file or directory"),
        (("export", "mia@nest.test", "{maildir}x", "--mailbox", "Nope"), "there is no mailbox Nope"),
        (("import", "mia@nest.test", "{broken}"), "is a broken zip archive"),
    ],
)
def test_what_cannot_be_done_is_said(shell, maildir, tmp_path, words, said):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    places = {"maildir": maildir, "broken": tmp_path / "broken.zip"}
    shell(*(word.format(**places) for word in words), code=1)
    assert said in shell.err


def test_it_speaks_japanese(shell, maildir, monkeypatch):
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "2 通を取り込みました" in shell("import", "mia@nest.test", str(maildir))


def test_nothing_to_import(shell, tmp_path):
    (tmp_path / "notes.txt").write_text("no letter\n")
    out = shell("import", "mia@nest.test", str(tmp_path / "notes.txt"))
    assert "There are no letters." in out
    assert "1 files are no letters" in out


def test_a_server_that_runs_is_told_which_mailboxes_changed(shell, maildir, monkeypatch):
    told = []
    monkeypatch.setattr("hawknest.cli.nest.ask", lambda _path, word, **details: told.append((word, details)))
    shell("import", "mia@nest.test", str(maildir), "--into", "Old")
    ((word, details),) = told
    assert word == "changed"
    assert len([number for number, _ in details["touched"] if number > 0]) >= 2  # mailboxes that got letters
    assert len([number for number, _ in details["touched"] if number < 0]) == 1  # the account has new ones


def test_an_archive_is_handed_in(shell, maildir, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(maildir, "Maildir")
    assert "2 letters were brought in" in shell("import", "mia@nest.test", "-", stdin=packed.getvalue())
    assert "0 letters were brought in; 2 were" in shell(
        "import", "mia@nest.test", "-", stdin=packed.getvalue()
    )
    assert not list(shell.data.glob("import-*"))


@pytest.mark.parametrize(
    "words",
    [
        ("import", "mia@nest.test"),
        ("import", "mia@nest.test", "x", "--from-imap", "localhost"),
        ("import", "mia@nest.test", "--from-imap", "localhost"),
        ("export", "mia@nest.test"),
        ("export", "mia@nest.test", "x", "--to-imap", "localhost"),
    ],
)
def test_one_place_has_to_be_said(shell, words):
    shell(*words, code=1)
    assert "--user" in shell.err or "say what" in shell.err or "say where" in shell.err


def test_another_server_that_is_not_there(shell):
    words = ("--from-imap", "localhost", "--port", "1", "--user", "mia")
    shell("import", "mia@nest.test", *words, stdin="secret\n", code=1)
    assert "localhost cannot be reached" in shell.err
    assert "secret" not in shell.err
    shell("import", "mia@nest.test", *words, stdin="\n", code=1)
    assert "the password is empty" in shell.err

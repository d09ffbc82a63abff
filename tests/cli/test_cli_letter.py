"""`hawknest letter`: found, shown, saved octet for octet, removed; in English and Japanese."""

import json

import pytest

BROKEN = b"Subject: \x8a\xbf\x8e\x9a\r\n\r\n\0\0\0\r\n"
LARGE = b"From: Noor <noor@example.net>\r\nDate: x\r\nSubject: Photos\r\n\r\n" + b"photo\r\n" * 40_000


@pytest.fixture
def filled(shell, tmp_path):
    """Two letters: a broken one, and one that lies in a file."""
    maildir = tmp_path / "maildir"
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    (maildir / "new" / "1.a.b").write_bytes(BROKEN)
    (maildir / "new" / "2.a.b").write_bytes(LARGE)
    shell("import", "mia@nest.test", str(maildir))
    shell("index", "rebuild")
    return shell


def numbers(shell, *words):
    found = json.loads(shell("letter", "list", "mia@nest.test", *words, "--json"))
    return [one["number"] for one in found["letters"]]


def test_find_show_save_and_remove(filled, tmp_path):
    large, broken = numbers(filled)
    assert numbers(filled, "--larger", "100K") == [large]
    assert numbers(filled, "--smaller", "100K") == [broken]
    assert numbers(filled, "--from", "noor") == [large]
    assert numbers(filled, "--subject", "photo", "--mailbox", "inbox") == [large]
    assert numbers(filled, "--defect", "nul") == [broken]
    assert numbers(filled, "--since", "2020-01-01", "--before", "2020-01-02") == []
    listed = filled("letter", "list", "mia@nest.test")
    assert "raw-header" in listed
    assert "280.1 KB" in listed
    shown = filled("letter", "show", "mia@nest.test", str(broken))
    assert "an octet of value 0" in shown
    assert "INBOX (1)" in shown
    for number, octets in ((broken, BROKEN), (large, LARGE)):
        target = tmp_path / f"{number}.eml"
        filled("letter", "save", "mia@nest.test", str(number), str(target))
        assert target.read_bytes() == octets
        filled("letter", "save", "mia@nest.test", str(number), str(target), code=1)
        assert "is there already" in filled.err
    filled("letter", "remove", "mia@nest.test", str(broken), str(large), code=1)
    assert "--yes" in filled.err
    assert numbers(filled) == [large, broken]
    assert "2 removed" in filled("letter", "remove", "mia@nest.test", str(broken), str(large), "--yes")
    assert numbers(filled) == []
    assert not [file for file in (filled.data / "blobs").rglob("*") if file.is_file()]


def test_how_many_more_there_are(filled):
    assert "1 of 2 letters are shown, 280.1 KB" in filled("letter", "list", "mia@nest.test", "--count", "1")


def test_in_japanese(filled, monkeypatch):
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    _, broken = numbers(filled)
    assert "不具合" in filled("letter", "list", "mia@nest.test")
    assert "値 0 のバイト" in filled("letter", "show", "mia@nest.test", str(broken))
    assert "該当するメールはありません" in filled("letter", "list", "mia@nest.test", "--from", "nobody")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "mia@nest.test", "--defect", "ugly"), "there is no defect ugly; there are: any, nul,"),
        (("list", "mia@nest.test", "--before", "tomorrow"), "tomorrow is not a day such as 2026-01-31"),
        (("list", "mia@nest.test", "--larger", "much"), "much is not a size such as 500M"),
        (("list", "nobody@nest.test"), "there is no user nobody@nest.test"),
        (("show", "mia@nest.test", "4711"), "there is no letter 4711"),
        (("save", "mia@nest.test", "4711"), "there is no letter 4711"),
        (("remove", "mia@nest.test", "4711", "--yes"), "there is no letter 4711"),
        (("remove", "mia@nest.test"), "say which letters, by their numbers"),
    ],
)
def test_what_cannot_be(shell, words, said):
    shell("letter", *words, code=1)
    assert said in shell.err

"""Programs that people read their mail with over IMAP: mbsync, offlineimap, mutt, curl, fetchmail, getmail, imaplib, imapclient.

Each test runs against Hawknest and against Dovecot; the latter shows whether the test is right.
"""

import imaplib
import os
import pty
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import imapclient
import pytest

from interop.houses import HOUSES, Content, House, house, letter
from interop.programs import need, run
from whole.serving import PASSWORD

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module", params=HOUSES)
def where(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(request.param, tmp_path_factory.mktemp("imap")) as found:
        yield found


def home(directory: Path) -> dict[str, str]:
    return {"HOME": str(directory), "PATH": "/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8"}


# Maildirs kept in step with the server ---------------------------------------------------------------------------


def near(place: Path) -> Content:
    """The letters of maildirs side by side, as House.content tells them; flags are the letters after `:2,`."""
    words = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
    found: Content = {}
    for path in place.glob("**/cur/*"), place.glob("**/new/*"):
        for file in path:
            subject = next(line for line in file.read_text().splitlines() if line.startswith("Subject: "))
            flags = tuple(sorted(words[one] for one in file.name.partition(":2,")[2] if one in words))
            name = str(file.parent.parent.relative_to(place)).replace(
                "&AMQ-", "Ä"
            )  # offlineimap leaves it so
            found.setdefault(name, []).append((subject.removeprefix("Subject: "), flags))
    return {name: sorted(letters) for name, letters in found.items()}


def file_of(place: Path, mailbox: str, subject: str) -> Path:
    """The file of a letter in a maildir."""
    files = [*(place / mailbox).glob("cur/*"), *(place / mailbox).glob("new/*")]
    return next(file for file in files if f"Subject: {subject}\n" in file.read_text())


def mark(place: Path, mailbox: str, subject: str, flags: str) -> None:
    """Give a letter in a maildir these flags, as a mail program does: by another name."""
    file = file_of(place, mailbox, subject)
    file.rename(place / mailbox / "cur" / f"{file.name.partition(':')[0]}:2,{flags}")


def drop(place: Path, mailbox: str, subject: str) -> None:
    """Put a letter into a maildir."""
    for sub in ("cur", "new", "tmp"):
        (place / mailbox / sub).mkdir(parents=True, exist_ok=True)
    (place / mailbox / "new" / f"1700000000.{subject}.here").write_bytes(
        letter(subject).replace(b"\r\n", b"\n")
    )


def mbsync(where: House, user: str, directory: Path) -> Path:
    """Run mbsync both ways, and give where its maildirs are."""
    place, config = directory / "mail", directory / "mbsyncrc"
    place.mkdir(exist_ok=True)
    config.write_text(
        f"""IMAPAccount it
Host localhost
Port {where.imaps}
User {user}
Pass "{PASSWORD}"
SSLType IMAPS
CertificateFile {where.authority}

IMAPStore far
Account it

MaildirStore near
Path {place}/
Inbox {place}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
"""
    )
    run([need("mbsync"), "-c", config, "-a"], env=home(directory))
    return place


def offlineimap(where: House, user: str, directory: Path) -> Path:
    """Run offlineimap both ways, and give where its maildirs are."""
    place, config = directory / "mail", directory / "offlineimaprc"
    config.write_text(
        f"""[general]
accounts = it
metadata = {directory}/state
ui = basic
[Account it]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {place}
sep = /
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {where.imaps}
remoteuser = {user}
remotepass = {PASSWORD}
ssl = yes
sslcacertfile = {where.authority}
"""
    )
    run([need("offlineimap"), "-c", config, "-o"], env=home(directory))
    return place


@pytest.mark.parametrize("program", [mbsync, offlineimap])
def test_two_ways(where: House, program: object, tmp_path: Path) -> None:
    """Changes on both sides, in the same letters too, end in the same state on both, and a further run changes nothing."""
    sync = lambda: program(where, user, tmp_path)  # type: ignore[operator]  # noqa: E731
    user = where.user()
    where.put(user, "one", "two", "three", "four", "five")
    where.put(user, "kept", "moved", mailbox="Work/Projekt &AMQ-")
    place = sync()
    first = near(place)
    assert len(first["INBOX"]) == 5
    assert sorted(map(len, first.values())) == [2, 5]

    # here
    mark(place, "INBOX", "one", "FS")
    mark(place, "INBOX", "three", "S")
    file_of(place, "INBOX", "four").unlink()
    drop(place, "INBOX", "from here")
    drop(place, "Made here", "in a new mailbox")
    # there
    with where.login(user) as imap:
        imap.select()
        assert imap.store("1", "+FLAGS", r"(\Answered)")[0] == "OK"  # the same letter as here
        assert imap.store("2,4", "+FLAGS", r"(\Deleted)")[0] == "OK"  # four goes on both sides
        assert imap.expunge()[0] == "OK"
    where.put(user, "from there", flags=r"\Seen")
    where.put(user, "in a mailbox there", mailbox="Made there")
    sync()
    sync()

    both = where.content(user)
    assert [subject for subject, _ in both["INBOX"]] == ["five", "from here", "from there", "one", "three"]
    assert dict(both["INBOX"])["one"] == ("\\Answered", "\\Flagged", "\\Seen")
    assert dict(both["INBOX"])["three"] == ("\\Seen",)
    assert both["Made here"] == [("in a new mailbox", ())]
    assert both["Made there"] == [("in a mailbox there", ())]
    assert near(place) == both
    sync()
    assert where.content(user) == both
    assert near(place) == both


# Reading and fetching --------------------------------------------------------------------------------------------


def on_a_terminal(words: list[str | Path], environment: dict[str, str], seconds: float = 30) -> str:
    """Run a program that wants a terminal, until it ends by itself, and give what it drew."""
    ours, theirs = pty.openpty()
    drawn = bytearray()
    with subprocess.Popen(
        [*map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        alarm = threading.Timer(seconds, process.kill)
        alarm.start()
        try:
            while True:
                drawn += os.read(ours, 65536)
        except OSError:  # its end is closed
            pass
        finally:
            code = process.wait()
            alarm.cancel()
            os.close(ours)
    text = drawn.decode(errors="replace")
    assert code == 0, text[-3000:]
    return text


def mutt(where: House, user: str, directory: Path, keys: str) -> str:
    """Run mutt on the INBOX with keys to press, after which it ends."""
    url = f"imap://{user.replace('@', '%40')}@localhost:{where.imap}"
    words: list[str | Path] = [need("mutt"), "-n", "-F", "/dev/null"]
    for setting in (
        f'set imap_pass="{PASSWORD}" ssl_starttls=yes ssl_force_tls=yes certificate_file={where.authority}',
        f'set folder="{url}" spoolfile=+INBOX record="" postponed=+Drafts header_cache={directory}',
        "set confirmappend=no confirmcreate=no delete=yes quit=yes move=no mark_old=no wait_key=no sleep_time=0 resolve=no",
        'set imap_idle=yes imap_condstore=yes imap_qresync=yes sort=date alias_file=""',
        f'push "{keys}"',
    ):
        words += ["-e", setting]
    return on_a_terminal([*words, "-f", f"{url}/INBOX"], home(directory))


def test_mutt(where: House, tmp_path: Path) -> None:
    """Read, flag, delete, move into another mailbox and search on the server, in two runs with its cache between."""
    user = where.user()
    where.put(user, "first", "second", "third", "fourth")
    said = mutt(
        where,
        user,
        tmp_path,
        "<delete-pattern>~s first<enter><tag-pattern>~s second<enter><tag-prefix><save-message>=Archive<enter>"
        "<limit>=b Hello<enter><first-entry><limit>~A<enter><search>~s third<enter><flag-message><display-message><exit>"
        "<sync-mailbox><quit>",
    )
    assert "third" in said
    assert where.content(user) == {
        "INBOX": [("fourth", ()), ("third", ("\\Flagged", "\\Seen"))],
        "Archive": [("second", ())],
    }
    where.put(user, "fifth")
    with where.login(user) as imap:
        imap.select()
        imap.store("2", "+FLAGS", r"(\Deleted)")
        imap.expunge()
    said = mutt(where, user, tmp_path, "<search>~s fifth<enter><set-flag>r<quit>")
    assert "fifth" in said
    assert where.content(user)["INBOX"] == [
        ("fifth", ("\\Answered", "\\Seen")),
        ("third", ("\\Flagged", "\\Seen")),
    ]


def test_curl(where: House, tmp_path: Path) -> None:
    user, curl = where.user(), need("curl")
    where.put(user, "for curl", "another")
    words = [curl, "-sS", "--cacert", where.authority, "-u", f"{user}:{PASSWORD}"]
    safe, plain = f"imaps://localhost:{where.imaps}", f"imap://localhost:{where.imap}"
    assert "INBOX" in run([*words, safe])
    for base in (safe, plain):
        whole = run([*words, "--ssl-reqd", f"{base}/INBOX;UID=1"])
        assert whole == letter("for curl").decode()
        assert run([*words, "--ssl-reqd", f"{base}/INBOX;MAILINDEX=2;SECTION=TEXT"]) == "Hello.\r\n"
    assert (
        run([*words, f"{safe}/INBOX;UID=1;SECTION=HEADER.FIELDS%20(SUBJECT)"]) == "Subject: for curl\r\n\r\n"
    )
    assert run([*words, f"{safe}/INBOX?SUBJECT%20another"]).strip() == "* SEARCH 2"
    (tmp_path / "letter").write_bytes(letter("appended") + b"x" * 5_000_000 + b"\r\n")
    run([*words, "-T", tmp_path / "letter", f"{safe}/Drafts"])
    assert where.content(user)["Drafts"] == [("appended", ("\\Seen",))]
    assert run([*words, f"{safe}/Drafts;UID=1"]).encode() == (tmp_path / "letter").read_bytes()
    for login in ("PLAIN", "LOGIN"):
        assert "INBOX" in run([*words, "--login-options", f"AUTH={login}", safe])
    assert "Archive" in run([*words, safe, "-X", 'LIST "" "Archive"'])
    run([curl, "-sS", "--cacert", where.authority, "-u", f"{user}:wrong", safe], code=67)


def test_fetchmail(where: House, tmp_path: Path) -> None:
    """From two mailboxes, with STARTTLS and with TLS from the start; what was fetched is deleted."""
    user = where.user()
    where.put(user, "one", "two")
    where.put(user, "three", mailbox="Archive")
    config, box = tmp_path / "fetchmailrc", tmp_path / "box"
    ways = {where.imap: "sslproto tls1.2+", where.imaps: "ssl"}
    for (port, way), folder in zip(ways.items(), ("INBOX", "Archive"), strict=True):
        config.write_text(
            f'poll localhost protocol imap port {port} user "{user}" password "{PASSWORD}" folder {folder}\n'
            f'  {way} sslcertck sslcertfile "{where.authority}" no keep mda "cat >> {box}"\n'
        )
        config.chmod(0o600)
        environment = home(tmp_path) | {"FETCHMAILHOME": str(tmp_path)}
        run([need("fetchmail"), "-f", config, "--nosyslog", "--nodetach"], env=environment)
    text = box.read_text()
    assert [subject for subject in ("one", "two", "three") if f"Subject: {subject}\n" not in text] == []
    assert where.content(user) == {}


def test_getmail(where: House, tmp_path: Path) -> None:
    """From every mailbox, twice: what was kept is not fetched again."""
    user, box = where.user(), tmp_path / "box"
    where.put(user, "one", "two")
    where.put(user, "three", mailbox="Archive")
    (tmp_path / "getmailrc").write_text(
        f"[retriever]\ntype = SimpleIMAPSSLRetriever\nserver = localhost\nport = {where.imaps}\n"
        f'username = {user}\npassword = {PASSWORD}\nmailboxes = ("INBOX", "Archive")\n'
        f"ca_certs = {where.authority}\n[destination]\ntype = MDA_external\npath = /usr/bin/tee\n"
        f'arguments = ("-a", "{box}")\nallow_root_commands = true\n[options]\nread_all = false\n'
    )
    for _ in range(2):
        run([need("getmail"), f"--getmaildir={tmp_path}", "--rcfile=getmailrc"], env=home(tmp_path))
    text = box.read_text()
    assert [text.count(f"\nSubject: {subject}\n") for subject in ("one", "two", "three")] == [1, 1, 1]
    assert sorted(map(len, where.content(user).values())) == [1, 2]


# Libraries -------------------------------------------------------------------------------------------------------


def test_imaplib(where: House) -> None:
    """The standard library's client through every command that it knows and people use."""
    user = where.user()
    imap = imaplib.IMAP4("localhost", where.imap, timeout=20)
    assert imap.starttls(where.context())[0] == "OK"
    with pytest.raises(imaplib.IMAP4.error):
        imap.login(user, "wrong")
    credentials = f"\0{user}\0{PASSWORD}".encode()
    assert imap.authenticate("PLAIN", lambda _: credentials)[0] == "OK"
    assert imap.namespace()[0] == "OK"
    for name in ("a", "a/b", '"a/b c"', "&ZeVnLIqe-"):
        assert imap.create(name)[0] == "OK", name
    assert imap.create("a")[0] == "NO"
    assert imap.rename("a", "z")[0] == "OK"
    assert imap.subscribe("z/b")[0] == "OK"
    assert any(b"z/b" in row for row in imap.lsub()[1])
    names = {row.rpartition(b" ")[2].strip(b'"') for row in imap.list('""', '"z/%"')[1]}
    assert names == {b"z/b", b"c"}
    assert imap.append("z", r"(\Seen $Label1)", imaplib.Time2Internaldate(1e9), letter("ärger"))[0] == "OK"
    assert imap.append("z", "", "", letter("second"))[0] == "OK"
    words = imap.status("z", "(MESSAGES UNSEEN UIDNEXT)")[1][0].translate(None, b"()").split()[1:]
    assert dict(zip(words[::2], words[1::2], strict=True)) == {
        b"MESSAGES": b"2",
        b"UNSEEN": b"1",
        b"UIDNEXT": b"3",
    }
    assert imap.select("z") == ("OK", [b"2"])
    assert imap.response("UIDVALIDITY")[1][0].isdigit()
    assert b"$Label1" in imap.response("FLAGS")[1][0]
    _, rows = imap.fetch("1", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[TEXT])")
    assert imaplib.Internaldate2tuple(rows[0][0]) == time.localtime(1e9)
    assert rows[0][1] == b"Hello.\r\n"
    imap.literal = "ÄRGER".encode()
    assert imap.search("UTF-8", "SUBJECT") == ("OK", [b"1"])
    assert imap.sort("(REVERSE SUBJECT)", "UTF-8", "ALL") == ("OK", [b"2 1"])  # i;unicode-casemap
    assert imap.thread("REFERENCES", "UTF-8", "ALL") == ("OK", [b"(1)(2)"])
    assert imap.uid("COPY", "1:2", "INBOX")[0] == "OK"
    assert (
        imap.store("1", "FLAGS", r"(\Deleted)")[1][0].replace(rb" \Recent", b"") == rb"1 (FLAGS (\Deleted))"
    )
    assert imap.check()[0] == "OK"
    assert imap.expunge() == ("OK", [b"1"])
    assert imap.fetch("1", "(UID)")[1] == [b"1 (UID 2)"]
    assert imap.noop()[0] == "OK"
    assert imap.close()[0] == "OK"
    assert imap.delete("&ZeVnLIqe-")[0] == "OK"
    assert imap.unsubscribe("z/b")[0] == "OK"
    assert imap.select("nowhere")[0] == "NO"
    assert imap.logout()[0] == "BYE"
    assert where.content(user)["INBOX"] == [("second", ()), ("ärger", ("\\Seen",))]


@pytest.fixture
def client(where: House) -> Iterator[imapclient.IMAPClient]:
    user = where.user()
    with imapclient.IMAPClient("localhost", where.imaps, ssl_context=where.context(), timeout=20) as made:
        made.login(user, PASSWORD)
        made.user = user
        yield made


def test_imapclient_mailboxes(client: imapclient.IMAPClient) -> None:
    """Names in every script, special use, subscriptions, STATUS, and what the server says of itself."""
    names = {"日本語", "A & B", "Größe/Unter", '"quoted"', "a%b", "🦆"}
    for name in names - {"a%b"}:
        client.create_folder(name)
        client.subscribe_folder(name)
    listed = {name: flags for flags, _, name in client.list_folders()}
    assert names - {"a%b"} <= set(listed)
    assert {name for _, _, name in client.list_sub_folders()} >= names - {"a%b"}
    assert b"\\HasNoChildren" in listed["日本語"]
    assert client.find_special_folder(imapclient.imapclient.DRAFTS) == "Drafts"
    assert client.find_special_folder(imapclient.imapclient.TRASH)
    client.rename_folder("日本語", "新しい")
    assert client.folder_exists("新しい")
    assert not client.folder_exists("日本語")
    client.delete_folder("🦆")
    assert client.folder_status("新しい", ["MESSAGES", "UIDNEXT"]) == {b"MESSAGES": 0, b"UIDNEXT": 1}
    assert client.namespace().personal[0] == ("", "/")
    assert client.id_({"name": "test"})
    assert {b"IMAP4REV1", b"IDLE", b"UIDPLUS", b"MOVE", b"CONDSTORE", b"QRESYNC", b"SORT"} <= set(
        client.capabilities()
    )


def test_imapclient_letters(client: imapclient.IMAPClient) -> None:
    """UIDPLUS, MOVE, flags, search in Japanese, sort, thread, envelope and body structure, MULTIAPPEND, CONDSTORE."""
    subject = "会議の件"
    body = letter(subject).replace(b"\r\n\r\n", b'\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\n')
    said = client.append("INBOX", body.replace(b"Hello.", "打ち合わせ".encode()), flags=[b"\\Flagged"])
    assert said.startswith(b"[APPENDUID ")
    client.multiappend("INBOX", [letter("b"), {"msg": letter("a"), "flags": [b"\\Seen"]}])
    client.enable("CONDSTORE")
    opened = client.select_folder("INBOX")
    assert opened[b"EXISTS"] == 3
    assert opened[b"HIGHESTMODSEQ"] > 0
    assert client.search(["SUBJECT", "会議"], "UTF-8") == [1]
    assert client.search(["BODY", "打ち"], "UTF-8") == [1]
    assert client.search(["UNSEEN", "NOT", "FLAGGED"]) == [2]
    assert client.sort("SUBJECT", "UID 2:3") == [3, 2]
    assert client.thread("REFERENCES") == ((1,), (2,), (3,))
    found = client.fetch([1, 2, 3], ["ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE", "MODSEQ", "BODY.PEEK[1]"])
    assert found[2][b"ENVELOPE"].subject == b"b"
    assert found[2][b"ENVELOPE"].from_[0].mailbox == b"tom"
    assert found[1][b"BODYSTRUCTURE"][:3] == (b"text", b"plain", (b"charset", b"utf-8"))
    assert found[3][b"RFC822.SIZE"] == len(letter("a"))
    assert found[3][b"BODY[1]"] == b"Hello.\r\n"
    flags = client.add_flags(2, [b"$Forwarded", b"Work"])[2]
    assert set(flags) - {b"\\Recent"} == {b"$Forwarded", b"Work"}
    assert client.get_flags([2])[2] == flags
    before = found[3][b"MODSEQ"][0]
    assert set(client.fetch([1, 2, 3], ["FLAGS", "MODSEQ"], modifiers=[f"CHANGEDSINCE {before}"])) == {2}
    client.copy([1], "Archive")
    client.move([2], "Trash")
    assert client.search() == [1, 3]
    client.delete_messages([1])
    client.uid_expunge([1])
    assert client.search() == [3]
    client.unselect_folder()
    for name in ("Archive", "Trash"):
        assert client.folder_status(name, ["MESSAGES"]) == {b"MESSAGES": 1}


def test_imapclient_waits(where: House, client: imapclient.IMAPClient) -> None:
    """IDLE tells of a letter, of flags and of an expunge by another session."""
    user = client.user
    where.put(user, "there before")
    client.select_folder("INBOX")
    client.idle()
    where.put(user, "new")
    assert (2, b"EXISTS") in heard(client, 2)
    with where.login(user) as imap:
        imap.select()
        imap.store("1", "+FLAGS", r"(\Flagged \Deleted)")
        said = heard(client, b"FETCH")
        assert any(word[1] == b"FETCH" and b"\\Flagged" in word[2][1] for word in said if len(word) > 2), said
        imap.expunge()
        assert (1, b"EXPUNGE") in heard(client, b"EXPUNGE")
    client.idle_done()
    assert client.search() == [2]


def heard(client: imapclient.IMAPClient, wanted: object) -> list[tuple[object, ...]]:
    """What a client in IDLE is told, until a wanted word is among it."""
    said: list[tuple[object, ...]] = []
    end = time.monotonic() + 5
    while not any(wanted in line for line in said):
        assert time.monotonic() < end, said
        said += client.idle_check(timeout=1)
    return said

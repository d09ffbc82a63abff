"""Maildir, mbox, tar and zip: what goes out comes back, and what other programs wrote is understood."""

import gzip
import io
import mailbox as stdlib
import os
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carried import Given, Taken, label, list_archive, taken
from hawknest.post.carry import maildir, mbox, names, notes
from hawknest.post.carry.archives import open_tree
from hawknest.post.carry.box import open_box
from hawknest.post.carry.letter import Letter, carry, flowing
from hawknest.post.carry.lines import Digest, Lossless, ToFile, ToWire
from hawknest.post.carry.reading import OneMailbox, Reading
from hawknest.post.carry.tree import TreeError
from hawknest.post.carry.writing import MaildirWriter, MboxWriter
from hawknest.store.letters import Flag
from hawknest.store.mailboxes import proper

LETTER = b"From: a@example.org\r\nSubject: x\r\n\r\nbody\r\n"

#: Octets in which what matters to an mbox is frequent.
lines = st.lists(
    st.sampled_from(
        [
            b"",
            b"text",
            b"From ",
            b"From mia@example.org Tue Nov 24 09:00:00 2026",
            b">From x",
            b">>From x",
            b"Status: RO",
            b"status : x",
            b"X-Keywords: $Forwarded",
            b"Content-Length: 3",
            b"X-IMAP: 1 2",
            b"X-Mozilla-Status: 0008",
            b"Subject: hello",
            b" folded",
            b"\r",
            b"\xff\x00",
        ]
    ),
    max_size=12,
)
octets = st.one_of(
    st.builds(lambda found: b"".join(line + b"\r\n" for line in found), lines),
    st.builds(b"\r\n".join, lines),
    st.builds(b"\n".join, lines),
    st.binary(max_size=200),
)
cuts = st.integers(1, 40)


def digest(letter, cut=1 << 20):
    seen = Digest()
    for at in range(0, len(letter), cut):
        seen.see(letter[at : at + cut])
    return seen.value()


@given(octets, cuts)
def test_line_ends_do_not_depend_on_cuts(letter, cut):
    blocks = [letter[at : at + cut] for at in range(0, len(letter), cut)]
    wire, whole = ToWire(), ToWire()
    assert b"".join(map(wire.write, blocks)) == whole.write(letter)
    lean = ToFile()
    assert b"".join(map(lean.write, blocks)) + lean.end() == letter.replace(b"\r\n", b"\n")
    assert digest(letter, cut) == digest(letter)


@given(octets, cuts)
def test_the_form_of_files_is_undone_where_it_is_lossless(letter, cut):
    seen = Lossless()
    for at in range(0, len(letter), cut):
        seen.see(letter[at : at + cut])
    if seen.so_far:
        assert ToWire().write(letter.replace(b"\r\n", b"\n")) == letter
        assert seen.ends == letter.count(b"\r\n")


def test_letters_in_the_form_of_files_get_the_line_ends_of_the_wire():
    assert ToWire().write(b"A: b\n\nc\n") == b"A: b\r\n\r\nc\r\n"
    assert ToWire().write(b"A: b\r\n\nc\n") == b"A: b\r\n\nc\n"  # a broken letter stays as it is
    assert digest(b"a\r\n\r\nb\r\n") == digest(b"a\n\nb\n") == digest(b"a\n\nb") != digest(b"a\n\nb\n\n")


@pytest.mark.parametrize("ending", ["", ".tar", ".tgz", ".zip"])
@pytest.mark.parametrize("writer", [MaildirWriter, MboxWriter])
async def test_what_goes_out_comes_back(tmp_path, writer, ending):
    given_ = Given(
        (label(key="7.1", flags=Flag.SEEN | Flag.FLAGGED, keywords=("$Forwarded", "Work")), LETTER),
        (label(key="7.2"), b"X: y\r\n\r\n>From me\r\nFrom you\r\nFrom me at 09:00 in 2026\r\n"),
        (label("Archive/2003", key="8.1", flags=Flag.ANSWERED), b"Content-Length: 1\r\n\r\nFrom us\r\n\r\n"),
        (label("Ärger/a.b", key="9.4294967295", flags=Flag.DELETED | Flag.DRAFT), b""),
        (label("日本語", key="10.1"), b"only a header: 1\r\n"),
        cut=5,
    )
    path = tmp_path / f"out{ending}"
    await carry(given_, writer(open_box(path, "mia@example.org")), lambda _: None)
    back = await taken(Reading(open_tree(path)))
    assert sorted(map(seen_as, back.all)) == sorted(map(seen_as, given_.all))


def seen_as(carried):
    its, octets = carried
    return its.mailbox, its.flags, its.keywords, its.at // 2, octets.removesuffix(b"\r\n")


@given(st.lists(octets.filter(lambda letter: not letter.endswith(b"\r")), min_size=1, max_size=4), cuts)
def test_any_letter_survives_an_mbox(letters, cut):
    import asyncio
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "out"
        source = Given(*((label(key=f"1.{n}"), letter) for n, letter in enumerate(letters)), cut=cut)
        asyncio.run(carry(source, MboxWriter(open_box(path, "x")), lambda _: None))
        back = asyncio.run(taken(Reading(open_tree(path)))).all
    assert [digest(letter) for _, letter in back] == [digest(letter) for letter in letters]
    for (_, was), letter in zip(back, letters, strict=True):
        if letter.count(b"\n") == letter.count(b"\r\n") and letter.endswith(b"\n"):
            assert was == letter


async def test_the_archive_of_a_list(tmp_path):
    """3,237 real letters (three more lines begin like postmarks): mbox -> Maildir -> tar -> mbox, every octet."""
    first = await taken(OneMailbox(open_tree(list_archive(tmp_path))))
    assert len(first.all) == 3237
    assert first.all[0][1].startswith(b"Received: with ECARTIS")
    assert not any(b"\nX-UID:" in octets.partition(b"\r\n\r\n")[0] for _, octets in first.all)
    keyed = Given(
        *(
            (label(key=f"1.{n}", at=its.at, flags=its.flags), octets)
            for n, (its, octets) in enumerate(first.all)
        )
    )
    await carry(keyed, MaildirWriter(open_box(tmp_path / "dir", "x")), lambda _: None)
    stored = stdlib.Maildir(tmp_path / "dir", create=False)
    assert len(stored) == 3237
    second = Reading(open_tree(tmp_path / "dir"))
    await carry(second, MboxWriter(open_box(tmp_path / "b.tar.xz", "x")), lambda _: None)
    third = await taken(Reading(open_tree(tmp_path / "b.tar.xz")))
    assert sorted(octets for _, octets in third.all) == sorted(octets for _, octets in first.all)


async def test_a_maildir_of_another_program(tmp_path):
    box = stdlib.Maildir(tmp_path / "Maildir")
    message = stdlib.MaildirMessage(b"Subject: one\n\nbody\n")
    message.set_subdir("cur")
    message.set_flags("FRS")
    box.add(message)
    box.add(b"Subject: new\n\nbody\n")
    box.add_folder("Sent.2003").add(b"Subject: two\n\n")
    box.add_folder("&ZeVnLIqe-").add(b"Subject: three\n\n")
    (tmp_path / "Maildir" / "tmp" / "half").write_bytes(b"Subject: not yet")
    (tmp_path / "Maildir" / "cur" / "1000000000.x:2,Sab").write_bytes(b"Subject: old\n\n")
    (tmp_path / "Maildir" / "dovecot-keywords").write_bytes(b"0 $Label1\n1 Work\n2 (bad\n")
    (tmp_path / "Maildir" / ".Sent.2003" / "secret").symlink_to("/etc/passwd")
    found = await taken(Reading(open_tree(tmp_path / "Maildir")))
    assert found.by_mailbox() == {
        "INBOX": [
            b"Subject: old\r\n\r\n",
            b"Subject: one\r\n\r\nbody\r\n",
            b"Subject: new\r\n\r\nbody\r\n",
        ],
        "Sent/2003": [b"Subject: two\r\n\r\n"],
        "日本語": [b"Subject: three\r\n\r\n"],
    }
    flags = {octets: (its.flags, its.keywords) for its, octets in found.all}
    assert flags[b"Subject: old\r\n\r\n"] == (Flag.SEEN, ("$Label1", "Work"))
    assert flags[b"Subject: one\r\n\r\nbody\r\n"] == (Flag.FLAGGED | Flag.ANSWERED | Flag.SEEN, ())
    assert flags[b"Subject: new\r\n\r\nbody\r\n"] == (Flag(0), ())


async def test_mboxes_of_other_programs(tmp_path):
    folders = tmp_path / "Local Folders"
    (folders / "Inbox.sbd").mkdir(parents=True)
    (folders / "Inbox").write_bytes(
        b"From - Tue Nov 24 09:00:00 2026\r\nX-Mozilla-Status: 0005\r\nX-Mozilla-Status2: 00000000\r\n"
        b"X-Mozilla-Keys: $label1 work                \r\nSubject: one\r\n\r\nbody\r\nFrom where\r\n\r\n"
        b"From - Tue Nov 24 09:00:01 2026\r\nX-Mozilla-Status: 0009\r\nSubject: gone\r\n\r\nbody\r\n\r\n"
    )
    (folders / "Inbox.msf").write_bytes(b"// <!-- <mdb:mork:z v='1.4'/> -->")
    (folders / "Inbox.sbd" / "Old").write_bytes(
        b"From x Tue Nov 24 09:00:00 +0900 2026\nStatus: RO\nX-Status: A\nContent-Length: 32\nSubject: two\n\n"
        b"\nFrom me Mon Jan  1 00:00 2001\n\n\n"
        b"From MAILER-DAEMON Mon Jan  1 00:00:00 2001\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
        b"X-IMAP: 1 2\n\nThis text is part of the internal format\n\n"
    )
    (folders / "single.EML").write_bytes(b"Subject: three\r\n\r\n")
    reading = Reading(open_tree(folders))
    found = await taken(reading)
    assert found.by_mailbox() == {
        "Inbox": [b"Subject: one\r\n\r\nbody\r\nFrom where\r\n"],
        "INBOX": [b"Subject: three\r\n\r\n"],
        "Inbox/Old": [b"Subject: two\r\n\r\n\r\nFrom me Mon Jan  1 00:00 2001\r\n\r\n"],
    }
    assert found.all[0][0].keywords == ("$label1", "work")
    assert found.all[0][0].flags == Flag.SEEN | Flag.FLAGGED
    old = next(its for its, _ in found.all if its.mailbox == "Inbox/Old")
    assert (old.flags, old.at) == (Flag.SEEN | Flag.ANSWERED, 1795478400.0)
    assert reading.passed_over == 1


@pytest.mark.parametrize("quoted", [b"From ", b">From ", b">>>From "])
def test_a_quoted_line_loses_one_mark(quoted):
    text = b"From x Tue Nov 24 09:00:00 2026\n\n\n>" + quoted + b"there\n\n"
    ((_, blocks),) = [(head, b"".join(its)) for head, its in mbox.Reader(io.BytesIO(text)).letters()]
    assert blocks == b"\n\n" + quoted + b"there\n"


def test_an_mbox_may_be_packed_and_its_letters_left_unread(tmp_path):
    text = b"".join(
        b"From x Tue Nov 24 09:00:00 2026\nS: %d\n\n%b\n\n" % (n, b"y" * 300_000) for n in range(3)
    )
    path = tmp_path / "a.mbox.gz"
    path.write_bytes(gzip.compress(text))
    (entry,) = open_tree(path).entries()
    with entry.open() as file:
        assert len(list(mbox.Reader(file).letters())) == 3


async def test_an_archive_cannot_lead_out_of_itself(tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../etc/x.eml", b"Subject: a\n\n")
        archive.writestr("/abs/y.eml", b"Subject: b\n\n")
        archive.writestr("a/..\\..\\z%*\x01.sbd/m.eml", b"Subject: c\n\n")
    found = await taken(Reading(open_tree(path)))
    assert found.by_mailbox() == {
        "etc": [b"Subject: a\r\n\r\n"],
        "abs": [b"Subject: b\r\n\r\n"],
        "a/z___": [b"Subject: c\r\n\r\n"],
    }
    links = tmp_path / "links.tar"
    with tarfile.open(links, "w") as archive:
        link = tarfile.TarInfo("M/cur/1")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert (await taken(Reading(open_tree(links)))).all == []


async def test_broken_archives_say_so(tmp_path):
    whole = tmp_path / "a.tgz"
    letters = Given(*((label(key=f"1.{n}"), os.urandom(50_000)) for n in range(9)))
    await carry(letters, MaildirWriter(open_box(whole, "x")), lambda _: None)
    broken = tmp_path / "b.tgz"
    broken.write_bytes(whole.read_bytes()[:-100_000])
    with pytest.raises((TreeError, OSError)):
        await taken(Reading(open_tree(broken)))
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(TreeError):
        open_tree(tmp_path / "c.zip")
    assert not list(tmp_path.glob("*.partial"))
    with pytest.raises(FileExistsError):
        open_box(whole, "x")


async def test_a_maildir_is_brought_up_to_date(tmp_path):
    path = tmp_path / "out"
    one, two = label(key="7.1"), label(key="7.2")
    await carry(Given((one, LETTER), (two, LETTER)), MaildirWriter(open_box(path, "x")), lambda _: None)
    read = label(key="7.1", flags=Flag.SEEN)
    passed = []
    source = Given((read, LETTER), (two, LETTER), (label(key="7.3"), LETTER))
    await carry(source, MaildirWriter(open_box(path, "x")), passed.append)
    assert [its.key for its in passed] == ["7.3"]
    assert sorted(file.name.partition("V")[2] for file in (path / "cur").iterdir()) == [
        f"7U{uid}.hawknest,S=37:2,{flags}" for uid, flags in ((1, "S"), (2, ""), (3, ""))
    ]


async def test_a_sink_may_leave_a_letter_unread(tmp_path):
    class Lazy(Taken):
        async def take(self, letter: Letter) -> None:
            self.all.append((letter.label, b""))

    path = tmp_path / "x.mbox"
    path.write_bytes(b"From x Tue Nov 24 09:00:00 2026\nS: 1\n\nfirst\n\n" * 4)
    sink = Lazy()
    await carry(OneMailbox(open_tree(path)), sink, lambda _: None)
    assert len(sink.all) == 4


@given(st.lists(st.text(max_size=300), max_size=40))
def test_a_name_of_anything_is_a_name(levels):
    name = names.mailbox(levels)
    assert proper(name) in {name, name.replace(name[:5], "INBOX", 1)}
    folder = names.to_folder(proper(name))
    assert len(folder) > 190 or names.from_folder([folder] if folder else []) == proper(name)
    assert all(len(word.encode()) < 255 and word not in {"", ".", ".."} for word in names.to_files(name))


@pytest.mark.parametrize(
    ("name", "into", "place"),
    [
        ("INBOX", "", "INBOX"),
        ("inbox", "Old", "Old"),
        ("Sent", "Old", "Old/Sent"),
        ("../../etc", "", "__/__/etc"),
        ("a//b/", "", "a/b"),
        ("", "", "INBOX"),
    ],
)
def test_where_letters_go(name, into, place):
    assert names.placed(name, into) == place


@given(st.binary(max_size=60))
def test_notes_never_raise(line):
    notes.read([line], lambda _: True)
    notes.postmark_time(b"From " + line)
    maildir.listed(line)
    maildir.flags(line.decode("latin-1"), {"a": "Work"})


def test_a_postmark_keeps_its_time():
    assert notes.postmark_time(notes.postmark(1795478400.0)) == 1795478400.0
    assert mbox.is_mbox(notes.postmark(0.0))
    assert not mbox.is_mbox(b"From: mia@example.org\n")


async def test_blocks_flow():
    assert [block async for block in flowing([b"a", b"b"])] == [b"a", b"b"]

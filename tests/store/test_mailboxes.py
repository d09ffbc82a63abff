"""Mailboxes, flags, and what is told to those who follow them, on both engines."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_letters import ACCOUNT, DOMAIN

from hawknest.store import (
    Connection,
    StoreError,
    changes,
    derived,
    expunge,
    flags,
    following,
    letters,
    mailboxes,
    places,
)
from hawknest.store.blobs import Content
from hawknest.store.derived import Derived
from hawknest.store.flags import Change, Mode, TooManyKeywords
from hawknest.store.letters import Filing, Flag, OverQuota
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import BadName, HasChildren, KeptMailbox, MailboxExists, NoSuchMailbox

NOW = 1_800_000_000.0


@pytest.fixture
def ann(connection: Connection) -> int:
    (domain,) = connection.one(DOMAIN) or (0,)
    (account,) = connection.one(ACCOUNT, domain=domain) or (0,)
    mailboxes.furnish(connection, account, NOW)
    return account


def fill(connection: Connection, mailbox: Mailbox, count: int) -> list[letters.Filed]:
    texts = [b"letter %d" % number for number in range(count)]
    blobs = letters.keep(connection, [(Content(len(text), text), 1) for text in texts])
    filings = [
        Filing(mailbox.account_id, blob, len(text), "", NOW, mailbox_id=mailbox.id)
        for blob, text in zip(blobs, texts, strict=True)
    ]
    return letters.file(connection, filings)


def names(connection: Connection, account: int) -> list[str]:
    return [mailbox.name for mailbox in mailboxes.listing(connection, account)]


def test_a_new_account_has_its_mailboxes(connection: Connection, ann: int) -> None:
    found = mailboxes.listing(connection, ann)
    assert {box.name: box.role for box in found} == dict(mailboxes.FIRST)
    assert sorted(mailboxes.subscribed(connection, ann)) == sorted(box.name for box in found)
    assert len({box.uidvalidity for box in found}) == len(found)
    assert mailboxes.find(connection, ann, "iNbOx").uidvalidity == int(NOW)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "/",
            "a//b",
            "/a",
            "a/",
            "..",
            "../../etc/passwd",
            "a/../b",
            "a/.",
            "nul\0",
            "a\nb",
            "a%",
            "a*b",
        ),
        *("\x7f1", "x" * 501, "/".join("x" * 31), "\ud800", "a\u2028b"),
    ],
)
def test_names_that_cannot_be(connection: Connection, ann: int, name: str) -> None:
    before = names(connection, ann)
    for attempt in (
        lambda: mailboxes.create(connection, ann, name, NOW),
        lambda: mailboxes.rename(connection, ann, "Sent", name, NOW),
        lambda: mailboxes.subscribe(connection, ann, name),
    ):
        with pytest.raises(BadName):
            attempt()
    assert names(connection, ann) == before


def test_names_in_any_script(connection: Connection, ann: int) -> None:
    made = mailboxes.create(connection, ann, "仕事/プロジェクト ガ", NOW)
    assert (
        mailboxes.find(connection, ann, "仕事/プロジェクト カ\u3099").id == made.id
    )  # one name, composed or not
    assert "仕事" in names(connection, ann)
    assert mailboxes.create(connection, ann, "inbox/sub", NOW).name == "INBOX/sub"
    with pytest.raises(MailboxExists):
        mailboxes.create(connection, ann, "Inbox", NOW)


def test_uidvalidity_is_never_given_twice(connection: Connection, ann: int) -> None:
    seen = {(box.name, box.uidvalidity) for box in mailboxes.listing(connection, ann)}
    for at in (NOW, NOW - 1000, 0.0, NOW + 5):
        box = mailboxes.create(connection, ann, "again", at)
        assert (box.name, box.uidvalidity) not in seen
        seen.add((box.name, box.uidvalidity))
        assert mailboxes.empty(connection, mailboxes.delete(connection, ann, "again")) is None
    box = mailboxes.create(connection, ann, "other", NOW)
    mailboxes.rename(connection, ann, "other", "again", NOW)
    assert ("again", box.uidvalidity) not in seen


def test_rename_keeps_children_uids_and_subscriptions(connection: Connection, ann: int) -> None:
    top = mailboxes.create(connection, ann, "a", NOW)
    child = mailboxes.create(connection, ann, "a/b/c", NOW)
    mailboxes.create(connection, ann, "ab", NOW)
    mailboxes.subscribe(connection, ann, "a/b")
    fill(connection, child, 3)
    renamed = mailboxes.rename(connection, ann, "a", "x/y", NOW)
    assert renamed == [("a", "x/y"), ("a/b", "x/y/b"), ("a/b/c", "x/y/b/c")]
    following.follow(connection, ann, renamed, "")
    moved = mailboxes.find(connection, ann, "x/y/b/c")
    assert (moved.id, moved.uidvalidity, moved.uidnext) == (child.id, child.uidvalidity, 4)
    assert mailboxes.find(connection, ann, "x/y").id == top.id
    assert "ab" in names(connection, ann)
    assert "x/y/b" in mailboxes.subscribed(connection, ann)
    assert "a/b" not in mailboxes.subscribed(connection, ann)
    for name, to, error in [
        ("nothing", "z", NoSuchMailbox),
        ("ab", "Sent", MailboxExists),
        ("x", "x/z", KeptMailbox),
        ("x", "w" * 499, BadName),
    ]:
        with pytest.raises(error):
            mailboxes.rename(connection, ann, name, to, NOW)


def test_renaming_inbox_moves_its_letters(connection: Connection, ann: int) -> None:
    inbox = mailboxes.find(connection, ann, "INBOX")
    mailboxes.create(connection, ann, "INBOX/child", NOW)
    fill(connection, inbox, 3)
    mailboxes.rename(connection, ann, "inbox", "old", NOW)
    old = mailboxes.find(connection, ann, "old")
    assert [row[0] for row in changes.since(connection, old.id, 1, 0).new] == [1, 2, 3]
    assert changes.since(connection, inbox.id, 1, 0).new == []
    assert mailboxes.find(connection, ann, "INBOX").uidnext == 4
    assert "INBOX/child" in names(connection, ann)


def test_deleting_a_mailbox(connection: Connection, ann: int) -> None:
    box = mailboxes.create(connection, ann, "a/b", NOW)
    fill(connection, box, mailboxes.PORTION + 1)
    with pytest.raises(HasChildren):
        mailboxes.delete(connection, ann, "a")
    with pytest.raises(KeptMailbox):
        mailboxes.delete(connection, ann, "inbox")
    gone = mailboxes.delete(connection, ann, "a/b")
    assert "a/b" not in names(connection, ann)
    with pytest.raises(NoSuchMailbox):
        mailboxes.get(connection, box.id)
    fresh = mailboxes.create(connection, ann, "a/b", NOW)  # its name is free at once
    assert [one.id for one in mailboxes.condemned(connection)] == [box.id]
    assert mailboxes.empty(connection, gone) == []
    assert mailboxes.empty(connection, gone) == []
    assert mailboxes.empty(connection, gone) is None
    assert mailboxes.condemned(connection) == []
    assert letters.octets(connection, ann) == 0
    assert mailboxes.find(connection, ann, "a/b").id == fresh.id


def test_one_mailbox_has_a_role(connection: Connection, ann: int) -> None:
    with pytest.raises(mailboxes.MailboxError):
        mailboxes.create(connection, ann, "Deleted", NOW, "trash")
    mailboxes.delete(connection, ann, "Trash")
    with pytest.raises(mailboxes.MailboxError):  # it is not empty yet
        mailboxes.create(connection, ann, "Deleted", NOW, "trash")
    mailboxes.empty(connection, mailboxes.condemned(connection)[0])
    assert mailboxes.create(connection, ann, "Deleted", NOW, "trash").role == "trash"


def test_flags_and_modseqs(connection: Connection, ann: int) -> None:
    box = mailboxes.create(connection, ann, "a", NOW)
    last = fill(connection, box, 5)[-1].modseq
    what = Change(Mode.ADD, Flag.SEEN, ("$Forwarded", "Blue"))
    done = flags.change(connection, ann, box.id, [(2, 3), (5, 99)], what)
    assert (done.modseq, done.refused) == (last + 1, [])
    delta = changes.since(connection, box.id, 6, last)
    assert [row[:4] for row in delta.changed] == [(uid, 1, "$Forwarded Blue", last + 1) for uid in (2, 3, 5)]
    assert delta.mailbox.modseq == last + 1
    again = flags.change(connection, ann, box.id, [(2, 2)], Change(Mode.ADD, Flag.SEEN, ("blue",)))
    assert again.modseq == 0  # nothing is changed by it
    less = Change(Mode.REMOVE, Flag.SEEN, ("$FORWARDED",), unchanged_since=last)
    done = flags.change(connection, ann, box.id, [(1, 99)], less)
    assert (done.modseq, done.refused) == (0, [2, 3, 5])
    flags.change(connection, ann, box.id, [(3, 3)], Change(Mode.SET, Flag.DRAFT | Flag.DELETED, ()))
    (row,) = [row for row in changes.since(connection, box.id, 6, last).changed if row[0] == 3]
    assert row[1:3] == (Flag.DRAFT | Flag.DELETED, "")
    bits = Change(Mode.ADD, Flag.DELETED | Flag.SEEN)
    assert flags.change(connection, ann, box.id, [(1, 2), (4, 4)], bits).modseq
    assert flags.change(connection, ann, box.id, [(1, 2), (4, 4)], bits).modseq == 0
    assert flags.change(connection, ann, box.id, [(1, 5)], Change(Mode.REMOVE, Flag.SEEN)).modseq
    rows = changes.since(connection, box.id, 1, 0).new
    assert [row[1] for row in rows] == [
        Flag.DELETED,
        Flag.DELETED,
        Flag.DRAFT | Flag.DELETED,
        Flag.DELETED,
        0,
    ]
    many = Change(Mode.ADD, 0, tuple(f"k{number}" for number in range(101)))
    with pytest.raises(TooManyKeywords):
        flags.change(connection, ann, box.id, [(1, 1)], many)


def test_following_a_mailbox(connection: Connection, ann: int) -> None:
    connection.touched.clear()
    box, other = (mailboxes.create(connection, ann, name, NOW) for name in ("a", "b"))
    assert changes.since(connection, box.id, 1, 0).new == []
    fill(connection, box, 4)
    seen = changes.since(connection, box.id, 1, 0).mailbox
    assert changes.since(connection, box.id, seen.uidnext, seen.modseq).new == ()
    expunge.remove(connection, ann, box.id, [2, 77])
    pairs = places.move(connection, ann, box.id, [(3, 3), (9, 9)], other.id, at=NOW)
    assert pairs == [(3, 1)]
    copied = places.copy(connection, box.id, [(4, 9)], mailboxes.get(connection, box.id), quota=0, at=NOW)
    assert copied == [(4, 5)]
    delta = changes.since(connection, box.id, seen.uidnext, seen.modseq)
    assert ([row[0] for row in delta.new], delta.changed, delta.gone) == ([5], [], [2, 3])
    assert set(connection.touched) == {box.id, other.id, -ann}
    assert connection.touched[box.id] == delta.mailbox.modseq
    moved = changes.since(connection, other.id, 1, 0).new[0]
    assert moved[6] == NOW
    assert moved[3] > seen.modseq  # what was moved is new where it is now
    assert places.move(connection, ann, box.id, [(50, 60)], other.id) == []


def test_copies_share_the_octets_and_count_for_the_quota(connection: Connection, ann: int) -> None:
    box = mailboxes.create(connection, ann, "a", NOW)
    fill(connection, box, 2)
    octets = letters.octets(connection, ann)
    with pytest.raises(OverQuota), connection.savepoint():
        places.copy(connection, box.id, [(1, 2)], box, quota=octets * 2 - 1, at=NOW)
    assert places.copy(connection, box.id, [(1, 2)], box, quota=octets * 2, at=NOW) == [(1, 3), (2, 4)]
    assert letters.octets(connection, ann) == octets * 2
    expunge.remove(connection, ann, box.id, [1, 2])
    (row, _) = changes.since(connection, box.id, 1, 0).new
    content = letters.read(connection, row[7])
    assert content
    assert content.data == b"letter 0"


def test_what_is_derived_goes_with_its_blob(connection: Connection, ann: int) -> None:
    box = mailboxes.create(connection, ann, "a", NOW)
    fill(connection, box, 40)
    blobs = [blob for blob, _, _ in derived.missing(connection, 1, 0, 100)]
    assert len(blobs) == 40
    found = {blob: Derived(b"E", b"S", b"P", "words") for blob in [*blobs[:35], 999_999]}
    derived.put(connection, 1, found)
    assert [blob for blob, _, _ in derived.missing(connection, 1, 0, 100)] == blobs[35:]
    assert set(derived.of(connection, 1, blobs)) == set(blobs[:35])
    assert derived.of(connection, 2, blobs) == {}
    derived.put(connection, 2, {blobs[0]: Derived(b"2", b"", b"", "")})
    assert derived.of(connection, 2, blobs)[blobs[0]].envelope == b"2"
    expunge.remove(connection, ann, box.id, range(1, 41))
    assert derived.of(connection, 1, blobs) == {}


@given(
    st.text("aAbB$", max_size=6).map(lambda text: " ".join(sorted(set(text)))),
    st.lists(st.sampled_from("aAbBcC")),
)
def test_keywords_are_one_whatever_their_case(keywords: str, more: list[str]) -> None:
    for mode, limit in itertools.product(Mode, (None,)):
        _, text = Change(mode, 0, tuple(more), limit).of(0, keywords)
        lower = [keyword.lower() for keyword in text.split()]
        if mode is not Mode.REMOVE:
            assert {word.lower() for word in more} <= set(lower)
            assert mode is Mode.ADD or len(lower) == len({word.lower() for word in more})
        else:
            assert not {word.lower() for word in more} & set(lower)


def test_a_vanished_account(connection: Connection) -> None:
    with pytest.raises(StoreError):
        mailboxes.create(connection, 999, "a", NOW)

"""Snapshots: an image comes back as it was, a broken one does not come back, and what changed since is added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.doors.imap import images, snapshot
from hawknest.doors.imap.image import Image
from hawknest.store import Connection, changes, expunge, flags, letters, mailboxes, snapshots
from hawknest.store.blobs import Content
from hawknest.store.changes import Delta
from hawknest.store.flags import Change, Mode
from hawknest.store.letters import Filing, Flag
from hawknest.store.mailbox import Mailbox
from hawknest.store.snapshots import Snapshot

BOX = Mailbox(1, 1, "INBOX", "inbox", 7, 1000, 500)
COLUMNS = ("uids", "flags", "modseqs", "sizes", "received", "blobs", "emails", "keywords", "saved")

LETTERS = st.lists(
    st.tuples(
        st.integers(0, 31),
        st.sampled_from(["", "red", "$Junk blue", "青"]),
        st.integers(1, 500),
        st.integers(0, 1 << 40),
        st.floats(0, 4e9),
        st.none() | st.floats(0, 4e9),
    ),
    max_size=20,
)


def image_of(rows: list[tuple[int, str, int, int, float, float | None]]) -> Image:
    new = [(3 * nth, *row, 10 + nth, 1 << 33 | nth) for nth, row in enumerate(rows, 1)]
    return Image(Delta(BOX, new, (), ()))


def same(one: Image, other: Image) -> None:
    for column in COLUMNS:
        assert getattr(one, column) == getattr(other, column), column


@given(LETTERS)
def test_an_image_comes_back(rows: list[tuple[int, str, int, int, float, float | None]]) -> None:
    image = image_of(rows)
    back = snapshot.unpacked(snapshot.packed(image), BOX)
    assert back is not None
    same(back, image)
    back.uids.append(99)  # nothing is frozen
    back.flags.append(1)


@given(LETTERS, st.data())
def test_a_broken_snapshot_is_none(
    rows: list[tuple[int, str, int, int, float, float | None]], data: st.DataObject
) -> None:
    octets = bytearray(snapshot.packed(image_of(rows)))
    at = data.draw(st.integers(0, len(octets) - 1))
    if data.draw(st.booleans()):
        del octets[at:]
    else:
        octets[at] ^= data.draw(st.integers(1, 255))
    assert snapshot.unpacked(bytes(octets), BOX) is None


@pytest.fixture
def box(connection: Connection) -> Mailbox:
    now = 1_800_000_000.0
    domain = domains.add(connection, "example.org", now)
    ann = users.add(connection, User(address=f"ann@{domain.name}"), None, now)
    return mailboxes.ensure(connection, ann.id, "Box", now)


def file(connection: Connection, box: Mailbox, count: int) -> None:
    blobs = letters.keep(connection, [(Content(6, b"letter"), 1)] * count)
    rows = [Filing(box.account_id, blob, 6, "", 9.0, flags=Flag.SEEN, mailbox_id=box.id) for blob in blobs]
    letters.file(connection, rows)


def test_what_changed_since_is_added(
    connection: Connection, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "LONG", 2)
    one = Change(Mode.ADD, Flag.FLAGGED, ("blue",))
    other = Change(Mode.SET, Flag.DRAFT, ("red",))
    file(connection, box, 2)
    assert images._image(connection, box.id)[1] is None  # it took no time
    file(connection, box, 6)
    flags.change(connection, box.account_id, box.id, [(2, 3)], one)
    image, taken = images._image(connection, box.id)
    assert taken is not None
    snapshots.put(connection, box.id, snapshot.VERSION, taken)
    flags.change(connection, box.account_id, box.id, [(3, 4)], other)
    expunge.remove(connection, box.account_id, box.id, [1, 2, 8])
    file(connection, box, 1)
    added, _ = images._image(connection, box.id)
    loaded = Image(changes.since(connection, box.id, 1, 0))
    assert list(added.uids) == [3, 4, 5, 6, 7, 9]
    same(added, loaded)
    assert added.mailbox == loaded.mailbox
    assert list(added.changed_since(taken.modseq)) == [3, 4, 9]
    assert len(image) == 8


def test_the_newest_stays(connection: Connection, box: Mailbox) -> None:
    old, new = Snapshot(3, 5, b"old"), Snapshot(4, 6, b"new")
    for one in (old, new, old):
        snapshots.put(connection, box.id, 1, one)
    assert snapshots.get(connection, box.id, 1) == new
    assert snapshots.get(connection, box.id, 2) is None
    snapshots.put(connection, box.id, 2, old)  # written in another way
    assert (snapshots.get(connection, box.id, 1), snapshots.get(connection, box.id, 2)) == (None, old)
    snapshots.put(connection, 4711, 1, new)  # its mailbox is gone
    assert snapshots.get(connection, 4711, 1) is None
    mailboxes.delete(connection, box.account_id, box.name)

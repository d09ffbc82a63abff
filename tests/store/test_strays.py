"""Files without rows and rows without files, on both engines."""

import os

from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.store import checkup, letters, strays
from hawknest.store.blobs import Blobs, Content
from hawknest.store.letters import Filing
from hawknest.store.strays import DAY, Lost, Shelf
from stores import Nest

NOW = 2_000_000_000.0


def account(nest: Nest) -> int:
    nest.do(lambda c: domains.add(c, "example.org", NOW))
    return nest.do(lambda c: users.add(c, User(address="mia@example.org"), None, NOW)).id


async def large(blobs: Blobs, letter_id: str) -> Content:
    spool = blobs.spool(letter_id, 10)
    await spool.write(b"Subject: x\r\n\r\n" + letter_id.encode() * 10)
    return await spool.finish()


def filed(nest: Nest, account_id: int, content: Content, letter_id: str = "t") -> int:
    def job(connection):
        (blob,) = letters.keep(connection, [(content, 1)])
        letters.file(connection, [Filing(account_id, blob, content.size, letter_id, NOW)])
        return blob

    return nest.do(job)


def age(path, seconds):
    os.utime(path, (NOW - seconds, NOW - seconds))


async def test_only_old_files_of_our_own_that_no_row_names_are_put_aside(nest):
    blobs = Blobs(nest.directory)
    shelf = Shelf(nest.directory, blobs)
    mia = account(nest)
    kept, stray, fresh = [await large(blobs, name) for name in ("kept", "stray", "fresh")]
    filed(nest, mia, kept)
    alien = blobs.files / "ab" / "notes.txt"
    alien.parent.mkdir(exist_ok=True)
    alien.write_text("mine")
    (blobs.files / "readme").write_text("mine too")
    for path in (blobs.files / kept.place, blobs.files / stray.place, alien):
        age(path, 2 * DAY)
    age(blobs.files / fresh.place, DAY / 2)

    def look():
        (portion,) = strays.candidates(shelf, NOW - strays.UNTOUCHED)
        with nest.connection() as c:
            return {(s.place, s.ours) for s in strays.unnamed(c, portion)}, strays.sweep(
                c, shelf, portion, NOW
            )

    assert look() == ({(stray.place, True), ("ab/notes.txt", False), ("readme", False)}, 1)
    assert alien.exists()
    assert (blobs.files / fresh.place).exists()
    assert not (blobs.files / stray.place).exists()
    assert shelf.is_aside(stray.place)
    assert shelf.forget(NOW - 1) == 0
    shelf.put_back(stray.place)
    assert shelf.octets(stray.place) == stray.size
    shelf.put_aside(stray.place, NOW)
    assert shelf.forget(NOW + 1) == 1
    assert not shelf.is_aside(stray.place)


async def test_a_lost_file_is_found_marked_and_healed(nest):
    blobs = Blobs(nest.directory)
    shelf = Shelf(nest.directory, blobs)
    mia = account(nest)
    content = await large(blobs, "t")
    blob = filed(nest, mia, content)
    path = blobs.files / content.place
    octets = path.read_bytes()

    def lost():
        with nest.connection(readonly=True) as c:
            return strays.lost(c, shelf)

    assert lost() == []
    path.unlink()
    (one,) = lost()
    assert one == Lost(blob, content.place, content.size, -1)
    with nest.connection() as c:
        (copy,) = checkup.copies(c, blob)
    assert (copy.account, copy.mailbox, copy.letter) == ("mia@example.org", "INBOX", "t")
    nest.do(lambda c: strays.mark(c, one, NOW))
    assert lost() == []
    path.write_bytes(octets[:-3])
    (short,) = lost()  # another fault than the one that is known
    assert short.octets == content.size - 3
    nest.do(lambda c: strays.mark(c, short, NOW))
    assert lost() == []
    path.write_bytes(octets)
    with nest.connection() as c:
        assert strays.healed(c, shelf) == [content.place]
    nest.do(lambda c: strays.unmark(c, content.place))
    path.unlink()
    assert len(lost()) == 1


def test_leftovers_of_a_crash_are_counted_when_they_are_old(sqlite_nest):
    blobs = Blobs(sqlite_nest.directory)
    shelf = Shelf(sqlite_nest.directory, blobs)
    (blobs.spools / "old").write_bytes(b"x")
    age(blobs.spools / "old", 2 * DAY)
    (blobs.spools / "new").write_bytes(b"x")
    age(blobs.spools / "new", 0)
    assert shelf.leftovers(NOW - DAY) == 1
    assert blobs.sweep(NOW - DAY) == 1
    assert shelf.leftovers(NOW - DAY) == 0

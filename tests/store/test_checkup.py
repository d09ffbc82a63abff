"""Rows that do not agree with one another, found and mended on both engines."""

import pytest

from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.store import Statement, StoreError, checkup, journey, letters, outgoing
from hawknest.store.blobs import Content
from hawknest.store.letters import Filing
from hawknest.store.migrate import migrations, version
from hawknest.store.outgoing import Outgoing, Queued, Recipient

NOW = 2_000_000_000.0


@pytest.fixture
def mia(connection):
    domains.add(connection, "example.org", NOW)
    return users.add(connection, User(address="mia@example.org"), None, NOW).id


@pytest.fixture
def blob(connection, mia):
    """A letter in a mailbox and in the queue."""
    (made,) = letters.keep(connection, [(Content(5, b"abcde"), 2)])
    letters.file(connection, [Filing(mia, made, 5, "t", NOW)])
    outgoing.add(
        connection, [Queued(made, Outgoing("t", "", NOW, NOW + 9), [Recipient("a@far.test", "far.test")])]
    )
    return made


def run(connection, text, **values):
    return connection.run(Statement(text), **values)


def test_a_nest_in_order_has_nothing(connection, blob):
    for look in (
        checkup.miscounted,
        checkup.misweighed,
        checkup.unplaced,
        checkup.finished,
        checkup.letterless,
    ):
        assert look(connection) == []
    assert checkup.waiting(connection, blob) == [("t", "a@far.test")]


@pytest.mark.parametrize("wrong", [0, 1, 7])
def test_uses_are_counted_again(connection, blob, wrong):
    run(connection, "UPDATE blob SET uses = :uses", uses=wrong)
    assert checkup.miscounted(connection) == [blob]
    assert checkup.recount(connection, blob) == ""
    assert checkup.miscounted(connection) == []
    assert letters.read(connection, blob) == Content(5, b"abcde", None)


def test_a_blob_that_nobody_points_to_goes_with_its_file(connection):
    (made,) = letters.keep(connection, [(Content(5, None, "ab/c.t"), 1)])
    assert checkup.recount(connection, made) == "ab/c.t"
    assert letters.read(connection, made) is None


def test_octets_are_added_up_again(connection, mia, blob):
    run(connection, "UPDATE account_mail SET octets = 99")
    assert checkup.misweighed(connection) == [mia]
    checkup.reweigh(connection, mia)
    assert letters.octets(connection, mia) == 5


def test_a_letter_in_no_mailbox_comes_into_the_inbox(connection, mia, blob):
    run(connection, "DELETE FROM placement")
    ((email, account, inbox),) = checkup.unplaced(connection)
    assert account == mia
    for _ in range(2):  # somebody else may have been faster
        checkup.replace(connection, email, account, inbox)
    assert [item.uid for item in letters.listing(connection, inbox)] == [2]
    assert checkup.unplaced(connection) == []


def test_an_outgoing_letter_without_recipients_goes(connection, blob):
    run(connection, "DELETE FROM outgoing_recipient")
    (number,) = checkup.finished(connection)
    checkup.drop_finished(connection, number)
    assert checkup.finished(connection) == []
    assert checkup.miscounted(connection) == [blob]
    checkup.recount(connection, blob)
    assert letters.read(connection, blob) is not None
    assert checkup.miscounted(connection) == []


def test_recipients_whose_letter_is_gone(sqlite_nest):
    with sqlite_nest.connection() as c:
        c.script("PRAGMA foreign_keys = OFF")
        c.begin()
        (made,) = letters.keep(c, [(Content(1, b"x"), 1)])
        row = Queued(made, Outgoing("t", "", NOW, NOW + 9), [Recipient("a@far.test", "far.test")])
        outgoing.add(c, [row])
        run(c, "DELETE FROM blob")
        c.commit()
        ((number, address),) = checkup.letterless(c)
        assert address == "a@far.test"
        checkup.drop_letterless(c, number)
        assert checkup.letterless(c) == []


def test_the_newest_time_known(connection):
    before = checkup.newest(connection)
    journey.begin(connection, [(journey.Letter("t", before + 1e6, "smtp", "", "", "", 1, {}), [])])
    assert checkup.newest(connection) == before + 1e6


def test_the_database_looks_at_itself(nest):
    with nest.connection() as c:
        assert checkup.damage(c, sqlite=nest.settings.database == "") == []
        assert version(c) == migrations()[-1].version


def test_a_damaged_file_is_noticed(sqlite_nest):
    sqlite_nest.do(lambda c: [domains.add(c, f"d{n}.example.org", NOW) for n in range(500)])
    with sqlite_nest.connection() as c:
        c.script("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite_nest.close()
    path = sqlite_nest.directory / "hawknest.sqlite"
    octets = bytearray(path.read_bytes())
    for at in range(8192 * 3, len(octets), 4):
        octets[at : at + 2] = b"\xa5\x5a"
    path.write_bytes(octets)
    assert _words(sqlite_nest)


def _words(nest):
    """What is said of a damaged file, by the check or by the first question."""
    try:
        with nest.connection() as c:
            return checkup.damage(c, sqlite=True)
    except StoreError as error:
        return [str(error)]

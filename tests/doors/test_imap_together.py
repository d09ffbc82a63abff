"""What several IMAP sessions do to each other: a mailbox that one of them deletes, flags that two of them change."""

from pathlib import Path

from hawknest.app.nest import Nest
from imapreader import Reader, SessionWire, Wire
from nests import PASSWORD, converse, nest

SILENT = {"\\Seen"}


async def two(rooms: Nest, mailbox: str, *speaks: str) -> tuple[Reader, Reader]:
    """Two programs that have a mailbox open, in which there is a letter."""

    async def wire() -> Wire:
        return SessionWire(rooms)

    readers = Reader("a", speaks, wire, "mia"), Reader("b", speaks, wire, "mia")
    await readers[0].connect()
    await readers[0].do(f"CREATE {mailbox}")
    await readers[0].do(f"APPEND {mailbox} {{5+}}\r\na: b\n")
    for reader in readers:
        assert await reader.enter(mailbox)
    return readers


async def test_all_who_have_a_deleted_mailbox_open_are_told(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, other = await two(rooms, "Box")
        assert (await one.do("DELETE Box")).ok
        assert (one.connected, one.mailbox) == (True, "")  # who deleted it itself has no mailbox open now
        await other.do("NOOP")
        assert not other.connected


async def test_what_was_done_is_not_refused_because_the_mailbox_is_gone(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, other = await two(rooms, "Box")
        await one.do("UNSELECT")
        assert (await one.do("DELETE Box")).ok
        done = await other.do("APPEND INBOX {5+}\r\na: b\n")
        assert (done.status, done.code) == ("OK", "APPENDUID")
        assert not other.connected


async def test_another_mailbox_of_the_name_is_another_mailbox(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, other = await two(rooms, "Box", "CONDSTORE", "QRESYNC")
        await one.do("UNSELECT")
        assert (await one.do("DELETE Box")).ok
        assert (await one.do("CREATE Box")).ok
        assert await one.enter("Box")
        assert one.known() == {}
        await other.drop()
        assert await other.enter("Box")
        assert other.known() == {}


async def test_a_silent_change_does_not_hide_what_somebody_else_changed(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, other = await two(rooms, "Box")
        await other.do("STORE 1 +FLAGS (blue)")
        await one.do("STORE 1 +FLAGS.SILENT (\\Seen)")
        one.silently([1], lambda flags: flags | SILENT)
        assert one.known()[1][0] == {"blue", "\\Seen"}
        await other.do("NOOP")
        assert other.known()[1][0] == {"blue", "\\Seen"}


async def test_changed_since_names_what_came(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, _ = await two(rooms, "Box", "CONDSTORE")
        ((_, modseq),) = one.known().values()
        await one.do("APPEND Box {5+}\r\na: b\n")
        await one.do(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {modseq})")
        assert list(one.witness.fetched) == [2]


async def test_seen_by_reading_has_its_modseq(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, other = await two(rooms, "Box", "CONDSTORE")
        await one.do("FETCH 1 BODY[]")
        await other.do("NOOP")
        assert one.known() == other.known()
        assert one.known()[1][0] == {"\\Seen"}


async def test_what_went_just_now_is_no_earlier_one(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, other = await two(rooms, "Box", "CONDSTORE", "QRESYNC")
        await other.do("STORE 1 +FLAGS (\\Deleted)")
        await other.do("EXPUNGE")
        await one.do("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)", resync=True)
        assert (one.witness.vanished, one.known()) == ([], {})


async def test_a_letter_that_another_program_took_is_not_lost(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, _ = await two(rooms, "Box")
        await one.do("APPEND INBOX {5+}\r\na: b\n")
        assert await one.enter("INBOX")
        said = await converse(
            rooms, "pop3", f"USER mia\r\nPASS {PASSWORD}\r\nDELE 1\r\nQUIT\r\n".encode(), "127.0.0.1"
        )
        assert b"-ERR" not in said
        done = await one.do("FETCH 1 BODY.PEEK[]")
        assert (done.status, done.code) == ("NO", "EXPUNGEISSUED")
        assert one.known().keys() == {1}
        await one.do("NOOP")
        assert one.known() == {}


async def test_who_only_looks_counts_what_is_recent_once(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        one, other = await two(rooms, "Box")
        await one.do("UNSELECT")
        assert await other.enter("Box", read_only=True)
        for count in (1, 2):
            await one.do("APPEND Box {5+}\r\na: b\n")
            await other.do("NOOP")
            assert b"* %d RECENT" % count in other.witness.transcript().encode()

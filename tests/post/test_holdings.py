"""The letters of an account looked over: what is found, in which order, what is shown, and that any of them can go."""

from pathlib import Path

import pytest

from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.post import holdings, indexing
from hawknest.post.holdings import NoSuchLetter, Order, Wanted
from hawknest.store import Connection, letters, mailboxes, places
from hawknest.store.blobs import Content
from hawknest.store.letters import Filing
from hawknest.store.vocabulary import Known

NOW = 1_800_000_000.0
LETTERS = {
    "plain": b"From: Noor <noor@example.org>\r\nDate: x\r\nSubject: Lunch 100%\r\n\r\nHello\r\n",
    "large": b"From: Ravi <ravi@example.net>\r\nDate: x\r\nSubject: Photos\r\n\r\n" + b"photo\r\n" * 300,
    "japanese": "From: =?utf-8?b?5bGx55Sw?= <y@example.jp>\r\nDate: x\r\nSubject: 今日は\r\n\r\n".encode(),
    "broken": b"\0\0\0",
    "headless": b"X-Nothing: y\r\n" * 2000 + b"\r\n",
    "empty": b"",
}


@pytest.fixture
def mia(connection: Connection) -> int:
    domains.add(connection, "example.org", NOW)
    return users.add(connection, User(address="mia@example.org"), None, NOW).id


@pytest.fixture
def numbers(connection: Connection, mia: int, tmp_path: Path) -> dict[str, int]:
    """Letters in INBOX, one an hour; the last lies in a file."""
    (tmp_path / "ab").write_bytes(LETTERS["empty"] + b"Subject: from a file\r\n\r\n")
    contents = [(Content(len(octets), octets), 1) for octets in LETTERS.values()]
    contents.append((Content(24, None, "ab"), 1))
    blobs = letters.keep(connection, contents)
    sizes = [content.size for content, _ in contents]
    filed = letters.file(
        connection,
        [
            Filing(mia, blob, size, f"trace{nth}", NOW + 3600 * nth)
            for nth, (blob, size) in enumerate(zip(blobs, sizes, strict=True))
        ],
    )
    return dict(zip([*LETTERS, "file"], [one.email_id for one in filed], strict=True))


def read(connection: Connection, files: Path) -> None:
    missing = [blob for blob, _ in indexing.missing(connection, 0)]
    indexing.keep(connection, indexing.read(connection, missing, files), Known())


FOUND = {
    "all": (Wanted(), ["headless", "large", "plain", "japanese", "file", "broken", "empty"]),
    "larger": (Wanted(larger=2000), ["headless", "large"]),
    "smaller": (Wanted(smaller=3), ["broken", "empty"]),
    "since": (Wanted(since=NOW + 4 * 3600), ["headless", "file", "empty"]),
    "before": (Wanted(before=NOW + 3600), ["plain"]),
    "sender": (Wanted(sender="NOOR@"), ["plain"]),
    "japanese sender": (Wanted(sender="山田"), ["japanese"]),
    "subject": (Wanted(subject="日"), ["japanese"]),
    "a percent sign": (Wanted(subject="0%"), ["plain"]),
    "no pattern": (Wanted(subject="%u_"), []),
    "of a mailbox": (Wanted(mailbox="INBOX", larger=2000), ["headless", "large"]),
    "of another mailbox": (Wanted(mailbox="Trash"), []),
    "with any defect": (Wanted(defect="any"), ["headless", "file", "broken", "empty"]),
    "with a defect": (Wanted(defect="no-header"), ["broken", "empty"]),
    "with part of a defect's name": (Wanted(defect="no"), []),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_is_found(
    name: str, connection: Connection, mia: int, numbers: dict[str, int], tmp_path: Path
) -> None:
    wanted, expected = FOUND[name]
    read(connection, tmp_path)
    found = holdings.listing(connection, tmp_path, mia, wanted)
    assert {one.number for one in found} == {numbers[name] for name in expected}
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)
    assert holdings.count(connection, mia, wanted) == (len(expected), sum(one.size for one in found))


def test_in_any_order_and_in_pages(
    connection: Connection, mia: int, numbers: dict[str, int], tmp_path: Path
) -> None:
    def listed(order: Order, count: int = 100, skip: int = 0) -> list[int]:
        found = holdings.listing(connection, tmp_path, mia, Wanted(), order, count=count, skip=skip)
        return [one.number for one in found]

    assert listed(Order.OLDEST) == list(numbers.values())
    assert listed(Order.NEWEST) == list(numbers.values())[::-1]
    assert listed(Order.OLDEST, 2, 3) == list(numbers.values())[3:5]


@pytest.mark.parametrize("beforehand", [True, False])
def test_what_is_shown(
    beforehand: bool, connection: Connection, mia: int, numbers: dict[str, int], tmp_path: Path
) -> None:
    if beforehand:
        read(connection, tmp_path)
    (japanese,) = holdings.get(connection, tmp_path, mia, numbers["japanese"])
    assert (japanese.sender, japanese.subject) == ("山田 <y@example.jp>", "今日は")
    assert (japanese.mailbox, japanese.uid, japanese.letter, japanese.defects) == ("INBOX", 3, "trace2", ())
    (file,) = holdings.get(connection, tmp_path, mia, numbers["file"])
    assert (file.subject, file.defects) == ("from a file", ("no-from", "no-date"))
    (headless,) = holdings.get(connection, tmp_path, mia, numbers["headless"])
    assert headless.sender == ""
    assert holdings.content(connection, mia, numbers["broken"]).data == b"\0\0\0"


def test_a_letter_whose_file_is_gone_can_go(
    connection: Connection, mia: int, numbers: dict[str, int], tmp_path: Path
) -> None:
    (tmp_path / "ab").unlink()
    (one,) = holdings.get(connection, tmp_path, mia, numbers["file"])
    assert one.subject == ""
    assert holdings.remove(connection, mia, [one.number]) == ["ab"]


def test_a_letter_goes_from_all_mailboxes(
    connection: Connection, mia: int, numbers: dict[str, int], tmp_path: Path
) -> None:
    box = mailboxes.ensure(connection, mia, "Box", NOW)
    places.place(connection, mia, box.id, [numbers["large"]], NOW)
    assert [one.mailbox for one in holdings.get(connection, tmp_path, mia, numbers["large"])] == [
        "INBOX",
        "Box",
    ]
    assert holdings.remove(connection, mia, [numbers["large"], numbers["broken"], 4711]) == []
    assert holdings.count(connection, mia, Wanted())[0] == 5
    for number in (numbers["large"], numbers["broken"], 4711):
        with pytest.raises(NoSuchLetter):
            holdings.get(connection, tmp_path, mia, number)
        with pytest.raises(NoSuchLetter):
            holdings.content(connection, mia, number)


def test_nobody_looks_at_the_letters_of_others(
    connection: Connection, mia: int, numbers: dict[str, int], tmp_path: Path
) -> None:
    noor = users.add(connection, User(address="noor@example.org"), None, NOW).id
    assert holdings.listing(connection, tmp_path, noor, Wanted()) == []
    assert holdings.remove(connection, noor, numbers.values()) == []
    assert holdings.count(connection, mia, Wanted())[0] == len(numbers)
    with pytest.raises(NoSuchLetter):
        holdings.content(connection, noor, numbers["plain"])

"""Letters in mailboxes, their journeys and what waits to leave, the same on both engines."""

import secrets

import pytest

from hawknest.store import Connection, Statement, expunge, journey, leases, letters, outgoing
from hawknest.store.blobs import Content
from hawknest.store.journey import Letter, Step
from hawknest.store.letters import Filing, NoSuchAccount, OverQuota
from hawknest.store.outgoing import Outgoing, Queued, Recipient

NOW = 1_800_000_000.0
DOMAIN = Statement("INSERT INTO domain (name, created_at) VALUES ('example.com', 0) RETURNING id")
ACCOUNT = Statement(
    """INSERT INTO account (domain_id, local, real_name, salt, active, admin, quota, message_limit, forward, keep_copy,
         responder_on, responder_subject, responder_text, finger_text, created_at)
       VALUES (:domain, 'ann', '', '', 1, 0, 0, 0, '', 1, 0, '', '', '', 0) RETURNING id"""
)
BOX = Statement(
    """INSERT INTO mailbox (account_id, name, role, uidvalidity, uidnext, modseq)
       VALUES (:account, :name, NULL, 7, 1, 1) RETURNING id"""
)
MAIL = Statement(
    "INSERT INTO account_mail (account_id, inbox_id, modseq, octets) VALUES (:account, :inbox, 1, 0)"
)
TOMBS = Statement("SELECT uid, modseq FROM tombstone ORDER BY modseq")
BLOBS = Statement("SELECT count(*) FROM blob")


@pytest.fixture
def ann(connection: Connection) -> int:
    (domain,) = connection.one(DOMAIN) or (0,)
    (account,) = connection.one(ACCOUNT, domain=domain) or (0,)
    (inbox,) = connection.one(BOX, account=account, name="INBOX") or (0,)
    connection.run(MAIL, account=account, inbox=inbox)
    return account


def filed(connection: Connection, account: int, data: bytes = b"a letter", uses: int = 1) -> letters.Filed:
    (blob,) = letters.keep(connection, [(Content(len(data), data), uses)])
    (place,) = letters.file(connection, [Filing(account, blob, len(data), "l", NOW)])
    return place


def test_a_letter_is_filed_listed_read_and_removed(connection: Connection, ann: int) -> None:
    every = bytes(range(256)) * 3
    one, two = filed(connection, ann, every), filed(connection, ann, b"")
    assert (one.uid, two.uid) == (1, 2)
    assert two.modseq == one.modseq + 1
    box, uidvalidity, items = letters.inbox(connection, ann)
    assert uidvalidity == 7
    assert [(i.uid, i.size) for i in items] == [(1, 768), (2, 0)]
    content = letters.read(connection, items[0].blob_id)
    assert content
    assert content.data == every
    assert letters.octets(connection, ann) == 768
    assert expunge.remove(connection, ann, box, [1, 1, 99]) == []
    assert [i.uid for i in letters.listing(connection, box)] == [2]
    assert letters.octets(connection, ann) == 0
    assert letters.read(connection, items[0].blob_id) is None
    assert connection.all(TOMBS) == [(1, two.modseq + 1)]
    assert filed(connection, ann).uid == 3  # a UID is never given twice


def test_letters_filed_together_stand_as_if_filed_one_by_one(connection: Connection, ann: int) -> None:
    (other,) = connection.one(BOX, account=ann, name="Other") or (0,)
    texts = [f"letter {number}".encode() for number in range(70)]  # more than one statement takes
    blobs = letters.keep(connection, [(Content(len(text), text), 1) for text in texts])
    filings = [
        Filing(ann, blob, len(text), f"l{number}", NOW + number, mailbox_id=other if number % 3 == 0 else 0)
        for number, (text, blob) in enumerate(zip(texts, blobs, strict=True))
    ]
    placed = letters.file(connection, filings)
    assert [f.modseq for f in placed] == list(range(2, 72))
    box, _, items = letters.inbox(connection, ann)
    found = {box: items, other: letters.listing(connection, other)}
    for name, mine in found.items():
        expected = [(text, f.email_id) for text, f in zip(texts, placed, strict=True) if f.mailbox_id == name]
        assert [item.uid for item in mine] == list(range(1, len(mine) + 1))
        read = [letters.read(connection, item.blob_id) for item in mine]
        assert [
            (content.data, item.email_id) for content, item in zip(read, mine, strict=True) if content
        ] == expected
    assert letters.octets(connection, ann) == sum(map(len, texts))


def test_a_blob_lives_as_long_as_somebody_points_to_it(connection: Connection, ann: int) -> None:
    (blob,) = letters.keep(connection, [(Content(5, None, "ab/c.l"), 1)])
    letters.file(connection, [Filing(ann, blob, 5, "l", NOW)])
    letters.use(connection, blob, 2)
    assert letters.release(connection, blob, 2) == ""
    box, _, _ = letters.inbox(connection, ann)
    assert expunge.remove(connection, ann, box, [1]) == ["ab/c.l"]
    assert connection.one(BLOBS) == (0,)


def test_a_full_mailbox_and_a_missing_one(connection: Connection, ann: int) -> None:
    (blob,) = letters.keep(connection, [(Content(len(b"a letter"), b"a letter"), 2)])
    with pytest.raises(OverQuota), connection.savepoint():
        letters.file(connection, [Filing(ann, blob, 8, "l", NOW, quota=7)])
    letters.file(connection, [Filing(ann, blob, 8, "l", NOW, quota=8)])
    with pytest.raises(OverQuota), connection.savepoint():
        letters.file(connection, [Filing(ann, blob, 8, "l", NOW, quota=20)] * 2)
    with pytest.raises(NoSuchAccount), connection.savepoint():
        letters.file(connection, [Filing(999_999, blob, 8, "l", NOW)])
    with pytest.raises(NoSuchAccount), connection.savepoint():
        letters.file(connection, [Filing(ann, blob, 8, "l", NOW, mailbox_id=999_999)])
    with pytest.raises(NoSuchAccount):
        letters.inbox(connection, 999_999)


@pytest.mark.parametrize(
    "message_id", ["<a@b.example>", "", "<nul \0 @b>", "<" + secrets.token_hex(4000) + "@b>", "<ユーザ@b>"]
)
def test_a_journey_can_be_asked_whatever_its_message_id(connection: Connection, message_id: str) -> None:
    letter = Letter("id1", NOW, "mx", "192.0.2.1", "x@y.example", message_id, 5, {"helo": "nul \0 ü"})
    journey.begin(connection, [(letter, [Step(NOW, "filed", "ann@example.com", {"uid": 1})])])
    journey.add(connection, "id1", [Step(NOW + 1, "forwarded", "far@z.example", {})])
    keys = ["id1", "x@y.example", "ann@example.com", "far@z.example"] + [message_id] * bool(message_id)
    for key in keys:
        (found,) = journey.find(connection, key)
        assert (found.id, found.detail) == ("id1", letter.detail)
    assert [step.event for step in journey.steps(connection, "id1")] == ["filed", "forwarded"]
    assert journey.find(connection, "") == []
    assert journey.forget(connection, NOW) == 0
    assert journey.forget(connection, NOW + 1) == 1
    assert journey.newest(connection) == []
    assert journey.steps(connection, "id1") == []


def queued(connection: Connection, *addresses: str, at: float = NOW) -> int:
    (blob,) = letters.keep(connection, [(Content(len(b"a letter"), b"a letter"), 1)])
    recipients = [Recipient(address, address.partition("@")[2], next_at=at) for address in addresses]
    leaving = Outgoing("l", "x@example.com", NOW, NOW + 9e5)
    return outgoing.add(connection, [Queued(blob, leaving, recipients)])[0]


def test_a_recipient_is_claimed_by_one_worker_until_its_lease_ends(connection: Connection) -> None:
    queued(connection, "a@z.example", "b@z.example", at=NOW)
    queued(connection, "c@z.example", at=NOW + 100)
    first = outgoing.claim(connection, "one", NOW, NOW + 60, 10)
    assert [w.address for w in first] == ["a@z.example", "b@z.example"]
    assert outgoing.claim(connection, "two", NOW + 1, NOW + 61, 10) == []
    outgoing.defer(connection, first[1].id, NOW, NOW + 5, "451 nul \0, later")
    assert outgoing.of_letter(connection, "l")[1].last_words == "451 nul , later"
    outgoing.now(connection, first[1].id, NOW)
    assert [w.id for w in outgoing.claim(connection, "one", NOW, NOW + 60, 10)] == [first[1].id]
    assert outgoing.renew(connection, "one", NOW + 50, NOW + 110) == 2
    assert outgoing.claim(connection, "two", NOW + 70, NOW + 130, 10) == []
    late = outgoing.claim(connection, "two", NOW + 111, NOW + 171, 2)
    assert [w.address for w in late] == ["a@z.example", "b@z.example"]
    assert outgoing.abandon(connection, "two") == 2
    assert len(outgoing.claim(connection, "three", NOW + 112, NOW + 172, 10)) == 3


def test_one_worker_at_a_time_holds_a_lease(connection: Connection) -> None:
    assert leases.take(connection, "reports", "one", NOW, NOW + 60)
    assert not leases.take(connection, "reports", "two", NOW + 1, NOW + 61)
    assert leases.take(connection, "reports", "one", NOW + 50, NOW + 110)
    assert leases.take(connection, "reports", "two", NOW + 111, NOW + 171)

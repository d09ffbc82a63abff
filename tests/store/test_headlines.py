"""Headlines beside their letters: sort keys and threads of a mailbox, on both engines."""

from hawknest.mail.headline import headline
from hawknest.mail.thread import by_references, written
from hawknest.store import Connection, Statement, headlines, letters
from hawknest.store.blobs import Content
from hawknest.store.engine import for_engine
from hawknest.store.headlines import Key
from stores import Nest

BOX = Statement(
    """INSERT INTO mailbox (account_id, name, role, uidvalidity, uidnext, modseq)
       VALUES (7, 'INBOX', 'inbox', 7, 1, 1) RETURNING id"""
)
PEOPLE = """
    INSERT INTO domain (id, name, created_at) VALUES (1, 'example.org', 0);
    INSERT INTO account (id, domain_id, local, real_name, salt, active, admin, quota, message_limit, forward, keep_copy,
        responder_on, responder_subject, responder_text, finger_text, created_at)
        VALUES (7, 1, 'ann', '', '', 1, 0, 0, 0, '', 0, 0, '', '', '', 0);
"""
MAIL = Statement("INSERT INTO account_mail (account_id, inbox_id, modseq, octets) VALUES (7, :inbox, 1, 0)")

HEADERS = [
    (
        b"Date: Wed, 18 Nov 2026 10:00:00 +0900\r\nFrom: Zoe <ann@example.org>\r\nTo: b@x\r\nCc: c@x\r\n"
        b"Subject: Lunch\r\nMessage-ID: <1@x>\r\n"
    ),
    b"Date: Wed, 18 Nov 2026 09:00:00 +0900\r\nFrom: bob@example.org\r\nSubject: Re: lunch\r\nReferences: <0@x> <1@x>\r\n",
    b"Subject: nothing else\r\nReferences: <2@x>\r\nMessage-ID: <3@x>\r\n",
    b"Subject: not indexed\r\n",
]


def filed(connection: Connection) -> tuple[int, list[int]]:
    """File the letters; all but the last get their headlines."""
    connection.script(PEOPLE)
    (inbox,) = connection.one(BOX) or (0,)
    connection.run(MAIL, inbox=inbox)
    blobs = letters.keep(connection, [(Content(1, b"x"), 1) for _ in HEADERS])
    letters.file(connection, [letters.Filing(7, blob, 1, "l", 1_795_000_000.0) for blob in blobs])
    for _ in range(2):  # again: the newer one stays
        headlines.put(
            connection, [(blob, headline(one)) for blob, one in zip(blobs, HEADERS[:-1], strict=False)]
        )
    return inbox, blobs


def test_keys(nest: Nest) -> None:
    inbox, _ = nest.do(filed)
    with nest.connection(readonly=True) as connection:
        assert headlines.keys(connection, inbox, Key.DATE) == {1: 1794963600, 2: 1794960000, 3: None}
        assert headlines.keys(connection, inbox, Key.DAY) == {1: 20775, 2: 20775, 3: None}
        assert headlines.keys(connection, inbox, Key.SUBJECT) == {1: "LUNCH", 2: "LUNCH", 3: "NOTHING ELSE"}
        assert headlines.keys(connection, inbox, Key.FROM) == {1: "ANN", 2: "BOB", 3: ""}
        assert headlines.keys(connection, inbox, Key.TO) == {1: "B", 2: "", 3: ""}
        assert headlines.keys(connection, inbox, Key.CC) == {1: "C", 2: "", 3: ""}
        assert headlines.keys(connection, inbox, Key.DISPLAYFROM) == {1: "ZOE", 2: "BOB@EXAMPLE.ORG", 3: ""}
        assert headlines.keys(connection, inbox, Key.DISPLAYTO) == {1: "B@X", 2: "", 3: ""}
        assert headlines.keys(connection, inbox + 1, Key.CC) == {}


def test_threads(nest: Nest) -> None:
    inbox, _ = nest.do(filed)
    with nest.connection(readonly=True) as connection:
        entries = headlines.entries(connection, inbox)
        assert [entry.at for entry in entries] == [1794963600, 1794960000, 1_795_000_000.0]
        assert written(by_references(entries)) == "(1 2)(3)"


def test_a_letter_that_goes_takes_its_headline(nest: Nest) -> None:
    inbox, blobs = nest.do(filed)
    nest.do(
        lambda connection: connection.script(
            f"DELETE FROM placement; DELETE FROM email; DELETE FROM blob WHERE id = {blobs[0]}"
        )
    )
    with nest.connection() as connection:
        assert headlines.keys(connection, inbox, Key.CC) == {}
        assert connection.all(Statement("SELECT blob_id FROM headline ORDER BY 1")) == [
            (blobs[1],),
            (blobs[2],),
        ]


def test_parts_of_a_migration_are_for_one_engine() -> None:
    text = "a;\n-- only sqlite:\nb;\n-- end only\nc;\n-- only postgres:\nd;\n-- end only\n"
    assert for_engine(text, "sqlite").split() == ["a;", "b;", "c;"]
    assert for_engine(text, "postgres").split() == ["a;", "c;", "d;"]

"""Ids of rows that outlive them elsewhere, in images of mailboxes and under way to a reader, are never given again."""

from test_letters import ACCOUNT, DOMAIN

from hawknest.store import Connection, Statement, expunge, letters, mailboxes
from hawknest.store.blobs import Content
from hawknest.store.letters import Filing

NOW = 1_800_000_000.0
REMOVE = Statement("DELETE FROM account WHERE id = :id")


def test_no_id_is_given_twice(connection: Connection) -> None:
    (domain,) = connection.one(DOMAIN) or (0,)
    seen: list[tuple[int, ...]] = []
    for _ in range(3):
        (account,) = connection.one(ACCOUNT, domain=domain) or (0,)
        mailboxes.furnish(connection, account, NOW)
        box = mailboxes.create(connection, account, "Box", NOW)
        (blob,) = letters.keep(connection, [(Content(1, b"x"), 1)])
        (filed,) = letters.file(connection, [Filing(account, blob, 1, "l", NOW, mailbox_id=box.id)])
        expunge.remove(connection, account, box.id, [filed.uid])
        assert letters.read(connection, blob) is None
        mailboxes.empty(connection, mailboxes.delete(connection, account, "Box"))
        connection.run(REMOVE, id=account)
        seen.append((account, box.id, blob, filed.email_id))
    for ids in zip(*seen, strict=True):
        assert sorted(set(ids)) == list(ids)

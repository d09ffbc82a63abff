-- Mailboxes as IMAP knows them, and what is derived from letters.

ALTER TABLE account_mail ADD COLUMN uidvalidity INTEGER NOT NULL DEFAULT 0;  -- the last one given: none is given twice (RFC 9051 §2.3.1.1)

UPDATE mailbox SET uidvalidity = uidvalidity
    + (SELECT count(*) FROM mailbox o WHERE o.account_id = mailbox.account_id AND o.id < mailbox.id)
    WHERE role IS NULL OR role <> 'inbox';
UPDATE account_mail SET uidvalidity =
    (SELECT max(m.uidvalidity) FROM mailbox m WHERE m.account_id = account_mail.account_id);

ALTER TABLE mailbox ADD COLUMN recent INTEGER NOT NULL DEFAULT 1;  -- the first UID that no session was told of (RFC 3501 §2.3.2)

ALTER TABLE account ADD COLUMN imap_without TEXT NOT NULL DEFAULT '';  -- capabilities that its mail programs are better off without

ALTER TABLE placement ADD COLUMN saved_at REAL;       -- when it was put there (RFC 8514); none: when the email came

-- Letters that came have the modseq they were made with: only what changed later is looked for by it.
CREATE INDEX email_changed ON email (account_id, modseq) WHERE modseq > created_at_modseq;

CREATE TABLE mark (                                   -- what each machine has beside the database too (store/restored.py)
    machine TEXT PRIMARY KEY,
    value   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription (                           -- names an owner wants to see; a mailbox need not be there
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

INSERT INTO subscription (account_id, name) SELECT account_id, name FROM mailbox;

CREATE TABLE carriage (                               -- where an account's letters were brought in from, or out to
    id         INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,                         -- such as `from imap://mia@mail.example.com`
    runs       INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT;

CREATE TABLE carried (                                -- the letters that were: a further run brings what is new
    carriage_id INTEGER NOT NULL REFERENCES carriage (id) ON DELETE CASCADE,
    mailbox     TEXT NOT NULL,                        -- where they came from
    key         TEXT NOT NULL,                        -- the letter's name there, or a hash where it has none
    nth         INTEGER NOT NULL,                     -- counts letters of the same name
    run         INTEGER NOT NULL,                     -- the last one that met it
    email_id    INTEGER NOT NULL,                     -- it may be gone since
    flags       INTEGER NOT NULL,                     -- that it had there
    keywords    TEXT NOT NULL,                        -- likewise
    octets      INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    copy        TEXT NOT NULL,                        -- what it is called where it went out to
    PRIMARY KEY (carriage_id, mailbox, key, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE derived (                                -- what reading a letter yields; it can be made again at any time
    blob_id   INTEGER PRIMARY KEY REFERENCES blob (id) ON DELETE CASCADE,
    version   INTEGER NOT NULL,                       -- of the program's way to derive
    envelope  BLOB NOT NULL,                          -- as IMAP writes it
    structure BLOB NOT NULL,                          -- likewise
    parts     BLOB NOT NULL,                          -- where its parts begin and end
    preview   TEXT NOT NULL,                          -- its first words (RFC 8970)
    fields    BLOB                                    -- its header without what is long and seldom asked for; none: too long
) STRICT;

CREATE TABLE access (                                 -- who else may do what in a mailbox (RFC 4314)
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL,                         -- an account's address, or anyone
    rights     TEXT NOT NULL,
    PRIMARY KEY (mailbox_id, identifier)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_of ON access (identifier);

CREATE TABLE annotation (                             -- metadata of accounts and mailboxes (RFC 5464)
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    mailbox_id INTEGER NOT NULL,                      -- 0: of the account
    entry      TEXT NOT NULL,
    value      BLOB NOT NULL,
    PRIMARY KEY (account_id, mailbox_id, entry)
) STRICT, WITHOUT ROWID;

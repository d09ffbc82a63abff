-- What is wrong with letters, and mailboxes as they are in memory.

ALTER TABLE derived ADD COLUMN defects TEXT NOT NULL DEFAULT '';  -- what is wrong with it (mail.defects), space between

CREATE TABLE snapshot (                               -- a mailbox as it is in memory, so that it is quickly there again
    mailbox_id INTEGER PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE,
    version    INTEGER NOT NULL,                      -- of the program's way to write it
    uidnext    INTEGER NOT NULL,                      -- the mailbox's when it was taken
    modseq     INTEGER NOT NULL,                      -- likewise
    octets     BLOB NOT NULL
) STRICT;

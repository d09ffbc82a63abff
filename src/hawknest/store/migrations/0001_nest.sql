-- The first nest: who lives here, their letters, and what waits to leave.
-- Written in SQLite's types (store/postgres.py says what they are called there). Times are seconds since the epoch,
-- sizes octets, truth 0 or 1.

-- Who lives here ------------------------------------------------------------------------------------------------------

CREATE TABLE domain (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,                  -- A-label in lower case, or an address literal in brackets
    alias_of   INTEGER REFERENCES domain (id),        -- the domain whose addresses answer for this one too
    catch_all  TEXT,                                  -- where letters to unknown addresses go
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE account (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id         INTEGER NOT NULL REFERENCES domain (id),
    local             TEXT NOT NULL,                  -- the local part, folded for comparison
    real_name         TEXT NOT NULL,
    password          TEXT,                           -- argon2id; none: nobody can log in
    salt              TEXT NOT NULL,                  -- iterations:hex; of all its passwords, and for as long as it lives
    scram             TEXT,                           -- derived SCRAM keys, as JSON by hash name
    cram              TEXT,                           -- only where the legacy switch CRAM-MD5 is on
    active            INTEGER NOT NULL,
    admin             INTEGER NOT NULL,
    quota             INTEGER NOT NULL,               -- octets; 0: no limit
    message_limit     INTEGER NOT NULL,               -- octets a letter may have; 0: the server's limit
    forward           TEXT NOT NULL,                  -- addresses, one a line
    keep_copy         INTEGER NOT NULL,
    responder_on      INTEGER NOT NULL,
    responder_subject TEXT NOT NULL,
    responder_text    TEXT NOT NULL,
    finger_text       TEXT NOT NULL,                  -- '': silent
    reassemble        INTEGER NOT NULL DEFAULT 0,     -- parts of letters are put together (RFC 2046 §5.2.2)
    created_at        REAL NOT NULL,
    UNIQUE (domain_id, local)
) STRICT;

CREATE INDEX account_reassemble ON account (id) WHERE reassemble = 1;

CREATE TABLE alias (
    id        INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL REFERENCES domain (id),
    local     TEXT NOT NULL,
    builtin   INTEGER NOT NULL,                       -- postmaster and abuse live as long as their domain
    UNIQUE (domain_id, local)
) STRICT;

CREATE TABLE alias_target (
    alias_id INTEGER NOT NULL REFERENCES alias (id) ON DELETE CASCADE,
    target   TEXT NOT NULL,                           -- an address, ours or not
    PRIMARY KEY (alias_id, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_password (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    label      TEXT NOT NULL,
    scram      TEXT NOT NULL,                         -- keys derived with the account's salt; they serve PLAIN as well
    services   TEXT NOT NULL,                         -- smtp pop3 imap …, space between
    created_at REAL NOT NULL,
    UNIQUE (account_id, label)
) STRICT;

CREATE TABLE device (                                 -- the shared credential of printers and the like
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,                           -- argon2id
    salt     TEXT NOT NULL,                           -- iterations:hex
    scram    TEXT NOT NULL,                           -- derived SCRAM keys
    senders  TEXT NOT NULL,                           -- addresses or @domains it may send as, one a line; '': any
    active   INTEGER NOT NULL
) STRICT;

CREATE TABLE token (                                  -- a login for one test, once and for minutes
    hash       TEXT NOT NULL,                         -- SHA-256 of the secret
    service    TEXT NOT NULL,                         -- smtp pop3
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    peer       TEXT NOT NULL,                         -- the address it is good from
    expires_at REAL NOT NULL,
    PRIMARY KEY (hash, service)
) STRICT, WITHOUT ROWID;

CREATE TABLE exemption (                              -- addresses that need not authenticate
    id         INTEGER PRIMARY KEY,
    spec       TEXT NOT NULL UNIQUE,                  -- as typed: address, CIDR, range or wildcard
    note       TEXT NOT NULL,
    expires_at REAL                                   -- none: never
) STRICT;

CREATE TABLE pop_login (                              -- POP before SMTP, a legacy switch
    peer       TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL,
    until      REAL NOT NULL,
    helo       TEXT NOT NULL                          -- the first machine that used it, by its own name; '': none yet
) STRICT, WITHOUT ROWID;

CREATE TABLE responded (                              -- each sender gets an automatic reply once a period (RFC 3834)
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    sender     TEXT NOT NULL,
    at         REAL NOT NULL,
    PRIMARY KEY (account_id, sender)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (                                -- what the owner changes at run time
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL                               -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES ('directory', 1);  -- grows with every change to the tables above

CREATE TABLE lease (                                  -- what only one worker may do at a time
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Letters -------------------------------------------------------------------------------------------------------------

CREATE TABLE blob (                                   -- the octets of a letter, for ever as they came
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    size   INTEGER NOT NULL,
    uses   INTEGER NOT NULL,                          -- emails and waiting letters that point here; at 0 it goes
    place  TEXT,                                      -- the file that holds it, named by its hash; none: `data` does
    data   BLOB
) STRICT;

CREATE UNIQUE INDEX blob_place ON blob (place) WHERE place IS NOT NULL;  -- files are asked for their rows

CREATE TABLE lost (                                   -- files that are gone or cut short, known to the owner
    place    TEXT PRIMARY KEY,
    octets   INTEGER NOT NULL,                        -- that are left; -1: there is no file
    found_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account_mail (                           -- the moving part of an account, apart from what its owner set
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    inbox_id   INTEGER NOT NULL,
    modseq     INTEGER NOT NULL,                      -- grows with every change (RFC 7162)
    octets     INTEGER NOT NULL,
    looked     INTEGER NOT NULL DEFAULT 0             -- the INBOX's last UID that was looked at for parts of letters
) STRICT;

CREATE TABLE mailbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,                        -- UTF-8, / between levels
    role        TEXT,                                 -- inbox sent drafts junk trash archive (RFC 6154)
    uidvalidity INTEGER NOT NULL,
    uidnext     INTEGER NOT NULL,
    modseq      INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT;

CREATE TABLE email (                                  -- one letter of one account
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    blob_id     INTEGER NOT NULL REFERENCES blob (id),
    letter_id   TEXT NOT NULL,                        -- its trace id; '' where it did not come through a door
    size        INTEGER NOT NULL,
    lacks       INTEGER NOT NULL,                     -- octets of the CRLF that its end lacks (BDAT): POP3 adds and counts it
    received_at REAL NOT NULL,                        -- IMAP's internal date
    flags       INTEGER NOT NULL,                     -- bits of store.letters.Flag
    keywords    TEXT NOT NULL,                        -- further keywords, space between
    modseq      INTEGER NOT NULL,
    created_at_modseq INTEGER NOT NULL
) STRICT;

CREATE INDEX email_blob ON email (blob_id);           -- a blob that goes is asked for who points to it

CREATE TABLE placement (                              -- an email in a mailbox, under its UID
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    uid        INTEGER NOT NULL,
    email_id   INTEGER NOT NULL REFERENCES email (id),
    modseq     INTEGER NOT NULL,                      -- when it was put there
    PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX placement_email ON placement (email_id);

CREATE TABLE tombstone (                              -- what was taken away, for those who saw it (RFC 7162 §3.2.7)
    mailbox_id INTEGER NOT NULL,
    modseq     INTEGER NOT NULL,
    uid        INTEGER NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    email_id   INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, modseq, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE partial (                                -- parts of letters whose other parts are awaited (RFC 2046 §5.2.2)
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    whole      TEXT NOT NULL,                         -- hash of the sender and the id that the parts share
    number     INTEGER NOT NULL,                      -- from 1
    total      INTEGER NOT NULL,                      -- 0: this part does not say
    uid        INTEGER NOT NULL,                      -- in the INBOX
    email_id   INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    at         REAL NOT NULL,                         -- when it came
    PRIMARY KEY (account_id, whole, number)
) STRICT, WITHOUT ROWID;

-- What waits to leave -------------------------------------------------------------------------------------------------

CREATE TABLE outgoing (                               -- a letter and the envelope it leaves with
    id           INTEGER PRIMARY KEY,
    letter_id    TEXT NOT NULL,
    blob_id      INTEGER NOT NULL REFERENCES blob (id),
    skip         INTEGER NOT NULL,                    -- octets of the blob that stay here: its Return-Path line
    prefix       BLOB NOT NULL,                       -- trace lines that go in front of the rest
    reverse_path TEXT NOT NULL,                       -- '': the null sender
    body         TEXT NOT NULL,                       -- 7BIT 8BITMIME BINARYMIME
    smtputf8     INTEGER NOT NULL,
    ret          TEXT NOT NULL,                       -- FULL, HDRS or '' (RFC 3461 §4.3)
    envid        TEXT NOT NULL,
    created_at   REAL NOT NULL,
    expires_at   REAL NOT NULL
) STRICT;

CREATE INDEX outgoing_blob ON outgoing (blob_id);

CREATE TABLE outgoing_recipient (
    id            INTEGER PRIMARY KEY,
    outgoing_id   INTEGER NOT NULL REFERENCES outgoing (id) ON DELETE CASCADE,
    address       TEXT NOT NULL,
    destination   TEXT NOT NULL,                      -- the domain that decides where it goes
    orcpt         TEXT NOT NULL,                      -- RFC 3461 §4.2
    notify        INTEGER NOT NULL,                   -- bits of mail.envelope.Notify
    held          INTEGER NOT NULL,                   -- the owner keeps it back
    attempts      INTEGER NOT NULL,
    next_at       REAL NOT NULL,
    claimed_by    TEXT NOT NULL,                      -- the worker that is at it; '': nobody
    claimed_until REAL NOT NULL,
    last_at       REAL,
    last_words    TEXT NOT NULL,                      -- the remote's, or ours where there was no remote
    delay_told    INTEGER NOT NULL                    -- whether the sender knows of the delay
) STRICT;

CREATE INDEX outgoing_due ON outgoing_recipient (next_at) WHERE held = 0;
CREATE INDEX outgoing_claimed ON outgoing_recipient (claimed_until, claimed_by) WHERE claimed_by <> '';
CREATE INDEX outgoing_of ON outgoing_recipient (outgoing_id);

-- The journey of a letter ---------------------------------------------------------------------------------------------
-- No index by Message-ID or address: a question once a day may look through the table, an index would cost every letter.

CREATE TABLE letter (                                 -- every letter that came through a door, said yes or no to
    id         TEXT PRIMARY KEY,                      -- the trace id, which grows with time
    at         REAL NOT NULL,
    service    TEXT NOT NULL,
    peer       TEXT NOT NULL,
    sender     TEXT NOT NULL,                         -- reverse-path, folded
    message_id TEXT NOT NULL,
    size       INTEGER NOT NULL,
    detail     TEXT NOT NULL                          -- JSON: helo, tls, login, checks, verdict
) STRICT, WITHOUT ROWID;

CREATE TABLE journey (                                -- what happened to it, in order
    letter_id TEXT NOT NULL,
    step      INTEGER NOT NULL,
    at        REAL NOT NULL,
    event     TEXT NOT NULL,                          -- filed queued forwarded answered attempt delivered deferred failed …
    address   TEXT NOT NULL,                          -- the recipient, folded
    detail    TEXT NOT NULL,                          -- JSON
    PRIMARY KEY (letter_id, step)
) STRICT, WITHOUT ROWID;

-- Destinations that letters go to by way of a smart host for a while; who got in and who did not; guesses of passwords.

CREATE TABLE failover (
    destination TEXT PRIMARY KEY,                     -- a domain or address literal; '*': all
    cause       TEXT NOT NULL,                        -- post.failover_cause.Cause
    host        TEXT NOT NULL,                        -- who said no, or did not answer
    words       TEXT NOT NULL,                        -- what was said
    since       REAL NOT NULL,                        -- when it began
    until       REAL NOT NULL                         -- when the direct way is tried again
) STRICT, WITHOUT ROWID;

CREATE TABLE guess (                                  -- failed logins of late, fading: one count for all workers
    key   TEXT PRIMARY KEY,                           -- a network, or what a name that was tried makes of itself
    count REAL NOT NULL,                              -- at that moment
    at    REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in (                                -- who got in and who did not: a row for each day, way and place
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    day        INTEGER NOT NULL,                      -- since the epoch
    service    TEXT NOT NULL,                         -- smtp, pop3, imap, web
    network    TEXT NOT NULL,                         -- /24 of IPv4, /48 of IPv6
    credential TEXT NOT NULL,                         -- what it was done with; '': nobody knows
    result     TEXT NOT NULL,                         -- '': in; else why not
    count      INTEGER NOT NULL,
    first_at   REAL NOT NULL,
    last_at    REAL NOT NULL,
    peer       TEXT NOT NULL,                         -- the last address
    PRIMARY KEY (account_id, day, service, network, credential, result)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_day ON sign_in (day);

ALTER TABLE account ADD COLUMN apps_only INTEGER NOT NULL DEFAULT 0;  -- mail programs get in with app passwords alone

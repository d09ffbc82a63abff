-- The web pages: who is signed in and by what, what was changed by whom, and what is told to others.

ALTER TABLE account ADD COLUMN language TEXT NOT NULL DEFAULT '';  -- of its pages, such as en; '': what its browser asks for

CREATE TABLE account_domain (                         -- who administers some domains and not the whole nest
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    domain_id  INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, domain_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (                                -- a browser that is signed in, or about to be
    id         TEXT PRIMARY KEY,                      -- what lists call it; opens nothing
    hash       TEXT NOT NULL UNIQUE,                  -- SHA-256 of the cookie
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    mark       TEXT NOT NULL,                         -- of the password that held when it began: a new one ends it
    way        TEXT NOT NULL,                         -- password, link, first link
    pending    INTEGER NOT NULL,                      -- the second factor is still to come
    challenge  TEXT NOT NULL,                         -- that a passkey is to sign; '': none
    peer       TEXT NOT NULL,
    agent      TEXT NOT NULL,                         -- what the browser calls itself
    created_at REAL NOT NULL,
    seen_at    REAL NOT NULL,
    expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_of ON session (account_id);

CREATE TABLE totp (                                   -- the code of an authenticator app (RFC 6238)
    account_id   INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    secret       TEXT NOT NULL,                       -- base32; it cannot work otherwise
    confirmed_at REAL,                                -- none: it was shown and not yet tried
    used         INTEGER NOT NULL                     -- the last time step whose code came: none is good twice
) STRICT;

CREATE TABLE recovery_code (                          -- for who has lost the second factor; each is good once
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL,
    PRIMARY KEY (account_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE second_failure (                         -- wrong codes that came of late, for all who try at once
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    count      INTEGER NOT NULL,
    since      REAL NOT NULL                          -- when the first of them came
) STRICT;

CREATE TABLE passkey (
    id         TEXT PRIMARY KEY,                      -- the credential's own, base64url
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    label      TEXT NOT NULL,
    host       TEXT NOT NULL,                         -- the host it was made for, and works at alone
    public_key TEXT NOT NULL,                         -- base64url
    count      INTEGER NOT NULL,                      -- its last count of signatures
    created_at REAL NOT NULL,
    used_at    REAL                                   -- none: never yet
) STRICT, WITHOUT ROWID;

CREATE INDEX passkey_of ON passkey (account_id);

CREATE TABLE link (                                   -- one-time sign-in links
    hash       TEXT PRIMARY KEY,                      -- SHA-256 of the secret
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,  -- none: who uses it becomes the first administrator
    first      INTEGER NOT NULL,                      -- it opens the page of the first run
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token (                              -- what programs ask the API with
    id         TEXT PRIMARY KEY,                      -- what lists call it; opens nothing
    hash       TEXT NOT NULL UNIQUE,                  -- SHA-256 of the secret
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    label      TEXT NOT NULL,
    scopes     TEXT NOT NULL,                         -- space between
    created_at REAL NOT NULL,
    expires_at REAL,                                  -- none: never
    used_at    REAL                                   -- none: never yet
) STRICT, WITHOUT ROWID;

CREATE INDEX api_token_of ON api_token (account_id);

CREATE TABLE audit (                                  -- who changed what
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      REAL NOT NULL,
    who     TEXT NOT NULL,                            -- an address, or `command line`
    way     TEXT NOT NULL,                            -- web, token, command line
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,                            -- what was changed: an address, a domain, a setting
    detail  TEXT NOT NULL                             -- JSON; never a secret
) STRICT;

CREATE INDEX audit_at ON audit (at);

CREATE TABLE webhook (                                -- who is told of what happens
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    url        TEXT NOT NULL,
    secret     TEXT NOT NULL,                         -- that signs what is told
    events     TEXT NOT NULL,                         -- space between
    active     INTEGER NOT NULL,
    private    INTEGER NOT NULL,                      -- it may be on this machine or in its network
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE hook_call (                              -- what a webhook is to be told, or was
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event      TEXT NOT NULL,
    body       TEXT NOT NULL,                         -- JSON
    attempts   INTEGER NOT NULL,
    next_at    REAL,                                  -- none: it is done with
    done_at    REAL,                                  -- none: not yet, or given up
    answer     TEXT NOT NULL                          -- the last one
) STRICT;

CREATE INDEX hook_call_due ON hook_call (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX hook_call_of ON hook_call (webhook_id);

CREATE TABLE sample (                                 -- what the graphs are drawn of
    series TEXT NOT NULL,
    at     REAL NOT NULL,
    value  REAL NOT NULL,
    PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;

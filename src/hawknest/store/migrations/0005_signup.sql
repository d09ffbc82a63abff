-- Accounts that people make for themselves: who is invited, and who waits for an administrator's yes.

CREATE TABLE invitation (
    id         TEXT PRIMARY KEY,                      -- what lists call it; opens nothing
    hash       TEXT NOT NULL UNIQUE,                  -- SHA-256 of the secret
    domain_id  INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    local      TEXT NOT NULL,                         -- the name that it is for; '': any that is free
    note       TEXT NOT NULL,                         -- for whom it is, as the administrator wrote it
    made_by    TEXT NOT NULL,                         -- an address
    count      INTEGER NOT NULL,                      -- accounts that it is still good for
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE applicant (                              -- who asks for an account
    id         TEXT PRIMARY KEY,
    domain_id  INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    local      TEXT NOT NULL,
    real_name  TEXT NOT NULL,
    password   TEXT NOT NULL,                         -- as an account keeps it
    scram      TEXT NOT NULL,                         -- likewise
    salt       TEXT NOT NULL,                         -- likewise
    language   TEXT NOT NULL,
    note       TEXT NOT NULL,                         -- what the applicant wrote to the administrator
    network    TEXT NOT NULL,                         -- where it came from
    created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX applicant_at ON applicant (created_at);

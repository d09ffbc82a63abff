-- Certificates that an authority gives by itself (ACME), the keys that go with them, and challenges under way.

CREATE TABLE certificate (
    subject   TEXT NOT NULL,                          -- the host's name, or the domain whose further names it is for
    ca        TEXT NOT NULL,                          -- the authority, by the address of its directory
    wanted    TEXT NOT NULL,                          -- the names that the next one is to have, space between
    names     TEXT NOT NULL,                          -- those of the one that is there; '': there is none yet
    chain     TEXT NOT NULL,                          -- PEM, the host's own first
    key       TEXT NOT NULL,                          -- its private key, sealed
    pin       TEXT NOT NULL,                          -- SHA-256 of the public key in hexadecimal, as in TLSA 3 1 1
    next_key  TEXT NOT NULL,                          -- the key that is to follow, sealed; '': the same again
    next_pin  TEXT NOT NULL,
    next_from REAL NOT NULL,                          -- from when on it may be used: its TLSA record has spread by then
    begins_at REAL NOT NULL,
    ends_at   REAL NOT NULL,
    renew_at  REAL NOT NULL,                          -- when the next one is asked for
    opens_at  REAL NOT NULL,                          -- when the authority would like that (RFC 9773); 0: it does not say
    closes_at REAL NOT NULL,
    look_at   REAL NOT NULL,                          -- when it is asked again whether it still would
    failures  INTEGER NOT NULL,                       -- tries in a row that came to nothing
    problem   TEXT NOT NULL,                          -- of the last of them; '': there is none
    about     TEXT NOT NULL,                          -- the name that it is about
    detail    TEXT NOT NULL,                          -- what the authority says of it
    PRIMARY KEY (subject, ca)
) STRICT, WITHOUT ROWID;

CREATE TABLE acme_account (                           -- who we are to an authority
    ca      TEXT PRIMARY KEY,
    url     TEXT NOT NULL,
    key     TEXT NOT NULL,                            -- sealed
    contact TEXT NOT NULL,
    made_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE acme_challenge (                         -- what an authority wants to see here
    token      TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,                         -- http-01, tls-alpn-01
    name       TEXT NOT NULL,
    answer     TEXT NOT NULL,                         -- the key authorization
    expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

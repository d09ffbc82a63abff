-- The keys that letters are signed with as they leave.

CREATE TABLE dkim_key (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id  INTEGER NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    selector   TEXT NOT NULL,                         -- RFC 6376 §3.1
    algorithm  TEXT NOT NULL,                         -- rsa-sha256 ed25519-sha256
    sealed     TEXT NOT NULL,                         -- the private key, PKCS #8, sealed; '': it is retired
    record     TEXT NOT NULL,                         -- the public key, as the DNS has to have it
    state      TEXT NOT NULL,                         -- new active retiring retired
    created_at REAL NOT NULL,
    since      REAL NOT NULL,                         -- when it came into its state
    looked_at  REAL,                                  -- when the DNS was last asked for it, and answered
    seen_at    REAL,                                  -- when it was last found there
    UNIQUE (domain_id, selector)
) STRICT;

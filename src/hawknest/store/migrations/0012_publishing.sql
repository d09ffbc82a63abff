-- Zones that we may change by RFC 2136, the domains that are kept published there, and what we have entered.

CREATE TABLE dns_zone (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,                  -- A-labels, without a dot at the end
    server     TEXT NOT NULL,                         -- the IP address of its primary server
    port       INTEGER NOT NULL,
    key_name   TEXT NOT NULL,                         -- '': changes are not signed
    algorithm  TEXT NOT NULL,                         -- RFC 8945 §6
    sealed     TEXT NOT NULL,                         -- the secret, sealed; '': there is none
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE dns_publishing (
    domain_id  INTEGER PRIMARY KEY REFERENCES domain (id) ON DELETE CASCADE,
    zone_id    INTEGER NOT NULL REFERENCES dns_zone (id) ON DELETE CASCADE,
    since      REAL NOT NULL,
    stand      TEXT NOT NULL,                         -- a hash of what it should have said when all was well last
    looked_at  REAL,                                  -- when the zone was last compared with what it should say
    failed_at  REAL,                                  -- when that last failed; NULL: it did not
    problem    TEXT NOT NULL,                         -- why; '': all is well
    conflicts  TEXT NOT NULL                          -- records of others in the way, JSON
) STRICT;

CREATE TABLE dns_published (
    zone_id    INTEGER NOT NULL REFERENCES dns_zone (id) ON DELETE CASCADE,
    domain     TEXT NOT NULL,                         -- whose record it is; it may be gone
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    value      TEXT NOT NULL,                         -- as a zone file writes it; of TXT the text
    at         REAL NOT NULL,                         -- when we entered it
    PRIMARY KEY (zone_id, domain, name, type, value)
) STRICT;

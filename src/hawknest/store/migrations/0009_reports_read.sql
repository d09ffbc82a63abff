-- Reports that others sent us, and those that we sent.

CREATE TABLE dmarc_report (                           -- what another server saw in the name of a domain of ours (RFC 9990)
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    domain      TEXT NOT NULL,                        -- ours, whose policy it was
    org         TEXT NOT NULL,
    report_id   TEXT NOT NULL,
    begin_at    INTEGER NOT NULL,
    end_at      INTEGER NOT NULL,
    policy      TEXT NOT NULL,                        -- JSON: its tags as the other server saw them
    email       TEXT NOT NULL,
    sender      TEXT NOT NULL,                        -- domain in From of the letter that brought it
    authentic   TEXT NOT NULL,                        -- pass: the letter was that domain's; fail; '': nobody looked
    letter_id   TEXT NOT NULL,
    received_at REAL NOT NULL,
    letters     INTEGER NOT NULL,                     -- that it tells of
    UNIQUE (domain, org, report_id)
) STRICT;

CREATE INDEX dmarc_report_end ON dmarc_report (end_at);

CREATE TABLE dmarc_seen (                             -- a record of such a report
    report_id     INTEGER NOT NULL REFERENCES dmarc_report (id) ON DELETE CASCADE,
    source        TEXT NOT NULL,                      -- IP address
    count         INTEGER NOT NULL,                   -- letters
    disposition   TEXT NOT NULL,
    dkim          INTEGER NOT NULL,                   -- a signature of the house holds
    spf           INTEGER NOT NULL,                   -- SPF passes for the house
    header_from   TEXT NOT NULL,
    envelope_from TEXT NOT NULL,
    results       TEXT NOT NULL,                      -- JSON: signatures and SPF as they came out
    reason        TEXT NOT NULL
) STRICT;

CREATE INDEX dmarc_seen_of ON dmarc_seen (report_id);

CREATE TABLE tls_report (                             -- how TLS to our servers went for another server (RFC 8460)
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    domain      TEXT NOT NULL,
    org         TEXT NOT NULL,
    report_id   TEXT NOT NULL,
    begin_at    INTEGER NOT NULL,
    end_at      INTEGER NOT NULL,
    email       TEXT NOT NULL,
    sender      TEXT NOT NULL,
    authentic   TEXT NOT NULL,
    letter_id   TEXT NOT NULL,
    received_at REAL NOT NULL,
    good        INTEGER NOT NULL,                     -- sessions
    failed      INTEGER NOT NULL,
    UNIQUE (domain, org, report_id)
) STRICT;

CREATE INDEX tls_report_end ON tls_report (end_at);

CREATE TABLE tls_failure (                            -- sessions that failed in one way
    report_id   INTEGER NOT NULL REFERENCES tls_report (id) ON DELETE CASCADE,
    policy_type TEXT NOT NULL,
    result      TEXT NOT NULL,
    host        TEXT NOT NULL,                        -- ours that the other server wanted
    sender_ip   TEXT NOT NULL,
    reason      TEXT NOT NULL,
    count       INTEGER NOT NULL
) STRICT;

CREATE INDEX tls_failure_of ON tls_failure (report_id);

CREATE TABLE report_sent (                            -- reports of ours to others
    kind      TEXT NOT NULL,                          -- dmarc tls
    day       INTEGER NOT NULL,                       -- since the epoch, UTC: what it tells of
    domain    TEXT NOT NULL,
    target    TEXT NOT NULL,                          -- where it went, or should have gone
    report_id TEXT NOT NULL,
    at        REAL NOT NULL,
    letters   INTEGER NOT NULL,                       -- or sessions, that it tells of
    outcome   TEXT NOT NULL,                          -- sent, or why not
    letter_id TEXT NOT NULL,                          -- '': it did not go by letter
    PRIMARY KEY (kind, day, domain, target, report_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_name (                            -- names of addresses that reports tell of
    ip        TEXT PRIMARY KEY,
    name      TEXT NOT NULL,                          -- '': it has none
    looked_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

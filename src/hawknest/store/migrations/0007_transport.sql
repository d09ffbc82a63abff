-- How letters travel: what a letter asks of TLS, what destinations promise, and what came of it.

ALTER TABLE outgoing ADD COLUMN requiretls INTEGER NOT NULL DEFAULT 0;  -- given on over proven TLS alone (RFC 8689)

CREATE TABLE sts_policy (                             -- MTA-STS policies of others (RFC 8461)
    domain     TEXT PRIMARY KEY,
    mark       TEXT NOT NULL,                         -- the id of the TXT record it was fetched under
    text       TEXT NOT NULL,
    fetched_at REAL NOT NULL,
    until      REAL NOT NULL,                         -- it holds up to then
    refresh_at REAL NOT NULL,                         -- when it is to be fetched again
    used_at    REAL NOT NULL,                         -- when a letter was last sent under it, by the day
    trouble    TEXT NOT NULL                          -- why it could not be fetched again; '': it could
) STRICT;

CREATE INDEX sts_policy_refresh_at ON sts_policy (refresh_at);

CREATE TABLE tls_result (                             -- what one policy of a domain came to on a day, for TLS reports (RFC 8460)
    day          INTEGER NOT NULL,                    -- UTC, days since the epoch
    domain       TEXT NOT NULL,
    policy_type  TEXT NOT NULL,                       -- sts tlsa no-policy-found
    policy_mark  TEXT NOT NULL,                       -- of its text, which is too long for a key
    policy_text  TEXT NOT NULL,
    result_type  TEXT NOT NULL,                       -- of RFC 8460 §4.3; '': success
    mx_host      TEXT NOT NULL,
    receiving_ip TEXT NOT NULL,
    sessions     INTEGER NOT NULL,
    PRIMARY KEY (day, domain, policy_type, policy_mark, result_type, mx_host, receiving_ip)
) STRICT;

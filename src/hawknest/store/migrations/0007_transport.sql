-- How letters travel: what a letter asks of TLS, what destinations promise, and what came of it.

ALTER TABLE outgoing ADD COLUMN tls TEXT NOT NULL DEFAULT '';  -- '' required (REQUIRETLS) optional (TLS-Required: No): RFC 8689

CREATE TABLE sts_policy (                             -- what is known of a domain's MTA-STS policy (RFC 8461)
    domain     TEXT PRIMARY KEY,
    mark       TEXT NOT NULL,                         -- the id of its TXT record; '': it has no policy
    text       TEXT NOT NULL,
    fetched_at REAL NOT NULL,                         -- when the policy was last fetched or confirmed
    until      REAL NOT NULL,                         -- the policy holds up to then
    look_at    REAL NOT NULL,                         -- the TXT record is not asked for again before
    used_at    REAL NOT NULL,                         -- a letter was last sent under it
    trouble    TEXT NOT NULL                          -- why the last look came to nothing; '': it did not
) STRICT;

CREATE INDEX sts_policy_until ON sts_policy (until);

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

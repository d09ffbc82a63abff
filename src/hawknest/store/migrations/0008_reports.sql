-- Reports on who sends as whom (DMARC, RFC 9990) and on TLS between servers (RFC 8460).

CREATE TABLE dmarc_row (                              -- what came in the name of a domain that wants to be told, by day
    day    INTEGER NOT NULL,                          -- since the epoch, UTC
    domain TEXT NOT NULL,                             -- whose record asks for reports
    digest TEXT NOT NULL,                             -- of the detail
    detail TEXT NOT NULL,                             -- JSON (store.dmarc_rows)
    count  INTEGER NOT NULL,                          -- letters
    PRIMARY KEY (day, domain, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE dmarc_day (                              -- how many rows a day has: there is a limit to them
    day     INTEGER PRIMARY KEY,
    rows    INTEGER NOT NULL,
    dropped INTEGER NOT NULL                          -- letters that had no place
) STRICT, WITHOUT ROWID;

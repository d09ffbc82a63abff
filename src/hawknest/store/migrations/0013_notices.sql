-- Letters of the server itself: what was told to whom of late, so that nothing is told twice and there is never a storm.

CREATE TABLE notice (
    whom TEXT NOT NULL,                               -- an account's address; '': who administers the nest
    key  TEXT NOT NULL,                               -- what it was about
    at   REAL NOT NULL,                               -- when it was last told
    PRIMARY KEY (whom, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice_day (                             -- how many letters somebody got on one day
    whom  TEXT NOT NULL,
    day   INTEGER NOT NULL,                           -- since the epoch
    count INTEGER NOT NULL,
    PRIMARY KEY (whom, day)
) STRICT, WITHOUT ROWID;

-- Destinations that letters go to by way of a smart host for a while; who got in and who did not; guesses of passwords.

CREATE TABLE failover (
    destination TEXT PRIMARY KEY,                     -- a domain or address literal; '*': all
    cause       TEXT NOT NULL,                        -- post.failover_cause.Cause
    host        TEXT NOT NULL,                        -- who said no, or did not answer
    words       TEXT NOT NULL,                        -- what was said
    since       REAL NOT NULL,                        -- when it began
    until       REAL NOT NULL                         -- when the direct way is tried again
) STRICT, WITHOUT ROWID;

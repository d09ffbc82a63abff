-- What is known of letters for lists and searches. All of it can be made again from the letters; it goes with them.

CREATE TABLE headline (                               -- mail.headline.Headline
    blob_id        INTEGER PRIMARY KEY REFERENCES blob (id) ON DELETE CASCADE,
    sent_at        INTEGER,                           -- seconds since the epoch; none: the letter does not say
    sent_day       INTEGER,                           -- days since the epoch
    reply          INTEGER NOT NULL,
    subject_key    TEXT NOT NULL,
    sender_key     TEXT NOT NULL,
    to_key         TEXT NOT NULL,
    cc_key         TEXT NOT NULL,
    sender_display TEXT NOT NULL,
    to_display     TEXT NOT NULL,
    message_id     TEXT NOT NULL,
    ancestors      TEXT NOT NULL,                     -- ids, oldest first, space between
    subject        TEXT NOT NULL,                     -- texts that are searched, a line for each field
    sender         TEXT NOT NULL,
    recipient      TEXT NOT NULL,
    cc             TEXT NOT NULL,
    bcc            TEXT NOT NULL
) STRICT;

CREATE TABLE searched (                               -- letters that the index knows
    blob_id INTEGER PRIMARY KEY REFERENCES blob (id) ON DELETE CASCADE,
    version INTEGER NOT NULL                          -- of the program's way to index
) STRICT;

CREATE TABLE searched_text (                          -- their texts: mail.searchable.Texts
    blob_id INTEGER PRIMARY KEY REFERENCES searched (blob_id) ON DELETE CASCADE,
    header  TEXT NOT NULL,
    body    TEXT NOT NULL
) STRICT;

CREATE TABLE vocabulary (                             -- every word of any letter is in one row at least
    id    INTEGER PRIMARY KEY,
    words TEXT NOT NULL                               -- a line end before, between and after them
) STRICT;

-- The index itself: which letters have a token. Its row id is the letter's blob id.

-- only sqlite:
CREATE VIRTUAL TABLE words USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
);

CREATE TRIGGER searched_gone AFTER DELETE ON searched BEGIN
    DELETE FROM words WHERE rowid = old.blob_id;
END;
-- end only

-- only postgres:
CREATE TABLE words (
    rowid  BIGINT PRIMARY KEY REFERENCES searched (blob_id) ON DELETE CASCADE,
    tokens TEXT NOT NULL
);

-- A function that is told to be costly, as reading tokens is: PostgreSQL would rather look at every letter else.
CREATE FUNCTION tokens_of(tokens TEXT) RETURNS TEXT[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS $$ BEGIN RETURN string_to_array(tokens, ' '); END $$;

CREATE INDEX words_tokens ON words USING gin (tokens_of(tokens)) WITH (gin_pending_list_limit = 1024);

ALTER TABLE vocabulary ALTER COLUMN words SET STORAGE EXTERNAL;
-- end only

-- How the password of each linked person stands. One row for every live link, while passwords are synchronized. Never a hash, never
-- a blob, never a digest of one.
CREATE TABLE password (
    anchor      TEXT PRIMARY KEY,
    -- owed, sent, withheld, refused
    state       TEXT NOT NULL,
    -- Why it is withheld (a code), or what the service said.
    reason      TEXT,
    -- Since when it has been in this state, for this reason.
    since       INTEGER NOT NULL,
    -- An owed or refused one is not tried before.
    not_before  INTEGER NOT NULL,
    -- The newest one that is known: version and originating time of the attribute; from a file, pwdLastSet and its time.
    version     INTEGER,
    changed     INTEGER,
    sent_at     INTEGER,
    -- To whom it was sent: another cloud user has not got it.
    target_id   TEXT,
    -- What the decision was made from, to notice when replication says otherwise.
    enabled     INTEGER NOT NULL,
    must_change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX password_state ON password (state, not_before);

-- How far replication of a naming context was read.
CREATE TABLE watermark (
    partition TEXT PRIMARY KEY,
    mark      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

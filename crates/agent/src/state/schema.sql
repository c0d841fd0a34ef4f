-- What the agent remembers. Rows that come from a directory carry its partition (naming context).
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The mirror of the source: our last copy of every user that was read, in and out of scope.
CREATE TABLE source_object (
    id            INTEGER PRIMARY KEY,
    partition     INTEGER NOT NULL DEFAULT 0,
    guid          BLOB NOT NULL UNIQUE,
    dn            TEXT NOT NULL,
    class         INTEGER NOT NULL,
    attributes    BLOB NOT NULL
) STRICT;

-- By what an object that has not changed is recognised. Every read takes all of these, so they stand apart, and close together.
CREATE TABLE source_digest (
    guid   BLOB PRIMARY KEY,
    digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What can couple an object to others, as a 64-bit hash: a clash only makes a slice larger than it must be.
CREATE TABLE source_key (
    key    INTEGER NOT NULL,
    object INTEGER NOT NULL,
    PRIMARY KEY (key, object)
) STRICT, WITHOUT ROWID;

-- Linked objects that the last complete reads did not find, and for which there is no tombstone.
CREATE TABLE missing (
    anchor TEXT PRIMARY KEY,
    since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The OUs of the scope, by objectGUID from the first run that saw them.
CREATE TABLE scope_ou (
    configured TEXT PRIMARY KEY,
    guid       BLOB,
    dn         TEXT NOT NULL,
    objects    INTEGER NOT NULL,
    -- How many it held when that was last accepted: an OU that empties stays suspect until a person approves.
    accepted   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The mirror of the tenant, as Graph shows it.
CREATE TABLE target_object (
    id        INTEGER PRIMARY KEY,
    target_id TEXT NOT NULL UNIQUE,
    data      BLOB NOT NULL
) STRICT;

CREATE TABLE target_key (
    key    INTEGER NOT NULL,
    object INTEGER NOT NULL,
    PRIMARY KEY (key, object)
) STRICT, WITHOUT ROWID;

-- Remembered joins, with what the service last accepted from us. The index answers who is live without touching the rows.
CREATE TABLE link (
    id        INTEGER PRIMARY KEY,
    anchor    TEXT NOT NULL,
    target_id TEXT,
    live      INTEGER NOT NULL,
    last_dn   TEXT NOT NULL,
    last_upn  TEXT NOT NULL,
    confirmed BLOB NOT NULL
) STRICT;
CREATE INDEX link_anchor ON link (anchor, live);

-- How many links are live, kept by triggers: every run asks, and counting would cost what the directory is large.
CREATE TABLE tally (
    live INTEGER NOT NULL
) STRICT;
INSERT INTO tally VALUES (0);
CREATE TRIGGER link_made AFTER INSERT ON link WHEN new.live BEGIN
    UPDATE tally SET live = live + 1;
END;
CREATE TRIGGER link_forgotten AFTER DELETE ON link WHEN old.live BEGIN
    UPDATE tally SET live = live - 1;
END;
CREATE TRIGGER link_changed AFTER UPDATE OF live ON link WHEN old.live != new.live BEGIN
    UPDATE tally SET live = live + new.live - old.live;
END;

-- Anchors whose last change was not done: they are planned again in the next run.
CREATE TABLE owed (
    anchor TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    id         INTEGER PRIMARY KEY,
    code       TEXT NOT NULL,
    severity   TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    json       TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE finding_key (
    key     INTEGER NOT NULL,
    finding INTEGER NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
    PRIMARY KEY (key, finding)
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_key_finding ON finding_key (finding);

-- A run is settled when no intent of it is left whose outcome nobody knows.
CREATE TABLE run (
    id      INTEGER PRIMARY KEY,
    started INTEGER NOT NULL,
    ended   INTEGER,
    state   TEXT NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0,
    digest  TEXT,
    report  TEXT
) STRICT;
CREATE INDEX run_unsettled ON run (id) WHERE settled = 0;

-- Every write to the tenant: first the intent, durably, then the request, then the outcome.
CREATE TABLE intent (
    run     INTEGER NOT NULL REFERENCES run (id),
    number  INTEGER NOT NULL,
    anchor  TEXT NOT NULL,
    action  TEXT NOT NULL,
    digest  BLOB NOT NULL,
    token   INTEGER NOT NULL,
    outcome TEXT,
    message TEXT,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- What a run held back, so that a person can approve exactly that list.
CREATE TABLE held (
    run    INTEGER NOT NULL REFERENCES run (id),
    digest BLOB NOT NULL,
    json   TEXT NOT NULL,
    PRIMARY KEY (run, digest)
) STRICT, WITHOUT ROWID;

-- An approval releases the changes with these digests, all of them or none, once.
CREATE TABLE approval (
    id    INTEGER PRIMARY KEY,
    given INTEGER NOT NULL,
    of    TEXT NOT NULL,
    used  INTEGER
) STRICT;

CREATE TABLE approved_change (
    approval INTEGER NOT NULL REFERENCES approval (id),
    digest   BLOB NOT NULL,
    PRIMARY KEY (approval, digest)
) STRICT, WITHOUT ROWID;

-- What the guard counts over a rolling 24 hours: deleted, disabled, renamed, cleared:ATTRIBUTE. Approved changes are not here.
CREATE TABLE guard_event (
    at     INTEGER NOT NULL,
    what   TEXT NOT NULL,
    anchor TEXT NOT NULL
) STRICT;
CREATE INDEX guard_event_at ON guard_event (at);

-- One writer at a time: an intent is inserted only under the current token.
CREATE TABLE lease (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    holder TEXT NOT NULL,
    token  INTEGER NOT NULL,
    until  INTEGER NOT NULL
) STRICT;

-- Groups and contacts. A link knows the class of its object, and the objectGUID of its source object where the anchor does not tell it.
ALTER TABLE link ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN source_guid BLOB;
CREATE INDEX link_source ON link (source_guid) WHERE source_guid IS NOT NULL;
-- Graph shows no anchor of groups and contacts: these are found by their id.
CREATE INDEX link_target ON link (target_id) WHERE kind != 0;

-- How many links are live, by kind.
DROP TRIGGER link_made;
DROP TRIGGER link_forgotten;
DROP TRIGGER link_changed;
DROP TABLE tally;
CREATE TABLE tally (
    kind INTEGER PRIMARY KEY,
    live INTEGER NOT NULL
) STRICT;
INSERT INTO tally VALUES (0, (SELECT count(*) FROM link WHERE live)), (1, 0), (2, 0);
CREATE TRIGGER link_made AFTER INSERT ON link WHEN new.live BEGIN
    UPDATE tally SET live = live + 1 WHERE kind = new.kind;
END;
CREATE TRIGGER link_forgotten AFTER DELETE ON link WHEN old.live BEGIN
    UPDATE tally SET live = live - 1 WHERE kind = old.kind;
END;
CREATE TRIGGER link_changed AFTER UPDATE OF live, kind ON link WHEN old.live != new.live OR old.kind != new.kind BEGIN
    UPDATE tally SET live = live - old.live WHERE kind = old.kind;
    UPDATE tally SET live = live + new.live WHERE kind = new.kind;
END;

-- The groups whose members alone take part, by objectGUID from the first run that saw them.
CREATE TABLE scope_group (
    configured TEXT PRIMARY KEY,
    guid       BLOB NOT NULL,
    dn         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who takes part because of them. Whoever enters or leaves is planned.
CREATE TABLE chosen (
    guid BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Take-overs that the service blocked, with its words: none is tried again before.
CREATE TABLE blocked (
    anchor     TEXT PRIMARY KEY,
    not_before INTEGER NOT NULL,
    words      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Objects of the tenant with values that the service parked.
CREATE TABLE parked (
    target_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Licences that were given by rule. One that an administrator took back is not given again.
CREATE TABLE licence (
    anchor TEXT NOT NULL,
    sku    TEXT NOT NULL,
    PRIMARY KEY (anchor, sku)
) STRICT, WITHOUT ROWID;

-- What a change overwrote, for `samesign undo`: only what its reverse needs, and never a secret. A create, a delete and a restore
-- need no more than their intent.
CREATE TABLE overwritten (
    run    INTEGER NOT NULL REFERENCES run (id),
    anchor TEXT NOT NULL,
    action TEXT NOT NULL,
    before BLOB NOT NULL,
    after  BLOB NOT NULL,
    PRIMARY KEY (run, anchor, action)
) STRICT, WITHOUT ROWID;

-- Changes that a person took back. Planned again they wait for an approval; once that sent them they are forgotten here.
CREATE TABLE undone (
    anchor TEXT NOT NULL,
    action TEXT NOT NULL,
    -- Whose change it was.
    run    INTEGER NOT NULL REFERENCES run (id),
    -- The run that took it back.
    by     INTEGER NOT NULL REFERENCES run (id),
    before BLOB NOT NULL,
    after  BLOB NOT NULL,
    PRIMARY KEY (anchor, action, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX undone_by ON undone (by);

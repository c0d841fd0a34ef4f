-- The directory. Times are Unix seconds, UTC. A key is a text in the form in which it is compared (see store::fold).

CREATE TABLE tenant (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,              -- the first domain: contoso.onmicrosoft.com
    display_name    TEXT NOT NULL,
    created         INTEGER NOT NULL,
    sequence        INTEGER NOT NULL DEFAULT 0, -- the last change of a directory object
    epoch           TEXT NOT NULL,              -- a delta token of another database is told by this
    sync_from       INTEGER,                    -- synchronization is on from this time; NULL: off
    sync_features   INTEGER NOT NULL,
    sync_last       INTEGER,                    -- the last export
    sync_client     TEXT,                       -- build number of the last client
    sync_objects    INTEGER NOT NULL DEFAULT 0  -- objects that the last client had in all
) STRICT;

CREATE TABLE domain (
    name     TEXT PRIMARY KEY,                  -- lower case
    verified INTEGER NOT NULL,
    initial  INTEGER NOT NULL,
    standard INTEGER NOT NULL,                  -- new users get this one (Graph: isDefault)
    code     TEXT NOT NULL,                     -- what the owner has to publish in DNS to prove the domain
    created  INTEGER NOT NULL
) STRICT;

CREATE TABLE user (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,      -- UUID
    upn              TEXT NOT NULL,
    upn_key          TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    mail             TEXT,
    mail_key         TEXT,
    anchor           TEXT,                      -- onPremisesImmutableId; its case counts
    synced           INTEGER,                   -- onPremisesSyncEnabled: 1 yes, 0 was once, NULL never
    enabled          INTEGER NOT NULL,
    usage_location   TEXT,
    manager          TEXT,                      -- id of a user
    created          INTEGER NOT NULL,
    deleted          INTEGER,                   -- in deletedItems since
    sequence         INTEGER NOT NULL,          -- of the last change
    properties       TEXT NOT NULL              -- JSON object: everything else, by Graph's names
) STRICT;
CREATE INDEX user_by_upn ON user (upn_key, number);
CREATE INDEX user_by_display_name ON user (display_name_key, number);
CREATE INDEX user_by_mail ON user (mail_key) WHERE mail_key IS NOT NULL;
CREATE INDEX user_by_anchor ON user (anchor) WHERE anchor IS NOT NULL;
CREATE INDEX user_by_sequence ON user (sequence);
CREATE INDEX user_by_deleted ON user (deleted) WHERE deleted IS NOT NULL;
CREATE INDEX user_by_manager ON user (manager) WHERE manager IS NOT NULL;

-- What may be held by one live object only, across users and, later, groups and contacts.
CREATE TABLE unique_key (
    kind  TEXT NOT NULL,                        -- upn, address, anchor, sid
    value TEXT NOT NULL,
    owner TEXT NOT NULL,                        -- object id
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX unique_key_by_owner ON unique_key (owner);

-- Objects that are gone for good: delta still has to tell it.
CREATE TABLE purged (
    sequence INTEGER PRIMARY KEY,
    id       TEXT NOT NULL
) STRICT;

CREATE TABLE sku (
    id     TEXT PRIMARY KEY,                    -- skuId
    seats  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE licence (
    user     INTEGER NOT NULL REFERENCES user (number) ON DELETE CASCADE,
    sku      TEXT NOT NULL REFERENCES sku (id),
    disabled TEXT NOT NULL,                     -- JSON array of service plan ids
    assigned INTEGER NOT NULL,
    PRIMARY KEY (user, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX licence_by_sku ON licence (sku);

CREATE TABLE role_assignment (
    user INTEGER NOT NULL REFERENCES user (number) ON DELETE CASCADE,
    role TEXT NOT NULL,                         -- role template id
    PRIMARY KEY (user, role)
) STRICT, WITHOUT ROWID;

-- What the synchronization client sent, as it sent it: ReadBackAzureADSyncObjects returns this.
CREATE TABLE sync_object (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    anchor     TEXT NOT NULL UNIQUE,
    object     TEXT NOT NULL,                   -- id of the directory object
    sequence   INTEGER NOT NULL,                -- of the last change
    properties TEXT NOT NULL                    -- JSON array of [name, value]
) STRICT;
CREATE INDEX sync_object_by_sequence ON sync_object (sequence);
CREATE INDEX sync_object_by_object ON sync_object (object);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

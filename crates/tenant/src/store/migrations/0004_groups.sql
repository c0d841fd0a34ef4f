-- Groups, contacts, memberships, values that had to wait, and what the service counts.

CREATE TABLE directory_group (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,      -- UUID
    display_name     TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    description      TEXT,
    mail             TEXT,
    mail_key         TEXT,
    nickname         TEXT,                      -- mailNickname
    anchor           TEXT,                      -- the source's anchor; Graph does not show it. Its case counts
    synced           INTEGER,                   -- onPremisesSyncEnabled: 1 yes, 0 was once, NULL never
    mail_enabled     INTEGER NOT NULL,
    security_enabled INTEGER NOT NULL,
    unified          INTEGER NOT NULL,          -- 1: a Microsoft 365 group, the one kind that can be restored
    created          INTEGER NOT NULL,
    deleted          INTEGER,                   -- in deletedItems since
    sequence         INTEGER NOT NULL,          -- of the last change, memberships included
    properties       TEXT NOT NULL              -- JSON object: everything else, by Graph's names
) STRICT;
CREATE INDEX directory_group_by_display_name ON directory_group (display_name_key, number);
CREATE INDEX directory_group_by_mail ON directory_group (mail_key) WHERE mail_key IS NOT NULL;
CREATE INDEX directory_group_by_anchor ON directory_group (anchor) WHERE anchor IS NOT NULL;
CREATE INDEX directory_group_by_sequence ON directory_group (sequence);
CREATE INDEX directory_group_by_deleted ON directory_group (deleted) WHERE deleted IS NOT NULL;

-- Contacts come from Active Directory alone, and are gone at once when they are deleted.
CREATE TABLE contact (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,      -- UUID
    display_name     TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    mail             TEXT,
    mail_key         TEXT,
    anchor           TEXT,
    synced           INTEGER,
    created          INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    properties       TEXT NOT NULL
) STRICT;
CREATE INDEX contact_by_display_name ON contact (display_name_key, number);
CREATE INDEX contact_by_mail ON contact (mail_key) WHERE mail_key IS NOT NULL;
CREATE INDEX contact_by_anchor ON contact (anchor) WHERE anchor IS NOT NULL;
CREATE INDEX contact_by_sequence ON contact (sequence);

-- kind: 0 user, 1 group, 2 contact; object: the number of its row. A group of 250,000 members costs a few bytes for each.
CREATE TABLE member (
    group_number INTEGER NOT NULL REFERENCES directory_group (number) ON DELETE CASCADE,
    kind         INTEGER NOT NULL,
    object       INTEGER NOT NULL,
    gone         INTEGER NOT NULL,              -- 1: was a member once; delta tells it
    sequence     INTEGER NOT NULL,              -- of the last change
    PRIMARY KEY (group_number, kind, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_object ON member (kind, object, gone);
CREATE INDEX member_by_sequence ON member (group_number, sequence);

CREATE TABLE owner (
    group_number INTEGER NOT NULL REFERENCES directory_group (number) ON DELETE CASCADE,
    user         INTEGER NOT NULL REFERENCES user (number) ON DELETE CASCADE,
    PRIMARY KEY (group_number, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX owner_by_user ON owner (user);

-- Values that another object holds, put aside until they are free: onPremisesProvisioningErrors.
CREATE TABLE parked (
    object   TEXT NOT NULL,                     -- object id
    property TEXT NOT NULL,                     -- UserPrincipalName, ProxyAddresses
    value    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (object, property, value)
) STRICT, WITHOUT ROWID;

-- Licences of a group, which its direct user members have through it.
CREATE TABLE group_licence (
    group_number INTEGER NOT NULL REFERENCES directory_group (number) ON DELETE CASCADE,
    sku          TEXT NOT NULL REFERENCES sku (id),
    disabled     TEXT NOT NULL,                 -- JSON array of service plan ids
    assigned     INTEGER NOT NULL,
    PRIMARY KEY (group_number, sku)
) STRICT, WITHOUT ROWID;

-- What kind of object was removed for good (as in member), and the number of its row.
ALTER TABLE purged ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purged ADD COLUMN object INTEGER;
ALTER TABLE purged ADD COLUMN at INTEGER;       -- Unix seconds
CREATE INDEX purged_by_object ON purged (kind, object) WHERE object IS NOT NULL;
CREATE INDEX purged_by_time ON purged (at) WHERE at IS NOT NULL;

ALTER TABLE sync_object ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
-- A membership is sent as differences, so what was sent of it is kept as the group's members, not here.

ALTER TABLE domain ADD COLUMN federated INTEGER NOT NULL DEFAULT 0;

-- Values that clash are put aside instead of refused (DuplicateUPNResiliency, DuplicateProxyAddressResiliency), as in every tenant today.
UPDATE tenant SET sync_features = sync_features | 40;
-- How many objects may exist; NULL: as the domains allow.
ALTER TABLE tenant ADD COLUMN quota INTEGER;
-- Objects that exist, deleted ones that can be restored included. Kept by the triggers below: counting a million rows for each new object
-- would make the work grow with its square.
ALTER TABLE tenant ADD COLUMN objects INTEGER NOT NULL DEFAULT 0;
UPDATE tenant SET objects = (SELECT COUNT(*) FROM user);
-- accidentalDeletionPrevention: disabled, enabledForCount, enabledForPercentage; and from how many deletions on.
ALTER TABLE tenant ADD COLUMN deletion_mode TEXT NOT NULL DEFAULT 'enabledForCount';
ALTER TABLE tenant ADD COLUMN deletion_threshold INTEGER NOT NULL DEFAULT 500;
-- Deletions of the export that is going on.
ALTER TABLE tenant ADD COLUMN export_deletions INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER user_comes AFTER INSERT ON user BEGIN UPDATE tenant SET objects = objects + 1; END;
CREATE TRIGGER user_goes AFTER DELETE ON user BEGIN UPDATE tenant SET objects = objects - 1; END;
CREATE TRIGGER group_comes AFTER INSERT ON directory_group BEGIN UPDATE tenant SET objects = objects + 1; END;
CREATE TRIGGER group_goes AFTER DELETE ON directory_group BEGIN UPDATE tenant SET objects = objects - 1; END;
CREATE TRIGGER contact_comes AFTER INSERT ON contact BEGIN UPDATE tenant SET objects = objects + 1; END;
CREATE TRIGGER contact_goes AFTER DELETE ON contact BEGIN UPDATE tenant SET objects = objects - 1; END;

-- The agent of a tenant reads groups and contacts by Directory.Read.All, and gives licences by rule.
INSERT OR IGNORE INTO app_permission (client_id, permission)
    SELECT client_id, 'LicenseAssignment.ReadWrite.All' FROM app_permission WHERE permission = 'ADSynchronization.ReadWrite.All';

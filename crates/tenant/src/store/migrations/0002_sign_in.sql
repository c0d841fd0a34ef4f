-- Who may sign in and with what. Passwords and application secrets are Argon2id hashes in PHC form.

CREATE TABLE app (
    client_id TEXT PRIMARY KEY,                 -- UUID
    object_id TEXT NOT NULL UNIQUE,             -- UUID of the service principal
    name      TEXT NOT NULL,
    created   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE app_permission (
    client_id  TEXT NOT NULL REFERENCES app (client_id) ON DELETE CASCADE,
    permission TEXT NOT NULL,                   -- User.ReadWrite.All, ADSynchronization.ReadWrite.All
    PRIMARY KEY (client_id, permission)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_secret (
    number    INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES app (client_id) ON DELETE CASCADE,
    hash      TEXT NOT NULL,
    created   INTEGER NOT NULL
) STRICT;

CREATE TABLE app_certificate (
    number    INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES app (client_id) ON DELETE CASCADE,
    sha1      TEXT NOT NULL,                    -- of the DER, Base64url without padding (x5t)
    sha256    TEXT NOT NULL,                    -- of the DER, Base64url without padding (x5t#S256)
    der       BLOB NOT NULL,
    created   INTEGER NOT NULL
) STRICT;

-- Client assertions that were used: one is taken once.
CREATE TABLE used_assertion (
    client_id TEXT NOT NULL,
    jti       TEXT NOT NULL,
    expires   INTEGER NOT NULL,
    PRIMARY KEY (client_id, jti)
) STRICT, WITHOUT ROWID;

CREATE TABLE password (
    user     INTEGER PRIMARY KEY REFERENCES user (number) ON DELETE CASCADE,
    hash     TEXT NOT NULL,
    one_time INTEGER NOT NULL,
    changed  INTEGER NOT NULL
) STRICT;

-- Sessions of the portal, by the SHA-256 of the cookie's value.
CREATE TABLE session (
    id      BLOB PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES user (number) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sign-in of people. Times are Unix seconds, UTC.
-- Codes and tokens are kept as their SHA-256 alone, so that a copy of the database opens nothing.

-- app_secret.hash is a SHA-256 from now on (sha256:...): a secret has 256 random bits, so nobody guesses it, however quick the hash.

-- 0: confidential; 1: public, it holds no credential; 2: it has one, and allows public client flows.
ALTER TABLE app ADD COLUMN client_type INTEGER NOT NULL DEFAULT 0;

-- Where an application may be answered: compared as text, letter by letter.
CREATE TABLE app_redirect (
    client_id TEXT NOT NULL REFERENCES app (client_id) ON DELETE CASCADE,
    uri       TEXT NOT NULL,
    PRIMARY KEY (client_id, uri)
) STRICT, WITHOUT ROWID;

-- When it was changed in Active Directory, as the synchronization told; stays through a reset in the cloud. NULL: never synchronized.
-- `hash` holds an Argon2id hash in PHC form, or the blob of a synchronized password (v1;PPH1_MD4,...).
ALTER TABLE password ADD COLUMN source_changed INTEGER;

CREATE TABLE sign_in_log (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    upn     TEXT NOT NULL,                      -- as it was typed, unless it cannot be a name
    user    TEXT,                               -- object id, where there is such a user
    client  TEXT NOT NULL,                      -- client id, or the tenant's own page
    via     TEXT NOT NULL,
    address TEXT NOT NULL,
    code    INTEGER NOT NULL                    -- of the service (AADSTS); 0: signed in
) STRICT;
CREATE INDEX sign_in_log_by_user ON sign_in_log (user, number);

-- Wrong passwords in a row, for one account, apart for addresses it was seen at and for all others.
CREATE TABLE lockout (
    subject  TEXT NOT NULL,                     -- #number of a user, else a name that nobody has, folded
    familiar INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    until    INTEGER NOT NULL,                  -- locked until; 0: not locked
    salt     BLOB NOT NULL,                     -- of the hashes in `recent`, where the account has no salt of its own
    recent   BLOB NOT NULL,                     -- Argon2id of the last three wrong passwords, 32 bytes each, newest first
    PRIMARY KEY (subject, familiar)
) STRICT, WITHOUT ROWID;
CREATE INDEX lockout_by_last ON lockout (last);

-- Addresses at which a user signed in.
CREATE TABLE familiar_address (
    user    INTEGER NOT NULL REFERENCES user (number) ON DELETE CASCADE,
    address TEXT NOT NULL,
    seen    INTEGER NOT NULL,
    PRIMARY KEY (user, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE authorization_code (
    id           BLOB PRIMARY KEY,
    client_id    TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    user         INTEGER NOT NULL REFERENCES user (number) ON DELETE CASCADE,
    scope        TEXT NOT NULL,
    nonce        TEXT,
    challenge    TEXT,                          -- PKCE, S256
    family       TEXT NOT NULL,                 -- of the refresh tokens that come of it
    expires      INTEGER NOT NULL,
    used         INTEGER NOT NULL               -- 0 or 1
) STRICT, WITHOUT ROWID;
CREATE INDEX authorization_code_by_expires ON authorization_code (expires);

CREATE TABLE device_code (
    id        BLOB PRIMARY KEY,
    user_code TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    scope     TEXT NOT NULL,
    expires   INTEGER NOT NULL,
    polled    INTEGER NOT NULL,                 -- last asked by the device; 0: not yet
    state     TEXT NOT NULL,                    -- pending, approved, refused
    user      INTEGER REFERENCES user (number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX device_code_by_expires ON device_code (expires);

-- A used one stays until it expires: whoever comes with it again is not its owner, or the owner was robbed.
CREATE TABLE refresh_token (
    id        BLOB PRIMARY KEY,
    family    TEXT NOT NULL,                    -- all that came of one sign-in
    user      INTEGER NOT NULL REFERENCES user (number) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    scope     TEXT NOT NULL,
    expires   INTEGER NOT NULL,
    proved    INTEGER NOT NULL,                 -- 1: the application proved who it is, and must do so again
    used      INTEGER NOT NULL                  -- 0 or 1
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_by_family ON refresh_token (family);
CREATE INDEX refresh_token_by_user ON refresh_token (user);
CREATE INDEX refresh_token_by_expires ON refresh_token (expires);

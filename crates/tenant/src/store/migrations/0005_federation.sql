-- Federation: domains whose people sign in at a service of their own. Times are Unix seconds, UTC.
-- What a browser or a token proves itself with is kept as its SHA-256 alone.

CREATE TABLE federation (
    domain          TEXT PRIMARY KEY REFERENCES domain (name) ON DELETE CASCADE,
    id              TEXT NOT NULL UNIQUE,       -- UUID
    issuer          TEXT NOT NULL UNIQUE,       -- issuerUri; its case counts
    display_name    TEXT,
    passive         TEXT NOT NULL,              -- passiveSignInUri
    active          TEXT,                       -- activeSignInUri
    sign_out        TEXT,                       -- signOutUri
    metadata        TEXT,                       -- metadataExchangeUri
    signing         BLOB NOT NULL,              -- certificate, DER
    next_signing    BLOB,                       -- certificate, DER
    protocol        TEXT NOT NULL,              -- preferredAuthenticationProtocol
    prompt          TEXT,                       -- promptLoginBehavior
    mfa             TEXT,                       -- federatedIdpMfaBehavior
    signed_requests INTEGER NOT NULL,           -- isSignedAuthenticationRequestRequired
    updated         INTEGER NOT NULL            -- since when the signing certificate is the one it is
) STRICT, WITHOUT ROWID;

-- Browsers that were sent to such a service and are expected back.
CREATE TABLE federated_request (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB NOT NULL UNIQUE,           -- of what was sent along
    browser     BLOB NOT NULL,                  -- of the cookie of the browser that was sent
    domain      TEXT NOT NULL,                  -- where to
    destination TEXT NOT NULL,                  -- where the browser goes on to afterwards
    fresh       INTEGER NOT NULL,               -- not before when the person had to prove it anew; 0: whenever
    expires     INTEGER NOT NULL
) STRICT;
CREATE INDEX federated_request_by_expires ON federated_request (expires);

-- Assertions that were found good: the browser they are for has yet to come for its session.
CREATE TABLE federated_arrival (
    id       BLOB PRIMARY KEY,
    request  BLOB NOT NULL,                     -- federated_request.id
    accepted TEXT NOT NULL,                     -- JSON: who it is, and what the log says of it
    expires  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX federated_arrival_by_expires ON federated_arrival (expires);

-- Assertions that were used, by issuer and id: one is taken once.
CREATE TABLE used_token (
    id    BLOB PRIMARY KEY,
    until INTEGER NOT NULL                      -- it could be used until then
) STRICT, WITHOUT ROWID;
CREATE INDEX used_token_by_until ON used_token (until);

-- How many there are, so that the bound costs nothing to look at.
CREATE TABLE used_token_count (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    rows INTEGER NOT NULL
) STRICT;
INSERT INTO used_token_count (one, rows) VALUES (1, 0);
CREATE TRIGGER used_token_added AFTER INSERT ON used_token BEGIN
    UPDATE used_token_count SET rows = rows + 1;
END;
CREATE TRIGGER used_token_removed AFTER DELETE ON used_token BEGIN
    UPDATE used_token_count SET rows = rows - 1;
END;

-- What the other service said of a sign-in: issuer, id of the assertion, how and when the person proved it.
ALTER TABLE sign_in_log ADD COLUMN detail TEXT NOT NULL DEFAULT '';

-- Of a session that began there: the domain, the name of the session there, and the cookie that only ends it.
ALTER TABLE session ADD COLUMN domain TEXT;
ALTER TABLE session ADD COLUMN session_index TEXT;
ALTER TABLE session ADD COLUMN sign_out BLOB;
CREATE INDEX session_by_sign_out ON session (sign_out) WHERE sign_out IS NOT NULL;

CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Requests that wait for a person to sign in.
CREATE TABLE pending (handle BLOB PRIMARY KEY, json TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE INDEX pending_until ON pending (until);

CREATE TABLE session (token BLOB PRIMARY KEY, person BLOB NOT NULL, json TEXT NOT NULL, used INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE INDEX session_person ON session (person);
CREATE INDEX session_until ON session (until);

-- Which applications a session was vouched for to: they are told of the sign-out.
CREATE TABLE application (
    token BLOB NOT NULL REFERENCES session ON DELETE CASCADE,
    identifier TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (token, identifier)
) STRICT, WITHOUT ROWID;

-- What may be used once only, by its digest.
CREATE TABLE used (digest BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX used_until ON used (until);

-- Wrong passwords of a person (by objectGUID) or of a name that nobody has (by its masked digest).
CREATE TABLE tries (
    subject BLOB PRIMARY KEY,
    stranger INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    familiar INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tries_last ON tries (stranger, last);

CREATE TABLE familiar_address (
    subject BLOB NOT NULL,
    address TEXT NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (subject, address)
) STRICT, WITHOUT ROWID;

-- objectGUIDs of the places that the scope names, kept from the first time they were seen.
CREATE TABLE place (configured TEXT PRIMARY KEY, guid BLOB NOT NULL) STRICT, WITHOUT ROWID;

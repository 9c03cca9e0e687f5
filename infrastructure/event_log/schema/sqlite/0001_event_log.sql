-- The log: rowid is declared, because VACUUM may renumber one that is not.
CREATE TABLE stored_events (
    rowid INTEGER PRIMARY KEY,
    originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    UNIQUE (originator_id, originator_version)
);
CREATE TABLE log_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    time TEXT NOT NULL
);
INSERT INTO log_head VALUES (1, 0, '');
CREATE TABLE blobs (sha256 BLOB PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE secrets (
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (owner, purpose, version)
) WITHOUT ROWID;

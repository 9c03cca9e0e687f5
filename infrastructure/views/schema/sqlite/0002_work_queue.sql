-- Finding work. Never trusted: what is lost here is found again in the log.
CREATE TABLE work (
    operation TEXT PRIMARY KEY,
    due REAL NOT NULL,
    leased_until REAL NOT NULL,
    pickups INTEGER NOT NULL
);
CREATE INDEX work_due ON work (due);
CREATE TABLE work_position (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL);
INSERT INTO work_position VALUES (1, 0);

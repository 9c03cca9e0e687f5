-- Finding work. Never trusted: what is lost here is found again in the log.
CREATE TABLE work (
    operation text PRIMARY KEY,
    due double precision NOT NULL,
    leased_until double precision NOT NULL,
    pickups integer NOT NULL
);
CREATE INDEX work_due ON work (due);
CREATE TABLE work_position (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), position bigint NOT NULL
);
INSERT INTO work_position (position) VALUES (0);

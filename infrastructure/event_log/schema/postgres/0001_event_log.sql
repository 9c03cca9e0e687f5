-- The log. The head is updated by every append: room on its page keeps those updates in place.
CREATE TABLE stored_events (
    notification_id bigint PRIMARY KEY,
    originator_id text NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    event_id uuid NOT NULL UNIQUE,
    UNIQUE (originator_id, originator_version)
);
CREATE TABLE log_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL,
    time text NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_head (position, time) VALUES (0, '');
CREATE TABLE blobs (sha256 bytea PRIMARY KEY, content bytea NOT NULL);
CREATE TABLE secrets (
    owner uuid NOT NULL,
    purpose text NOT NULL,
    version integer NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (owner, purpose, version)
);

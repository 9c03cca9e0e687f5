-- What is in the log has happened. INSERT OR REPLACE deletes without firing a DELETE
-- trigger, hence the trigger that lets rows in only in order and only once.
CREATE TRIGGER stored_events_no_update BEFORE UPDATE ON stored_events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER stored_events_no_delete BEFORE DELETE ON stored_events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER stored_events_in_order BEFORE INSERT ON stored_events
WHEN NEW.rowid IS NOT (SELECT ifnull(max(rowid), 0) + 1 FROM stored_events)
    OR EXISTS (SELECT 1 FROM stored_events WHERE event_id = NEW.event_id
        OR (originator_id = NEW.originator_id AND originator_version = NEW.originator_version))
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER blobs_once BEFORE INSERT ON blobs
WHEN EXISTS (SELECT 1 FROM blobs WHERE sha256 = NEW.sha256 AND content IS NOT NEW.content)
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

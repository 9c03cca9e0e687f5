-- Which log a table was read from: positions recur after a restore, the envelope there does not.
ALTER TABLE projection_position ADD COLUMN mark text NOT NULL DEFAULT '';

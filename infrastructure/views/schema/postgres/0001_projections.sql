-- How far each projection's table has read. Tables themselves are made from the projections.
CREATE TABLE projection_position (projection text PRIMARY KEY, position bigint NOT NULL);

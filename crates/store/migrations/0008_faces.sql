-- When the network was last asked for a ghost's name and picture.
ALTER TABLE ghosts ADD COLUMN asked_at BIGINT;

-- Files, the rules by which people are notified, and the index of what was said.

-- One row per upload. sha256: the blob that holds the content; NULL while the place is only reserved.
CREATE TABLE media (
    media_id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT,
    mime TEXT,
    sha256 {BYTES},
    size BIGINT,
    created_at BIGINT NOT NULL
) {CLUSTERED};
CREATE INDEX media_reserved ON media (owner) WHERE sha256 IS NULL;

-- Smaller pictures made of a blob. thumbnail NULL: the blob is no picture that we can read.
CREATE TABLE thumbnails (
    sha256 {BYTES} NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    crop BOOLEAN NOT NULL,
    thumbnail {BYTES},
    mime TEXT,
    size BIGINT,
    PRIMARY KEY (sha256, width, height, crop)
) {CLUSTERED};

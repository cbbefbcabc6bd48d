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

-- Where an app wants to be told of news. content: the pusher as the client wrote it.
CREATE TABLE pushers (
    user_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    pushkey TEXT NOT NULL,
    device_id TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, app_id, pushkey),
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) {CLUSTERED};
CREATE INDEX pushers_device ON pushers (user_id, device_id);

-- What can be found: unencrypted messages, names and topics. at: when they were sent.
CREATE TABLE searchable (
    position {POSITION},
    room_no BIGINT NOT NULL,
    sender TEXT NOT NULL,
    at BIGINT NOT NULL
);
-- Its words, under the same positions.
{FULL_TEXT_INDEX};

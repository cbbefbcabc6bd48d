-- Keys of devices and people, as they were uploaded, and messages from device to device.

-- keys: the signed JSON object of the device.
CREATE TABLE device_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    keys TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id),
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) {CLUSTERED};

-- claimed_at: when it was given away. The row stays for a while, so that a client that repeats its
-- upload (the answer was lost) does not bring a used key back.
CREATE TABLE one_time_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    key TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    claimed_at BIGINT,
    PRIMARY KEY (user_id, device_id, algorithm, key_id),
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) {CLUSTERED};
CREATE INDEX one_time_keys_free ON one_time_keys (user_id, device_id, algorithm, added_at) WHERE claimed_at IS NULL;

CREATE TABLE fallback_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    key TEXT NOT NULL,
    used BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, device_id, algorithm),
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) {CLUSTERED};

-- usage: master | self_signing | user_signing. public_key: unpadded base64.
CREATE TABLE cross_signing_keys (
    user_id TEXT NOT NULL,
    usage TEXT NOT NULL,
    public_key TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (user_id, usage)
) {CLUSTERED};

-- Signatures that came after the object. target: a device id or a master key in base64.
CREATE TABLE key_signatures (
    user_id TEXT NOT NULL,
    target TEXT NOT NULL,
    signer TEXT NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (user_id, target, signer, key_id)
) {CLUSTERED};

-- Whose keys changed last when. audience: the only person who can see the change, '' for everybody
-- who shares a room.
CREATE TABLE key_changes (
    user_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (user_id, audience)
) {CLUSTERED};
CREATE INDEX key_changes_news ON key_changes (position);

-- Each joining and leaving, so that a sync can tell with whom one shares rooms since when.
CREATE TABLE comings_and_goings (
    position BIGINT NOT NULL PRIMARY KEY,
    room_no BIGINT NOT NULL,
    user_id TEXT NOT NULL
) {CLUSTERED};
CREATE INDEX comings_and_goings_room ON comings_and_goings (room_no, position);
CREATE INDEX comings_and_goings_user ON comings_and_goings (user_id, position);

-- A receipt of the main timeline passes over what is in threads.
CREATE INDEX relations_threads ON relations (room_no, position) WHERE rel_type = 'm.thread';

-- Rows go away when the device has acknowledged them.
CREATE TABLE to_device (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    sender TEXT NOT NULL,
    type TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id, position),
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) {CLUSTERED};

-- A deleted version keeps its row, so that its number is not given again.
CREATE TABLE backups (
    user_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    algorithm TEXT NOT NULL,
    auth_data TEXT NOT NULL,
    etag BIGINT NOT NULL DEFAULT 0,
    key_count BIGINT NOT NULL DEFAULT 0,
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (user_id, version)
) {CLUSTERED};

CREATE TABLE backup_keys (
    user_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    is_verified BOOLEAN NOT NULL,
    first_message_index BIGINT NOT NULL,
    forwarded_count BIGINT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (user_id, version, room_id, session_id)
) {CLUSTERED};

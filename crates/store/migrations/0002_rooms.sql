-- Rooms, their events and what people have read.

-- heads: JSON list of the event ids that the next event follows. depth: of the deepest of them.
-- news: position of the newest event or receipt, so that a sync skips quiet rooms.
CREATE TABLE rooms (
    room_no {ID},
    room_id TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL,
    heads TEXT NOT NULL,
    depth BIGINT NOT NULL,
    news BIGINT NOT NULL,
    -- The lowest position in use; history that is fetched later goes below it.
    oldest BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- position: the order of the timeline; below zero for history that was fetched later.
-- pdu: canonical JSON without event_id. After a redaction: what is left of it.
CREATE TABLE events (
    position {POSITION},
    room_no BIGINT NOT NULL REFERENCES rooms (room_no),
    event_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    state_key TEXT,
    sender TEXT NOT NULL,
    pdu TEXT NOT NULL,
    -- "device id, line feed, transaction id" of the client that sent it.
    txn TEXT,
    redacted_by TEXT
);
CREATE INDEX events_timeline ON events (room_no, position);

-- Current state.
CREATE TABLE room_state (
    room_no BIGINT NOT NULL,
    type TEXT NOT NULL,
    state_key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (room_no, type, state_key)
) {CLUSTERED};

-- Each change of the current state, so that the state at any position can be told.
CREATE TABLE state_changes (
    room_no BIGINT NOT NULL,
    position BIGINT NOT NULL,
    type TEXT NOT NULL,
    state_key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    replaces TEXT,
    PRIMARY KEY (room_no, position)
) {CLUSTERED};
CREATE INDEX state_changes_key ON state_changes (room_no, type, state_key, position);

CREATE TABLE memberships (
    room_no BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    membership TEXT NOT NULL,
    event_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    forgotten BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (room_no, user_id)
) {CLUSTERED};
CREATE INDEX memberships_user ON memberships (user_id, membership);

-- What a client already sent, so that a repetition has the same answer.
CREATE TABLE transactions (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, txn_id, scope)
) {CLUSTERED};

CREATE TABLE relations (
    room_no BIGINT NOT NULL,
    parent TEXT NOT NULL,
    rel_type TEXT NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    sender TEXT NOT NULL,
    key TEXT,
    position BIGINT NOT NULL,
    PRIMARY KEY (room_no, parent, rel_type, position)
) {CLUSTERED};

-- thread '': unthreaded.
CREATE TABLE receipts (
    room_no BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    type TEXT NOT NULL,
    thread TEXT NOT NULL,
    event_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (room_no, user_id, type, thread)
) {CLUSTERED};
CREATE INDEX receipts_news ON receipts (position);

-- Events that a person has not read and was to be told of. Rows go away as they are read.
CREATE TABLE notifications (
    user_id TEXT NOT NULL,
    room_no BIGINT NOT NULL,
    position BIGINT NOT NULL,
    highlight BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, room_no, position)
) {CLUSTERED};

CREATE TABLE aliases (
    alias TEXT NOT NULL PRIMARY KEY,
    room_no BIGINT NOT NULL,
    created_by TEXT NOT NULL
) {CLUSTERED};
CREATE INDEX aliases_room ON aliases (room_no);

-- Rooms that their people want to be found.
CREATE TABLE listed_rooms (
    room_no BIGINT NOT NULL PRIMARY KEY
);

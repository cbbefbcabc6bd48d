-- People, their devices and how they prove who they are.

CREATE TABLE stream (position BIGINT NOT NULL);
INSERT INTO stream (position) VALUES (0);

-- Single values of the whole server: its name, signing key, set-up token.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) {CLUSTERED};

-- kind: person | ghost | bot
CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    admin BOOLEAN NOT NULL DEFAULT FALSE,
    password_hash TEXT,
    display_name TEXT,
    avatar_url TEXT,
    created_at BIGINT NOT NULL,
    deactivated_at BIGINT
) {CLUSTERED};
CREATE INDEX users_people ON users (kind) WHERE kind = 'person';

CREATE TABLE devices (
    user_id TEXT NOT NULL REFERENCES users (user_id),
    device_id TEXT NOT NULL,
    display_name TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT,
    last_seen_ip TEXT,
    PRIMARY KEY (user_id, device_id)
) {CLUSTERED};

-- Only SHA-256 hashes of tokens are kept. A refresh makes the device's next generation; what is older
-- goes when something of the newer one is first used, so that a lost answer logs nobody out.
CREATE TABLE access_tokens (
    token_hash {BYTES} NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    expires_at BIGINT,
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) {CLUSTERED};
CREATE INDEX access_tokens_device ON access_tokens (user_id, device_id);

CREATE TABLE refresh_tokens (
    token_hash {BYTES} NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) {CLUSTERED};
CREATE INDEX refresh_tokens_device ON refresh_tokens (user_id, device_id);

-- Invitations and operators' tokens. uses_allowed NULL: any number.
CREATE TABLE registration_tokens (
    token TEXT NOT NULL PRIMARY KEY,
    created_by TEXT,
    uses_allowed BIGINT,
    uses BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
) {CLUSTERED};

-- User-interactive authentication in progress. request: a hash of what is being authorised.
CREATE TABLE auth_sessions (
    session TEXT NOT NULL PRIMARY KEY,
    request {BYTES} NOT NULL,
    completed TEXT NOT NULL,
    params TEXT NOT NULL,
    created_at BIGINT NOT NULL
) {CLUSTERED};
CREATE INDEX auth_sessions_age ON auth_sessions (created_at);

-- room_id '': global.
CREATE TABLE account_data (
    user_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    type TEXT NOT NULL,
    content TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (user_id, room_id, type)
) {CLUSTERED};
CREATE INDEX account_data_news ON account_data (user_id, position);

CREATE TABLE filters (
    user_id TEXT NOT NULL,
    filter_id BIGINT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (user_id, filter_id)
) {CLUSTERED};

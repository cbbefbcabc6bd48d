-- The hub: connected accounts, and the rooms that mirror chats elsewhere.

-- credentials: encrypted. state: JSON of AccountState. revision: rises when the session must start
-- anew. removed: NULL | keep | delete (what happens to its conversations).
CREATE TABLE accounts (
    account_id {ID},
    owner TEXT NOT NULL,
    channel TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    credentials TEXT NOT NULL,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    cursor TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    removed TEXT,
    UNIQUE (owner, channel, remote_id)
);

-- Logins in progress. state: encrypted; NULL before the first step has answered.
CREATE TABLE logins (
    login_id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
) {CLUSTERED};

-- The real person behind one or more ghosts, recognised by handles (`mailto:`, `tel:`).
CREATE TABLE contacts (
    contact_id {ID},
    created_at BIGINT NOT NULL
);
CREATE TABLE handles (
    handle TEXT NOT NULL PRIMARY KEY,
    contact_id BIGINT NOT NULL
) {CLUSTERED};
CREATE TABLE ghosts (
    user_id TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    contact_id BIGINT NOT NULL,
    UNIQUE (channel, remote_id)
) {CLUSTERED};

-- receiver 0: the chat is the same for everybody on the network. name: the last one that the network
-- gave. room_no NULL: nothing has happened in it yet.
CREATE TABLE portals (
    portal_no {ID},
    channel TEXT NOT NULL,
    chat TEXT NOT NULL,
    receiver BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    room_no BIGINT UNIQUE,
    direct BOOLEAN NOT NULL,
    name TEXT,
    history_done BOOLEAN NOT NULL,
    UNIQUE (channel, chat, receiver)
);
CREATE TABLE portal_accounts (
    account_id BIGINT NOT NULL,
    portal_no BIGINT NOT NULL,
    PRIMARY KEY (account_id, portal_no)
) {CLUSTERED};

-- Which event stands for which message on the network, in both directions. A reaction's remote_id is
-- its target's, its part is "sender, line feed, key". data and original are on a message's first part.
CREATE TABLE remote_messages (
    portal_no BIGINT NOT NULL,
    remote_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    mine BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    data TEXT,
    original TEXT,
    PRIMARY KEY (portal_no, remote_id, kind, part)
) {CLUSTERED};
CREATE INDEX remote_messages_account ON remote_messages (account_id, remote_id);
CREATE UNIQUE INDEX remote_messages_event ON remote_messages (event_id, part);
CREATE INDEX remote_messages_timeline ON remote_messages (portal_no, position);

-- Everything that ever came in or was sent, so that the same does not come in twice.
CREATE TABLE seen (
    account_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    PRIMARY KEY (account_id, kind, remote_id)
) {CLUSTERED};

-- What came in and is not worked in yet. waits_for: a message that it is about and that is not here.
-- parked: why it could not be worked in; a person has to look at it.
CREATE TABLE inbox (
    inbox_no {ID},
    account_id BIGINT NOT NULL,
    portal_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    event TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    waits_for TEXT,
    parked TEXT,
    UNIQUE (account_id, kind, remote_id)
);
CREATE INDEX inbox_ready ON inbox (portal_no, inbox_no) WHERE waits_for IS NULL AND parked IS NULL;
CREATE INDEX inbox_waiting ON inbox (portal_no, waits_for) WHERE waits_for IS NOT NULL;

-- What has to go out, in order within a portal. state: queued | sending | echo | unknown | failed;
-- a row that was sent is gone. doubtful: it may have been sent already. told: the sender has heard
-- of it, so success is news.
CREATE TABLE outbox (
    outbox_no {ID},
    portal_no BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    txn TEXT NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    doubtful BOOLEAN NOT NULL,
    told BOOLEAN NOT NULL,
    UNIQUE (event_id, kind, account_id)
);
CREATE INDEX outbox_waiting ON outbox (portal_no, outbox_no) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_portal ON outbox (portal_no, state);

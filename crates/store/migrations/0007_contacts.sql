-- Who is the same person on several networks: by each owner's own word.

-- URIs by which a ghost is recognised elsewhere (`mailto:`, `tel:`).
CREATE TABLE ghost_handles (
    user_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    PRIMARY KEY (user_id, handle)
) {CLUSTERED};
CREATE INDEX ghost_handles_handle ON ghost_handles (handle);
INSERT INTO ghost_handles (user_id, handle)
    SELECT g.user_id, h.handle FROM ghosts g JOIN handles h ON h.contact_id = g.contact_id;
ALTER TABLE ghosts DROP COLUMN contact_id;
DROP TABLE handles;
DROP TABLE contacts;

-- A contact holds two or more users, or one that its owner has named.
CREATE TABLE contacts (
    contact_id {ID},
    owner TEXT NOT NULL,
    name TEXT
);
CREATE INDEX contacts_owner ON contacts (owner);
CREATE TABLE contact_members (
    owner TEXT NOT NULL,
    user_id TEXT NOT NULL,
    contact_id BIGINT NOT NULL,
    PRIMARY KEY (owner, user_id)
) {CLUSTERED};
CREATE INDEX contact_members_contact ON contact_members (contact_id);

-- Two who share a handle and are not the same person all the same. first_user < second_user.
CREATE TABLE contact_dismissals (
    owner TEXT NOT NULL,
    first_user TEXT NOT NULL,
    second_user TEXT NOT NULL,
    PRIMARY KEY (owner, first_user, second_user)
) {CLUSTERED};

-- What can be undone. change: JSON of the groups before and after.
CREATE TABLE contact_changes (
    change_id {ID},
    owner TEXT NOT NULL,
    at BIGINT NOT NULL,
    change TEXT NOT NULL
);

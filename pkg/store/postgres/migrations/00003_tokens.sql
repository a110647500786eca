-- +goose Up

-- What opens a key. Until now each had one, and rotating made a second key: of
-- such a chain the next migration makes one key, with a token of each. The place
-- is the order in which a key's tokens came. A token's own end is 0 if it ends
-- with its key.
CREATE TABLE tokens (
    number     BIGINT NOT NULL,
    place      BIGINT NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    digest     BYTEA NOT NULL,
    pepper_id  TEXT COLLATE "C" NOT NULL,
    hint       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    origin     TEXT COLLATE "C" NOT NULL,
    count      BIGINT NOT NULL DEFAULT 0,
    last_at    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (number, place)
);
CREATE UNIQUE INDEX tokens_id ON tokens (id);
CREATE INDEX tokens_by_id     ON tokens (lower(id));

-- When the last of a key's tokens ends; 0 = never.
ALTER TABLE keys ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0;

-- The mark of a key: see apikey.Mark. Keys without one get it when the store is
-- opened with its pepper.
ALTER TABLE keys ADD COLUMN mark_pepper TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN mark BYTEA NOT NULL DEFAULT '';
CREATE INDEX keys_unmarked ON keys (number) WHERE mark_pepper = '';

-- The chains, while they are made into keys: of each key the number of the
-- newest that it became, and its place from there on, which is 0.
CREATE TABLE chains (
    number BIGINT PRIMARY KEY,
    newest BIGINT NOT NULL,
    place  BIGINT NOT NULL
);
CREATE INDEX chains_by_newest ON chains (newest, place);

-- +goose Up

-- What links an entry to the one before it: see apikey.Link. Entries without a link get it when the store is opened
-- with its pepper.
ALTER TABLE audit ADD COLUMN pepper_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN sum BYTEA NOT NULL DEFAULT '';
CREATE INDEX audit_unchained ON audit (id) WHERE pepper_id = '';

-- The link of the end of the trail, and the newest change whose tombstone was removed.
ALTER TABLE counter ADD COLUMN audit_pepper TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE counter ADD COLUMN audit_sum BYTEA NOT NULL DEFAULT '';
ALTER TABLE counter ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;

-- When a key was deleted; of those from before, the moment of this upgrade.
ALTER TABLE tombstones ADD COLUMN at BIGINT NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint;

-- How far each target of audit.to has taken the trail, and which server delivers to it until when.
CREATE TABLE audit_targets (
    name     TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL DEFAULT 0,
    holder   TEXT COLLATE "C" NOT NULL DEFAULT '',
    until    BIGINT NOT NULL DEFAULT 0
);

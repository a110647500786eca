-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- What links an entry to the one before it: see apikey.Link. Entries without a link get it when the store is opened
-- with its pepper.
ALTER TABLE audit ADD COLUMN pepper_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN sum BLOB NOT NULL DEFAULT x'';
CREATE INDEX audit_unchained ON audit (id) WHERE pepper_id = '';

-- The end of the trail: the number that was given last, and its link.
ALTER TABLE counter ADD COLUMN audit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE counter ADD COLUMN audit_pepper TEXT NOT NULL DEFAULT '';
ALTER TABLE counter ADD COLUMN audit_sum BLOB NOT NULL DEFAULT x'';
UPDATE counter SET audit = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0);

-- When a key was deleted, and the newest change whose tombstone was removed.
ALTER TABLE tombstones ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
UPDATE tombstones SET at = CAST(unixepoch('subsec') * 1000 AS INTEGER);
ALTER TABLE counter ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

-- How far each target of audit.to has taken the trail, and which server delivers to it until when.
CREATE TABLE audit_targets (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL DEFAULT 0,
    holder   TEXT NOT NULL DEFAULT '',
    until    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

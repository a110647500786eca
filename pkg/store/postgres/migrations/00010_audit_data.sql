-- +goose Up

-- What an audit entry says is data, as JSON, and no prose any more; words are
-- all texts of the entry, folded, for the search. Go fills both in: see
-- migrate.go.
ALTER TABLE audit RENAME COLUMN detail TO data;
ALTER TABLE audit ADD COLUMN words TEXT COLLATE "C" NOT NULL DEFAULT '';

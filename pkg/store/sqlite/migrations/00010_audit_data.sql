-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- What an audit entry says is data, as JSON, and no prose any more; words are
-- all texts of the entry, folded, for the search. Go fills both in: see
-- migrate.go.
ALTER TABLE audit RENAME COLUMN detail TO data;
ALTER TABLE audit ADD COLUMN words TEXT NOT NULL DEFAULT '';

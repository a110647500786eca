-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go, which also folds all texts anew.

-- +goose Up

-- A search finds a key by its description, and by its pool, its creator, its endpoints and its addresses as well.
ALTER TABLE keys RENAME COLUMN description_folded TO texts_folded;

-- And by the address that used it last.
CREATE INDEX usage_by_address ON usage (org_id, last_from);

-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- When a key last came after its end: to an endpoint that holds, and to one that lets it in.
ALTER TABLE usage ADD COLUMN held_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN grace_at INTEGER NOT NULL DEFAULT 0;

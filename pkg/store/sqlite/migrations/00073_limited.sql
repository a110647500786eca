-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- A search for an address finds the keys that are limited to a block around it.
CREATE INDEX keys_limited ON keys (org_id, allowed_cidrs, number) WHERE allowed_cidrs <> '';

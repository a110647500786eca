-- +goose Up

-- A search for an address finds the keys that are limited to a block around it. The blocks of a key can be longer than
-- what an index takes.
CREATE INDEX keys_limited ON keys (org_id, number) WHERE allowed_cidrs <> '';

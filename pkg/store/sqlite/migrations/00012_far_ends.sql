-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- An imported key could end after the year 9999, which nobody can write down.
-- Such an end is never.
UPDATE keys SET expires_at = 0 WHERE expires_at > 253402300799999;
UPDATE keys SET ends_at = 0 WHERE ends_at > 253402300799999;
UPDATE tokens SET expires_at = 0 WHERE expires_at > 253402300799999;

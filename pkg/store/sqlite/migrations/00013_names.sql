-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- Names are kept in NFC. SQL cannot make it: see migrate.go.
SELECT 1;

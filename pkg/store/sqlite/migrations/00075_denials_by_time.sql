-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- Refused requests are listed by time: what servers write one after the other happened at the same time.
CREATE INDEX denials_by_time ON denials (org_id, at, id);

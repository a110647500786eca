-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- Refused requests. They are read by organization, newest first, and removed
-- from the old end; words is what the search compares.
CREATE TABLE denials (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    key_id     TEXT    NOT NULL,
    token_id   TEXT    NOT NULL,
    endpoint   TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    user_agent TEXT    NOT NULL,
    words      TEXT    NOT NULL
) STRICT;
CREATE INDEX denials_of_org ON denials (org_id, id);
CREATE INDEX denials_of_key ON denials (key_id, id) WHERE key_id <> '';

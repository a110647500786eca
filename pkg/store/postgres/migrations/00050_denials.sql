-- +goose Up

-- Refused requests. They are read by organization, newest first, and removed
-- from the old end; words is what the search compares.
CREATE TABLE denials (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    code       TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    key_id     TEXT   NOT NULL,
    token_id   TEXT   NOT NULL,
    endpoint   TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    user_agent TEXT   NOT NULL,
    words      TEXT   NOT NULL
);
CREATE INDEX denials_of_org ON denials (org_id, id);
CREATE INDEX denials_of_key ON denials (key_id, id) WHERE key_id <> '';

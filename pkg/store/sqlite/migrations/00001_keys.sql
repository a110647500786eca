-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.
--
-- Times are milliseconds since 1970, UTC; 0 is none. Lists are joined with
-- commas. A folded text is strings.ToLower of the text, so that no engine
-- needs to know the cases of every alphabet.

-- +goose Up

-- Numbers are never given twice, so that a page's position stays good when
-- the key behind it is gone.
CREATE TABLE keys (
    number             INTEGER PRIMARY KEY AUTOINCREMENT,
    seq                INTEGER NOT NULL,
    id                 TEXT NOT NULL,
    digest             BLOB NOT NULL,
    pepper_id          TEXT NOT NULL,
    org_id             INTEGER NOT NULL,
    name               TEXT NOT NULL,
    role               TEXT NOT NULL,
    pool               TEXT NOT NULL,
    endpoints          TEXT NOT NULL,
    allowed_cidrs      TEXT NOT NULL,
    enabled            INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    revoked_at         INTEGER NOT NULL,
    created_by         TEXT NOT NULL,
    rotated_from       TEXT NOT NULL,
    replaced_by        TEXT NOT NULL,
    hint               TEXT NOT NULL,
    name_folded        TEXT NOT NULL,
    description        TEXT NOT NULL,
    description_folded TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX keys_id         ON keys (id);
CREATE UNIQUE INDEX keys_name       ON keys (org_id, name);
CREATE UNIQUE INDEX keys_seq        ON keys (seq);
CREATE INDEX keys_by_number         ON keys (org_id, number);
CREATE INDEX keys_by_name           ON keys (org_id, name_folded, number, description_folded, revoked_at, expires_at, enabled, role, pool);
CREATE INDEX keys_by_creation       ON keys (org_id, created_at, number);
CREATE INDEX keys_by_expiry         ON keys (org_id, expires_at, number);
CREATE INDEX keys_by_id             ON keys (org_id, lower(id));
CREATE INDEX keys_of_admins         ON keys (org_id) WHERE role = 'Admin' AND endpoints = '' AND revoked_at = 0 AND enabled = 1;

-- Where a text can be at all: see search.go.
CREATE TABLE grams (
    chunk  INTEGER NOT NULL,
    gram   INTEGER NOT NULL,
    blocks INTEGER NOT NULL,
    PRIMARY KEY (chunk, gram)
) STRICT, WITHOUT ROWID;

-- One row for each key from its creation, so that the order of last use is
-- that of an index.
CREATE TABLE usage (
    number    INTEGER PRIMARY KEY REFERENCES keys (number) ON DELETE CASCADE,
    org_id    INTEGER NOT NULL,
    count     INTEGER NOT NULL DEFAULT 0,
    last_at   INTEGER NOT NULL DEFAULT 0,
    last_from TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX usage_by_last_use ON usage (org_id, last_at, number);

-- The change feed: the number of the newest change, and what is left of
-- deleted keys.
CREATE TABLE counter (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seq  INTEGER NOT NULL
) STRICT;
INSERT INTO counter (only, seq) VALUES (1, 0);

CREATE TABLE tombstones (
    seq INTEGER PRIMARY KEY,
    id  TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    address  TEXT NOT NULL,
    action   TEXT NOT NULL,
    key_id   TEXT NOT NULL,
    key_name TEXT NOT NULL,
    detail   TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_org ON audit (org_id, id);
CREATE INDEX audit_by_key ON audit (org_id, key_id, id);

-- The kinds of keys that were ever issued.
CREATE TABLE issued (
    number   INTEGER PRIMARY KEY,
    org_id   INTEGER NOT NULL,
    role     TEXT NOT NULL,
    pool     TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    UNIQUE (org_id, role, pool, endpoint)
) STRICT;

CREATE TABLE peppers (
    id     TEXT PRIMARY KEY,
    digest BLOB NOT NULL
) STRICT;

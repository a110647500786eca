-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- What people are told, one row for each who gets it. Ids are random, so that a receiver knows one again for ever.
CREATE TABLE notices (
    id            TEXT    PRIMARY KEY,
    org_id        INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    event         TEXT    NOT NULL,
    key_id        TEXT    NOT NULL,
    key_name      TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    text          TEXT    NOT NULL,
    data          TEXT    NOT NULL,
    cause         TEXT    NOT NULL,
    lasts         INTEGER NOT NULL,
    digest        INTEGER NOT NULL,
    channel       TEXT    NOT NULL,
    channel_id    TEXT    NOT NULL,
    recipient     TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    attempts      INTEGER NOT NULL,
    since         INTEGER NOT NULL,
    next_at       INTEGER NOT NULL,
    delivered_at  INTEGER NOT NULL,
    error         TEXT    NOT NULL,
    claimed_by    TEXT    NOT NULL DEFAULT '',
    claimed_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_of_org  ON notices (org_id, at, id);
CREATE INDEX notices_by_time ON notices (at, id);
CREATE INDEX notices_due     ON notices (next_at) WHERE state = 'pending';
CREATE INDEX notices_lasting ON notices (channel_id, lasts) WHERE lasts > 0;

-- What was noted about a key, so that nobody is told twice. No key is the server itself.
CREATE TABLE notes (
    key_id TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    value  TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (key_id, kind)
) STRICT, WITHOUT ROWID;

-- Which keys end next, of all organizations.
CREATE INDEX keys_by_any_end ON keys (ends_at) WHERE ends_at > 0 AND revoked_at = 0;

-- Which tokens end by themselves.
CREATE INDEX tokens_by_end ON tokens (expires_at) WHERE expires_at > 0 AND revoked_at = 0;

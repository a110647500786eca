-- +goose Up

-- What people are told, one row for each who gets it. Ids are random, so that a receiver knows one again for ever.
CREATE TABLE notices (
    id            TEXT    COLLATE "C" PRIMARY KEY,
    org_id        BIGINT  NOT NULL,
    at            BIGINT  NOT NULL,
    event         TEXT    NOT NULL,
    key_id        TEXT    NOT NULL,
    key_name      TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    text          TEXT    NOT NULL,
    data          TEXT    NOT NULL,
    cause         TEXT    NOT NULL,
    lasts         BIGINT  NOT NULL,
    digest        BIGINT  NOT NULL,
    channel       TEXT    NOT NULL,
    channel_id    TEXT    NOT NULL,
    recipient     TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    attempts      BIGINT  NOT NULL,
    since         BIGINT  NOT NULL,
    next_at       BIGINT  NOT NULL,
    delivered_at  BIGINT  NOT NULL,
    error         TEXT    NOT NULL,
    claimed_by    TEXT    NOT NULL DEFAULT '',
    claimed_until BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX notices_of_org  ON notices (org_id, at, id);
CREATE INDEX notices_by_time ON notices (at, id);
CREATE INDEX notices_due     ON notices (next_at) WHERE state = 'pending';
CREATE INDEX notices_lasting ON notices (channel_id, lasts) WHERE lasts > 0;

-- What was noted about a key, so that nobody is told twice. No key is the server itself.
CREATE TABLE notes (
    key_id TEXT    COLLATE "C" NOT NULL,
    kind   TEXT    COLLATE "C" NOT NULL,
    value  TEXT    NOT NULL,
    at     BIGINT  NOT NULL,
    PRIMARY KEY (key_id, kind)
);

-- Which keys end next, of all organizations.
CREATE INDEX keys_by_any_end ON keys (ends_at) WHERE ends_at > 0 AND revoked_at = 0;

-- Which tokens end by themselves.
CREATE INDEX tokens_by_end ON tokens (expires_at) WHERE expires_at > 0 AND revoked_at = 0;

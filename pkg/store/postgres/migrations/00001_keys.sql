-- Plain SQL, which CockroachDB and YugabyteDB take as well.
--
-- Times are milliseconds since 1970, UTC; 0 is none. Lists are joined with
-- commas. Truths are 1 and 0. A folded text is the text in lower case, as the
-- program folds it; texts are compared byte by byte, so that every engine and
-- every locale has the same order.

-- +goose Up

CREATE TABLE keys (
    number             BIGINT PRIMARY KEY,
    seq                BIGINT NOT NULL,
    id                 TEXT COLLATE "C" NOT NULL,
    digest             BYTEA NOT NULL,
    pepper_id          TEXT COLLATE "C" NOT NULL,
    org_id             BIGINT NOT NULL,
    name               TEXT COLLATE "C" NOT NULL,
    role               TEXT COLLATE "C" NOT NULL,
    pool               TEXT COLLATE "C" NOT NULL,
    endpoints          TEXT COLLATE "C" NOT NULL,
    allowed_cidrs      TEXT COLLATE "C" NOT NULL,
    enabled            BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    revoked_at         BIGINT NOT NULL,
    created_by         TEXT COLLATE "C" NOT NULL,
    rotated_from       TEXT COLLATE "C" NOT NULL,
    replaced_by        TEXT COLLATE "C" NOT NULL,
    hint               TEXT COLLATE "C" NOT NULL,
    name_folded        TEXT COLLATE "C" NOT NULL,
    description        TEXT COLLATE "C" NOT NULL,
    description_folded TEXT COLLATE "C" NOT NULL,
    origin             TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX keys_id     ON keys (id);
CREATE UNIQUE INDEX keys_name   ON keys (org_id, name);
CREATE UNIQUE INDEX keys_seq    ON keys (seq);
-- The orders. Each holds besides what a filter asks for, so that a walk along
-- one need not look at the keys that it passes over.
CREATE INDEX keys_by_number     ON keys (org_id, number, revoked_at, expires_at, enabled, role, pool);
CREATE INDEX keys_by_name       ON keys (org_id, name_folded, number, revoked_at, expires_at, enabled, role, pool);
CREATE INDEX keys_by_creation   ON keys (org_id, created_at, number, revoked_at, expires_at, enabled, role, pool);
CREATE INDEX keys_by_expiry     ON keys (org_id, expires_at, number, revoked_at, enabled, role, pool);
CREATE INDEX keys_by_id         ON keys (org_id, lower(id));
CREATE INDEX keys_of_admins     ON keys (org_id) WHERE role = 'Admin' AND endpoints = '' AND revoked_at = 0 AND enabled = 1;
CREATE INDEX keys_of_pools      ON keys (org_id, pool, revoked_at, expires_at, enabled) WHERE pool <> '';

-- Where a text can be at all: see sqlkeys/grams.go. Those of descriptions are
-- apart from those of names.
CREATE TABLE grams (
    gram   BIGINT NOT NULL,
    chunk  BIGINT NOT NULL,
    blocks BIGINT NOT NULL,
    PRIMARY KEY (gram, chunk)
);

-- One row for each key from its creation, so that the order of last use is
-- that of an index.
CREATE TABLE usage (
    number    BIGINT PRIMARY KEY,
    org_id    BIGINT NOT NULL,
    count     BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    last_from TEXT COLLATE "C" NOT NULL
);
CREATE INDEX usage_by_last_use ON usage (org_id, last_at, number);

-- The last batch of usage that each process has recorded, so that none counts
-- twice when it is not known whether its commit counts.
CREATE TABLE recorders (
    id    TEXT COLLATE "C" PRIMARY KEY,
    batch BIGINT NOT NULL,
    at    BIGINT NOT NULL
);

-- The one row that every transaction which changes something locks first. Seq
-- is the number of the newest change in the feed, or -1 in a copy that is not
-- whole yet. The others were given to the last key and to the last audit
-- entry; they are never given twice, so that a page's position stays good when
-- what was there is gone.
CREATE TABLE counter (
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    seq    BIGINT NOT NULL,
    number BIGINT NOT NULL,
    audit  BIGINT NOT NULL
);
INSERT INTO counter (id, seq, number, audit) VALUES (1, 0, 0, 0);

CREATE TABLE tombstones (
    seq BIGINT PRIMARY KEY,
    id  TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE audit (
    id       BIGINT PRIMARY KEY,
    org_id   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    actor    TEXT COLLATE "C" NOT NULL,
    address  TEXT COLLATE "C" NOT NULL,
    action   TEXT COLLATE "C" NOT NULL,
    key_id   TEXT COLLATE "C" NOT NULL,
    key_name TEXT COLLATE "C" NOT NULL,
    detail   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_by_org ON audit (org_id, id);
CREATE INDEX audit_by_key ON audit (org_id, key_id, id);

-- The kinds of keys that were ever issued.
CREATE TABLE issued (
    number   BIGINT PRIMARY KEY,
    org_id   BIGINT NOT NULL,
    role     TEXT COLLATE "C" NOT NULL,
    pool     TEXT COLLATE "C" NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    UNIQUE (org_id, role, pool, endpoint)
);

CREATE TABLE peppers (
    number BIGINT NOT NULL UNIQUE,
    id     TEXT COLLATE "C" PRIMARY KEY,
    digest BYTEA NOT NULL
);

-- Agent pools. A key names its pool; see keys.pool.
CREATE TABLE pools (
    org_id      BIGINT NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    created_by  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, name)
);

-- The keys of other systems that were ever taken over, so that one which is
-- gone does not come back.
CREATE TABLE imported (
    org_id BIGINT NOT NULL,
    mark   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, mark)
);

-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- Agent pools. A key names its pool; see keys.pool.
CREATE TABLE pools (
    org_id      INTEGER NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    PRIMARY KEY (org_id, name)
) STRICT, WITHOUT ROWID;

-- Until now a pool was there because a key named it.
INSERT INTO pools (org_id, name, description, created_at, created_by)
SELECT org_id, pool, '', created_at, created_by FROM keys
WHERE number IN (SELECT min(number) FROM keys WHERE pool <> '' GROUP BY org_id, pool);

CREATE INDEX keys_of_pools ON keys (org_id, pool, revoked_at, expires_at, enabled) WHERE pool <> '';

-- Where a key was taken over from, as JSON; empty for those made here.
ALTER TABLE keys ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- The keys of other systems that were ever taken over, so that one which is
-- gone does not come back.
CREATE TABLE imported (
    org_id INTEGER NOT NULL,
    mark   TEXT NOT NULL,
    PRIMARY KEY (org_id, mark)
) STRICT, WITHOUT ROWID;

-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- What opens a key. Until now each had one, and rotating made a second key: of
-- such a chain one key is made below, with a token of each. The place is the
-- order in which a key's tokens came. A token's own end is 0 if it ends with
-- its key.
CREATE TABLE tokens (
    number     INTEGER NOT NULL REFERENCES keys (number) ON DELETE CASCADE,
    place      INTEGER NOT NULL,
    id         TEXT NOT NULL,
    digest     BLOB NOT NULL,
    pepper_id  TEXT NOT NULL,
    hint       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    origin     TEXT NOT NULL,
    count      INTEGER NOT NULL DEFAULT 0,
    last_at    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (number, place)
) STRICT, WITHOUT ROWID;

-- The chains: of each key the number of the newest that it became, and its
-- place. A key that still works, and to which the next one may do something that
-- it may not, stays a key of its own, so that no token gains anything.
CREATE TEMP TABLE chains (
    number INTEGER PRIMARY KEY,
    newest INTEGER NOT NULL,
    place  INTEGER NOT NULL -- from the newest, which is 0
) STRICT;
INSERT INTO chains (number, newest, place)
WITH RECURSIVE
links (older, newer) AS (
    SELECT o.number, n.number FROM keys AS o JOIN keys AS n ON n.id = o.replaced_by AND n.rotated_from = o.id AND n.org_id = o.org_id
    WHERE o.revoked_at > 0 OR o.enabled = 0 OR o.expires_at > 0 AND o.expires_at <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
       OR (o.role = n.role OR o.role = 'Admin' OR o.role = 'Editor' AND n.role = 'Viewer') AND o.pool = n.pool AND o.endpoints IN ('', n.endpoints) AND o.allowed_cidrs IN ('', n.allowed_cidrs)
),
chain (number, newest, place) AS (
    SELECT number, number, 0 FROM keys WHERE number NOT IN (SELECT older FROM links)
    UNION ALL SELECT l.older, c.newest, c.place + 1 FROM chain AS c JOIN links AS l ON l.newer = c.number
)
SELECT number, newest, place FROM chain;
CREATE INDEX temp.chains_by_newest ON chains (newest, place);

INSERT INTO tokens (number, place, id, digest, pepper_id, hint, created_at, created_by, expires_at, revoked_at, origin, count, last_at)
SELECT c.newest, (SELECT max(m.place) FROM chains AS m WHERE m.newest = c.newest) - c.place + 1,
    k.id, k.digest, k.pepper_id, k.hint, k.created_at, k.created_by,
    CASE WHEN c.place > 0 THEN k.expires_at ELSE 0 END,
    CASE WHEN c.place > 0 AND k.revoked_at > 0 THEN k.revoked_at
         WHEN c.place > 0 AND k.enabled = 0 THEN CAST(unixepoch('subsec') * 1000 AS INTEGER) ELSE 0 END,
    k.origin, u.count, u.last_at
FROM chains AS c JOIN keys AS k ON k.number = c.number JOIN usage AS u ON u.number = k.number;
CREATE UNIQUE INDEX tokens_id ON tokens (id);
CREATE INDEX tokens_by_id     ON tokens (lower(id));

-- The newest key of a chain takes in the others: their use, their trail, and the
-- id and the beginning of the first.
INSERT INTO usage_days (day, number, count)
SELECT d.day, c.newest, d.count FROM usage_days AS d JOIN chains AS c ON c.number = d.number WHERE c.place > 0
ON CONFLICT DO UPDATE SET count = count + excluded.count;
DELETE FROM usage_days WHERE number IN (SELECT number FROM chains WHERE place > 0);
UPDATE usage SET
    count = (SELECT sum(u.count) FROM chains AS c JOIN usage AS u ON u.number = c.number WHERE c.newest = usage.number),
    (last_at, last_from) = (SELECT u.last_at, u.last_from FROM chains AS c JOIN usage AS u ON u.number = c.number WHERE c.newest = usage.number
        ORDER BY u.last_at DESC, c.place LIMIT 1)
WHERE number IN (SELECT newest FROM chains WHERE place > 0);
UPDATE audit SET key_id = f.id
FROM keys AS k JOIN chains AS c ON c.number = k.number JOIN tokens AS f ON f.number = c.newest AND f.place = 1
WHERE k.id = audit.key_id AND k.id <> f.id;
DELETE FROM usage WHERE number IN (SELECT number FROM chains WHERE place > 0);
DELETE FROM keys WHERE number IN (SELECT number FROM chains WHERE place > 0);
UPDATE keys SET id = f.id, created_at = f.created_at, created_by = f.created_by
FROM tokens AS f WHERE f.number = keys.number AND f.place = 1 AND f.id <> keys.id;
DROP TABLE temp.chains;

-- When the last of a key's tokens ends; 0 = never.
ALTER TABLE keys ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;
UPDATE keys SET ends_at = expires_at WHERE expires_at > 0;

-- The mark of a key: see apikey.Mark. Keys without one get it when the store is
-- opened with its pepper.
ALTER TABLE keys ADD COLUMN mark_pepper TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN mark BLOB NOT NULL DEFAULT x'';
CREATE INDEX keys_unmarked ON keys (number) WHERE mark_pepper = '';

DROP INDEX keys_by_id;
DROP INDEX keys_by_name;
DROP INDEX keys_of_pools;
ALTER TABLE keys DROP COLUMN digest;
ALTER TABLE keys DROP COLUMN pepper_id;
ALTER TABLE keys DROP COLUMN rotated_from;
ALTER TABLE keys DROP COLUMN replaced_by;
ALTER TABLE keys DROP COLUMN hint;
ALTER TABLE keys DROP COLUMN origin;
CREATE INDEX keys_by_name  ON keys (org_id, name_folded, number, description_folded, revoked_at, ends_at, enabled, role, pool);
CREATE INDEX keys_of_pools ON keys (org_id, pool, revoked_at, ends_at, enabled) WHERE pool <> '';

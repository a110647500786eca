-- +goose Up

-- A key that still works, and to which the next one may do something that it may
-- not, stays a key of its own, so that no token gains anything.
INSERT INTO chains (number, newest, place)
WITH RECURSIVE
links (older, newer) AS (
    SELECT o.number, n.number FROM keys AS o JOIN keys AS n ON n.id = o.replaced_by AND n.rotated_from = o.id AND n.org_id = o.org_id
    WHERE o.revoked_at > 0 OR o.enabled = 0 OR o.expires_at > 0 AND o.expires_at <= (extract(epoch FROM now()) * 1000)::bigint
       OR (o.role = n.role OR o.role = 'Admin' OR o.role = 'Editor' AND n.role = 'Viewer') AND o.pool = n.pool
          AND o.endpoints IN ('', n.endpoints) AND o.allowed_cidrs IN ('', n.allowed_cidrs)
),
chain (number, newest, place) AS (
    SELECT number, number, 0::bigint FROM keys WHERE NOT EXISTS (SELECT 1 FROM links WHERE links.older = keys.number)
    UNION ALL SELECT l.older, c.newest, c.place + 1 FROM chain AS c JOIN links AS l ON l.newer = c.number
)
SELECT number, newest, place FROM chain;

INSERT INTO tokens (number, place, id, digest, pepper_id, hint, created_at, created_by, expires_at, revoked_at, origin, count, last_at)
SELECT c.newest, m.most - c.place + 1, k.id, k.digest, k.pepper_id, k.hint, k.created_at, k.created_by,
    CASE WHEN c.place > 0 THEN k.expires_at ELSE 0 END,
    CASE WHEN c.place > 0 AND k.revoked_at > 0 THEN k.revoked_at
         WHEN c.place > 0 AND k.enabled = 0 THEN (extract(epoch FROM now()) * 1000)::bigint ELSE 0 END,
    k.origin, u.count, u.last_at
FROM chains AS c JOIN keys AS k ON k.number = c.number JOIN usage AS u ON u.number = k.number
    JOIN (SELECT newest, max(place) AS most FROM chains GROUP BY newest) AS m ON m.newest = c.newest;

-- The newest key of a chain takes in the others: their use, their trail, and the
-- id and the beginning of the first.
INSERT INTO usage_days (day, number, count)
SELECT d.day, c.newest, sum(d.count)::bigint FROM usage_days AS d JOIN chains AS c ON c.number = d.number WHERE c.place > 0 GROUP BY d.day, c.newest
ON CONFLICT (day, number) DO UPDATE SET count = usage_days.count + excluded.count;
DELETE FROM usage_days WHERE number IN (SELECT number FROM chains WHERE place > 0);
UPDATE usage SET count = s.count, last_at = s.last_at, last_from = s.last_from
FROM (SELECT DISTINCT ON (c.newest) c.newest, (sum(u.count) OVER (PARTITION BY c.newest))::bigint AS count, u.last_at, u.last_from
    FROM chains AS c JOIN usage AS u ON u.number = c.number ORDER BY c.newest, u.last_at DESC, c.place) AS s
WHERE usage.number = s.newest AND s.newest IN (SELECT newest FROM chains WHERE place > 0);
UPDATE audit SET key_id = f.id
FROM keys AS k JOIN chains AS c ON c.number = k.number JOIN tokens AS f ON f.number = c.newest AND f.place = 1
WHERE k.id = audit.key_id AND k.id <> f.id;
DELETE FROM usage WHERE number IN (SELECT number FROM chains WHERE place > 0);
DELETE FROM keys WHERE number IN (SELECT number FROM chains WHERE place > 0);
UPDATE keys SET id = f.id, created_at = f.created_at, created_by = f.created_by
FROM tokens AS f WHERE f.number = keys.number AND f.place = 1 AND f.id <> keys.id;
UPDATE keys SET ends_at = expires_at WHERE expires_at > 0;

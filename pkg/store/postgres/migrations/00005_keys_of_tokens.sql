-- +goose Up

DROP TABLE chains;
DROP INDEX keys_by_id;
DROP INDEX keys_by_number;
DROP INDEX keys_by_name;
DROP INDEX keys_by_creation;
DROP INDEX keys_by_expiry;
DROP INDEX keys_of_pools;
ALTER TABLE keys DROP COLUMN digest;
ALTER TABLE keys DROP COLUMN pepper_id;
ALTER TABLE keys DROP COLUMN rotated_from;
ALTER TABLE keys DROP COLUMN replaced_by;
ALTER TABLE keys DROP COLUMN hint;
ALTER TABLE keys DROP COLUMN origin;
CREATE INDEX keys_by_number   ON keys (org_id, number, revoked_at, ends_at, enabled, role, pool);
CREATE INDEX keys_by_name     ON keys (org_id, name_folded, number, revoked_at, ends_at, enabled, role, pool);
CREATE INDEX keys_by_creation ON keys (org_id, created_at, number, revoked_at, ends_at, enabled, role, pool);
CREATE INDEX keys_by_expiry   ON keys (org_id, expires_at, number, revoked_at, ends_at, enabled, role, pool);
CREATE INDEX keys_of_pools    ON keys (org_id, pool, revoked_at, ends_at, enabled) WHERE pool <> '';

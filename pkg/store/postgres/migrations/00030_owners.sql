-- +goose Up

-- Who answers for a key, what it is sorted by, the tenants that it may act for, and how much it may ask for. Labels are
-- name=value, one to a line; limits are as apikey.Limits.String writes them. Keys from before have none of it.
ALTER TABLE keys ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN labels TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN tenants TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN limits TEXT COLLATE "C" NOT NULL DEFAULT '';

-- When a key that is not enabled is so again by itself; 0 = never.
ALTER TABLE keys ADD COLUMN disabled_until BIGINT NOT NULL DEFAULT 0;

DROP INDEX keys_by_number;
DROP INDEX keys_by_name;
DROP INDEX keys_by_creation;
DROP INDEX keys_by_expiry;
DROP INDEX keys_of_pools;
DROP INDEX keys_of_admins;
CREATE INDEX keys_by_number   ON keys (org_id, number, revoked_at, ends_at, enabled, disabled_until, role, pool);
CREATE INDEX keys_by_name     ON keys (org_id, name_folded, number, revoked_at, ends_at, enabled, disabled_until, role, pool);
CREATE INDEX keys_by_creation ON keys (org_id, created_at, number, revoked_at, ends_at, enabled, disabled_until, role, pool);
CREATE INDEX keys_by_expiry   ON keys (org_id, expires_at, number, revoked_at, ends_at, enabled, disabled_until, role, pool);
CREATE INDEX keys_of_pools    ON keys (org_id, pool, revoked_at, ends_at, enabled, disabled_until) WHERE pool <> '';
CREATE INDEX keys_of_admins   ON keys (org_id)
    WHERE role = 'Admin' AND endpoints = '' AND revoked_at = 0 AND (enabled = 1 OR disabled_until > 0);

-- Whose keys are whose, and which end within a time.
CREATE INDEX keys_by_owner ON keys (org_id, owner, number);
CREATE INDEX keys_by_end ON keys (org_id, ends_at, number);

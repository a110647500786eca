-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- How many requests ended with a code, by the hour. The organization 0 stands for those of which none is known.
CREATE TABLE hours (
    hour     INTEGER NOT NULL,
    org_id   INTEGER NOT NULL,
    endpoint TEXT    NOT NULL,
    code     TEXT    NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (hour, org_id, endpoint, code)
) STRICT, WITHOUT ROWID;

-- How often keys were refused, by day.
ALTER TABLE usage_days ADD COLUMN denied INTEGER NOT NULL DEFAULT 0;

-- The keys of an organization that were sent most often on a day.
CREATE TABLE busy (
    day    INTEGER NOT NULL,
    org_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (day, org_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO busy (day, org_id, number)
    SELECT day, org_id, number FROM (
        SELECT d.day, u.org_id, d.number,
            row_number() OVER (PARTITION BY d.day, u.org_id ORDER BY d.count DESC, d.number) AS place
        FROM usage_days AS d JOIN usage AS u ON u.number = d.number
        WHERE d.day >= (SELECT max(day) FROM usage_days) - 31)
    WHERE place <= 20;

-- So that keys are counted by state, and those that nobody uses, out of indexes alone.
DROP INDEX keys_by_end;
CREATE INDEX keys_by_end ON keys (org_id, ends_at, number, revoked_at, enabled, disabled_until);
CREATE INDEX keys_revoked ON keys (org_id, ends_at) WHERE revoked_at > 0;
CREATE INDEX keys_off ON keys (org_id, ends_at, disabled_until) WHERE enabled = 0 AND revoked_at = 0;
ALTER TABLE usage ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
UPDATE usage SET created_at = (SELECT k.created_at FROM keys AS k WHERE k.number = usage.number);
DROP INDEX usage_by_last_use;
CREATE INDEX usage_by_last_use ON usage (org_id, last_at, number, created_at);

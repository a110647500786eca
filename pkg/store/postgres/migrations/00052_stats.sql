-- +goose Up

-- How many requests ended with a code, by the hour. The organization 0 stands for those of which none is known.
CREATE TABLE hours (
    hour     BIGINT NOT NULL,
    org_id   BIGINT NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    code     TEXT COLLATE "C" NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (hour, org_id, endpoint, code)
);

-- How often keys were refused, by day.
ALTER TABLE usage_days ADD COLUMN denied BIGINT NOT NULL DEFAULT 0;

-- The keys of an organization that were sent most often on a day.
CREATE TABLE busy (
    day    BIGINT NOT NULL,
    org_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (day, org_id, number)
);
INSERT INTO busy (day, org_id, number)
    SELECT day, org_id, number FROM (
        SELECT d.day, u.org_id, d.number,
            row_number() OVER (PARTITION BY d.day, u.org_id ORDER BY d.count DESC, d.number) AS place
        FROM usage_days AS d JOIN usage AS u ON u.number = d.number
        WHERE d.day >= (SELECT max(day) FROM usage_days) - 31) AS ranked
    WHERE place <= 20;

-- So that keys are counted by state, and those that nobody uses, out of indexes alone.
DROP INDEX keys_by_end;
CREATE INDEX keys_by_end ON keys (org_id, ends_at, number, revoked_at, enabled, disabled_until);
CREATE INDEX keys_revoked ON keys (org_id, ends_at) WHERE revoked_at > 0;
CREATE INDEX keys_off ON keys (org_id, ends_at, disabled_until) WHERE enabled = 0 AND revoked_at = 0;
ALTER TABLE usage ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
UPDATE usage SET created_at = k.created_at FROM keys AS k WHERE k.number = usage.number;
DROP INDEX usage_by_last_use;
CREATE INDEX usage_by_last_use ON usage (org_id, last_at, number, created_at);

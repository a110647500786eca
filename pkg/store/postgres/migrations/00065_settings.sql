-- +goose Up

-- What organizations keep beside their keys: endpoints of the gate, and their policies. The value is JSON.
CREATE TABLE settings (
    org_id      BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    value       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL,
    changed_by  TEXT   NOT NULL,
    mark_pepper TEXT COLLATE "C" NOT NULL,
    mark        BYTEA  NOT NULL,
    PRIMARY KEY (org_id, kind, name)
);

-- The number of the newest change to any setting.
ALTER TABLE counter ADD COLUMN settings BIGINT NOT NULL DEFAULT 0;

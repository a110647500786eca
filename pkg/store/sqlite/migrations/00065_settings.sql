-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- What organizations keep beside their keys: endpoints of the gate, and their policies. The value is JSON.
CREATE TABLE settings (
    org_id      INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    changed_at  INTEGER NOT NULL,
    changed_by  TEXT    NOT NULL,
    mark_pepper TEXT    NOT NULL,
    mark        BLOB    NOT NULL,
    PRIMARY KEY (org_id, kind, name)
) STRICT, WITHOUT ROWID;

-- The number of the newest change to any setting.
ALTER TABLE counter ADD COLUMN settings INTEGER NOT NULL DEFAULT 0;

-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- The newest entry about each key that was changed, and about settings, name the marks that rows must have. The queries
-- list the same actions.
CREATE INDEX audit_changes ON audit (key_id, id)
    WHERE action IN ('update', 'enable', 'disable', 'rotate', 'endToken', 'leak', 'revoke', 'delete', 'adopt');
CREATE INDEX audit_settings ON audit (id)
    WHERE action IN ('createEndpoint', 'updateEndpoint', 'deleteEndpoint', 'updatePolicy');

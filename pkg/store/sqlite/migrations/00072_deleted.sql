-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- A key that something deletes leaves a tombstone in the feed, whoever it is: so servers that run learn of it. A copy
-- that is not whole brings its own tombstones.
-- +goose StatementBegin
CREATE TRIGGER keys_deleted AFTER DELETE ON keys WHEN (SELECT seq FROM counter) >= 0
BEGIN
    UPDATE counter SET seq = seq + 1;
    INSERT OR REPLACE INTO tombstones (seq, id, at)
        VALUES ((SELECT seq FROM counter), OLD.id, CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
-- +goose StatementEnd

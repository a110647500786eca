-- +goose Up

-- A key that something deletes leaves a tombstone in the feed, whoever it is: so servers that run learn of it. A copy
-- that is not whole brings its own tombstones. Where all keys go at once, servers load all again.
-- +goose StatementBegin
CREATE FUNCTION note_deleted_key() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next BIGINT;
BEGIN
    EXECUTE format('UPDATE %I.counter SET seq = seq + 1 WHERE seq >= 0 RETURNING seq', TG_TABLE_SCHEMA) INTO next;
    IF next IS NOT NULL THEN
        EXECUTE format('INSERT INTO %I.tombstones (seq, id, at) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, at = excluded.at', TG_TABLE_SCHEMA)
            USING next, OLD.id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION note_no_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE %I.counter SET seq = seq + 1, forgotten = seq + 1 WHERE seq >= 0', TG_TABLE_SCHEMA);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keys_deleted AFTER DELETE ON keys FOR EACH ROW EXECUTE FUNCTION note_deleted_key();
CREATE TRIGGER keys_truncated AFTER TRUNCATE ON keys FOR EACH STATEMENT EXECUTE FUNCTION note_no_keys();

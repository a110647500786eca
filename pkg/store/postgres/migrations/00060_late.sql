-- +goose Up

-- When a key last came after its end: to an endpoint that holds, and to one that lets it in.
ALTER TABLE usage ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0, ADD COLUMN grace_at BIGINT NOT NULL DEFAULT 0;

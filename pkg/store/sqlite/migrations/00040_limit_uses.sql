-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- How servers share the limits of keys: what each let in on a day, and what its clients ask for. A scope is the endpoint
-- whose limits they are; the empty one is the key's own. The empty server stands for all that are gone.
CREATE TABLE limit_uses (
    number         INTEGER NOT NULL,
    scope          TEXT NOT NULL,
    server         TEXT NOT NULL,
    day            INTEGER NOT NULL,
    requests       INTEGER NOT NULL,
    bytes          INTEGER NOT NULL,
    wants_requests INTEGER NOT NULL,
    wants_bytes    INTEGER NOT NULL,
    wants_running  INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (number, scope, server)
) STRICT, WITHOUT ROWID;

-- When a server was last heard of.
CREATE TABLE limit_servers (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

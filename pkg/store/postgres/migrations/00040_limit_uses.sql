-- +goose Up

-- How servers share the limits of keys: what each let in on a day, and what its clients ask for. A scope is the endpoint
-- whose limits they are; the empty one is the key's own. The empty server stands for all that are gone.
CREATE TABLE limit_uses (
    number         BIGINT NOT NULL,
    scope          TEXT COLLATE "C" NOT NULL,
    server         TEXT COLLATE "C" NOT NULL,
    day            BIGINT NOT NULL,
    requests       BIGINT NOT NULL,
    bytes          BIGINT NOT NULL,
    wants_requests BIGINT NOT NULL,
    wants_bytes    BIGINT NOT NULL,
    wants_running  BIGINT NOT NULL,
    at             BIGINT NOT NULL,
    PRIMARY KEY (number, scope, server)
);

-- When a server was last heard of, by the clock of the database.
CREATE TABLE limit_servers (
    id TEXT COLLATE "C" PRIMARY KEY,
    at BIGINT NOT NULL
);

-- +goose Up

-- Who sends the tokens of a key. The digest is that of what distinguishes clients; day is that of last_at, and changes
-- less often, so that the index does too.
CREATE TABLE clients (
    number     BIGINT NOT NULL,
    digest     BIGINT NOT NULL,
    token_id   TEXT COLLATE "C" NOT NULL,
    address    TEXT COLLATE "C" NOT NULL,
    user_agent TEXT COLLATE "C" NOT NULL,
    endpoint   TEXT COLLATE "C" NOT NULL,
    tenant     TEXT COLLATE "C" NOT NULL,
    first_at   BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    day        BIGINT NOT NULL,
    requests   BIGINT NOT NULL,
    denied     BIGINT NOT NULL,
    PRIMARY KEY (number, digest)
);
CREATE INDEX clients_by_day ON clients (day);

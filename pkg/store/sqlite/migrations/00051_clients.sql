-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- Who sends the tokens of a key. The digest is that of what distinguishes clients; day is that of last_at, and changes
-- less often, so that the index does too.
CREATE TABLE clients (
    number     INTEGER NOT NULL,
    digest     INTEGER NOT NULL,
    token_id   TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    user_agent TEXT    NOT NULL,
    endpoint   TEXT    NOT NULL,
    tenant     TEXT    NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    day        INTEGER NOT NULL,
    requests   INTEGER NOT NULL,
    denied     INTEGER NOT NULL,
    PRIMARY KEY (number, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX clients_by_day ON clients (day);

-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- How often a key was used on a day, in days since 1970-01-01, UTC. The day
-- comes first, so that the uses of a moment are written to few pages, and old
-- days are removed from one end. A reference to keys would need an index of its
-- own: the program removes what is left of a deleted key.
CREATE TABLE usage_days (
    day    INTEGER NOT NULL,
    number INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (day, number)
) STRICT, WITHOUT ROWID;

-- +goose Up

-- How often a key was used on a day, in days since 1970-01-01, UTC. The day
-- comes first, so that the uses of a moment are written to few pages, and old
-- days are removed from one end.
CREATE TABLE usage_days (
    day    BIGINT NOT NULL,
    number BIGINT NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (day, number)
);

-- +goose NO TRANSACTION
-- The whole upgrade runs in one transaction: see migrate.go.

-- +goose Up

-- The rules by which keys were let in or refused: paths of endpoints, with methods.
CREATE TABLE rules (
    id       INTEGER PRIMARY KEY,
    endpoint TEXT    NOT NULL,
    path     TEXT    NOT NULL,
    method   TEXT    NOT NULL,
    UNIQUE (endpoint, path, method)
) STRICT;

-- How often they did so, by day and key.
CREATE TABLE rule_uses (
    day        INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    rule       INTEGER NOT NULL,
    allowed    INTEGER NOT NULL,
    denied     INTEGER NOT NULL,
    allowed_at INTEGER NOT NULL,
    denied_at  INTEGER NOT NULL,
    PRIMARY KEY (day, number, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_uses_by_rule ON rule_uses (rule, day);

-- Who used which endpoint lately is known of clients, all on the day of their last request.
INSERT INTO rules (id, endpoint, path, method)
    SELECT row_number() OVER (ORDER BY endpoint), endpoint, '', ''
    FROM (SELECT DISTINCT endpoint FROM clients WHERE requests > denied) AS used;
INSERT INTO rule_uses (day, number, rule, allowed, denied, allowed_at, denied_at)
    SELECT c.day, c.number, r.id, sum(c.requests - c.denied), sum(c.denied), max(c.last_at), 0
    FROM clients AS c JOIN rules AS r ON r.endpoint = c.endpoint
    WHERE c.requests > c.denied GROUP BY c.day, c.number, r.id;

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Write runs fn in a transaction. Fn must not call Write.
func (s *Store) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	if err := s.enter(); err != nil {
		return apikey.Unavailable("write", err)
	}
	defer s.inUse.Done()
	tx, err := s.begin(ctx)
	if err != nil {
		return s.explain(ctx, "begin", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	t := &transaction{store: s, tx: tx, grams: sqlkeys.BlockGrams{}}
	if err := fn(t); err != nil {
		return err
	}
	if err := t.writeGrams(ctx); err != nil {
		return err
	}
	if err := t.writeHead(ctx); err != nil {
		return err
	}
	return s.explain(ctx, "commit", tx.Commit())
}

// begin starts a transaction that holds the write lock from the start.
func (s *Store) begin(ctx context.Context) (tx *sql.Tx, err error) {
	err = s.untilFree(ctx, func() error {
		tx, err = s.write.BeginTx(ctx, nil)
		return err
	})
	return tx, err
}

// transaction is one call of Write.
type transaction struct {
	store *Store
	tx    *sql.Tx
	grams sqlkeys.BlockGrams // to be written at the end
	head  *apikey.TrailHead  // nil = not read yet
	moved bool               // the head has to be written at the end
}

func (t *transaction) exec(ctx context.Context, what, query string, args ...any) error {
	_, err := t.tx.ExecContext(ctx, query, args...)
	return t.store.explain(ctx, what, err)
}

func (t *transaction) Key(ctx context.Context, orgID int64, id string) (*apikey.Key, error) {
	k, err := oneKey(ctx, t.tx, orgID, id)
	return k, t.store.explain(ctx, "read key", err)
}

func (t *transaction) AnyKey(ctx context.Context, id string) (*apikey.Key, error) {
	k, err := onlyKey(ctx, t.tx, sqlkeys.Cond("k.id = ?", id))
	return k, t.store.explain(ctx, "read key", err)
}

func (t *transaction) Insert(ctx context.Context, k *apikey.Key) error {
	seq, err := t.nextSeq(ctx)
	if err != nil {
		return err
	}
	if err := t.insert(ctx, k, seq); err != nil {
		return err
	}
	return t.exec(ctx, "insert usage", `INSERT INTO usage (number, org_id, created_at) VALUES (?, ?, ?)`, k.Number, k.OrgID,
		sqlkeys.Millis(k.CreatedAt))
}

// The statements that write sqlkeys.KeyFields.
var (
	insertKey = `INSERT INTO keys (` + strings.Join(sqlkeys.KeyFields, ", ") + `) VALUES (?` + strings.Repeat(", ?", len(sqlkeys.KeyFields)-1) + `)` //nolint:gosec // G202: our own names
	updateKey = `UPDATE keys SET ` + strings.Join(sqlkeys.KeyFields, " = ?, ") +
		` = ? WHERE id = ? AND org_id = ? RETURNING number`
)

// insert adds a key, but not its usage, and sets its Number and Seq.
func (t *transaction) insert(ctx context.Context, k *apikey.Key, seq int64) error {
	res, err := t.tx.ExecContext(ctx, insertKey, sqlkeys.Values(k, seq)...)
	if err != nil {
		return t.keyError(ctx, "insert key", k, err)
	}
	number, err := res.LastInsertId()
	if err != nil {
		return t.store.explain(ctx, "insert key", err)
	}
	k.Number, k.Seq = number, seq
	t.grams.Add(k, number, 0)
	for i := range k.Tokens {
		values, err := sqlkeys.TokenValues(&k.Tokens[i])
		if err != nil {
			return err
		}
		if _, err := t.tx.ExecContext(ctx, insertToken, append([]any{number, i + 1}, values...)...); err != nil {
			return t.keyError(ctx, "insert token", k, err)
		}
	}
	return nil
}

func (t *transaction) Update(ctx context.Context, k *apikey.Key) error {
	seq, err := t.nextSeq(ctx)
	if err != nil {
		return err
	}
	var number int64
	err = t.tx.QueryRowContext(ctx, updateKey, append(sqlkeys.Values(k, seq), k.ID, k.OrgID)...).Scan(&number)
	if err != nil {
		return t.keyError(ctx, "update key", k, err)
	}
	k.Seq = seq
	t.grams.Add(k, number, 0)
	if err := t.forgetTokens(ctx, k, number); err != nil {
		return err
	}
	return t.writeTokens(ctx, k, number)
}

// insertToken writes the key's number, the place and sqlkeys.TokenFields.
var insertToken = `INSERT INTO tokens (number, place, ` + strings.Join(sqlkeys.TokenFields, ", ") + `) VALUES (` + parameters(2+len(sqlkeys.TokenFields)) + `)` //nolint:gosec // G202: our own names

// writeToken writes sqlkeys.TokenFields, and leaves the place and the usage of a
// token that is there as they are.
var writeToken = func() string {
	fields := strings.Join(sqlkeys.TokenFields, ", ")
	var sets []string
	for _, field := range sqlkeys.TokenFields {
		sets = append(sets, field+" = excluded."+field)
	}
	return `INSERT INTO tokens (number, place, ` + fields +
		`) VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM tokens WHERE number = ?1)` +
		strings.Repeat(", ?", len(sqlkeys.TokenFields)) + `) ON CONFLICT (id) DO UPDATE SET ` +
		strings.Join(sets, ", ") + ` WHERE number = excluded.number`
}()

// writeTokens writes a key's tokens in their order.
func (t *transaction) writeTokens(ctx context.Context, k *apikey.Key, number int64) error {
	for i := range k.Tokens {
		values, err := sqlkeys.TokenValues(&k.Tokens[i])
		if err != nil {
			return err
		}
		written, err := t.insertOnce(ctx, "write token", writeToken, append([]any{number}, values...)...)
		if err != nil {
			return err
		}
		if !written { // another key has it
			return sqlkeys.ErrIDTaken(k)
		}
	}
	return nil
}

// forgetTokens removes those that the key has no longer.
func (t *transaction) forgetTokens(ctx context.Context, k *apikey.Key, number int64) error {
	args := []any{number}
	for _, token := range k.Tokens {
		args = append(args, token.ID)
	}
	return t.exec(ctx, "forget tokens",
		`DELETE FROM tokens WHERE number = ? AND id NOT IN (`+parameters(len(k.Tokens))+`)`, args...)
}

// Delete leaves the tombstone to a trigger, which leaves one as well where something else deletes a key.
func (t *transaction) Delete(ctx context.Context, k *apikey.Key) error {
	var number int64
	err := t.tx.QueryRowContext(ctx, `DELETE FROM keys WHERE id = ? AND org_id = ? RETURNING number`, k.ID,
		k.OrgID).Scan(&number)
	if err != nil {
		return t.keyError(ctx, "delete key", k, err)
	}
	if err := t.forgetLimits(ctx, number); err != nil {
		return err
	}
	if err := t.exec(ctx, "delete notes", sqlkeys.DeleteNotes, k.ID); err != nil {
		return err
	}
	if err := t.forgetDays(ctx, number); err != nil {
		return err
	}
	if err := t.forgetClients(ctx, k.OrgID, number); err != nil {
		return err
	}
	if err := t.forgetRules(ctx, number); err != nil {
		return err
	}
	return t.forgetGrams(ctx, number)
}

// nextSeq raises the counter of the change feed. It does so before the key is
// written, so that a transaction holds one order of locks on every engine.
func (t *transaction) nextSeq(ctx context.Context) (seq int64, err error) {
	err = t.tx.QueryRowContext(ctx, `UPDATE counter SET seq = seq + 1 RETURNING seq`).Scan(&seq)
	return seq, t.store.explain(ctx, "raise the change counter", err)
}

// keyError explains why a key could not be written.
func (t *transaction) keyError(ctx context.Context, what string, k *apikey.Key, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return sqlkeys.ErrNotFound()
	case isTaken(err, "keys.org_id, keys.name"):
		return sqlkeys.ErrNameTaken(k)
	case isTaken(err, "keys.id"), isTaken(err, "tokens.id"):
		return sqlkeys.ErrIDTaken(k)
	}
	return t.store.explain(ctx, what, err)
}

// OtherUsableAdmin repeats the condition of the index keys_of_admins.
func (t *transaction) OtherUsableAdmin(
	ctx context.Context, orgID int64, id string, now, at time.Time,
) (found bool, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM keys
		WHERE role = 'Admin' AND endpoints = '' AND revoked_at = 0 AND (enabled = 1 OR disabled_until > 0)
		AND (enabled = 1 OR disabled_until <= ?4) AND org_id = ?1 AND id <> ?2 AND (ends_at = 0 OR ends_at > ?3))`,
		orgID, id, sqlkeys.Millis(at), sqlkeys.Millis(now)).Scan(&found)
	return found, t.store.explain(ctx, "look for an Admin key", err)
}

func (t *transaction) Untouched(ctx context.Context, orgID int64) (untouched bool, err error) {
	err = t.tx.QueryRowContext(ctx,
		`SELECT NOT EXISTS (SELECT 1 FROM keys WHERE org_id = ?) AND NOT EXISTS (SELECT 1 FROM audit WHERE org_id = ?
			AND action NOT IN ('signIn', 'refuse', 'readClients', 'exportAudit', 'exportKeys'))`,
		orgID, orgID).Scan(&untouched)
	return untouched, t.store.explain(ctx, "look for earlier keys", err)
}

func (t *transaction) MarkIssued(ctx context.Context, g apikey.Grant) error {
	return t.exec(ctx, "note the kind of key",
		`INSERT INTO issued (org_id, role, pool, endpoint) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		g.OrgID, g.Role.String(), g.Pool, g.Endpoint)
}

func (t *transaction) MarkImported(ctx context.Context, orgID int64, mark string) (first bool, err error) {
	return t.insertOnce(ctx, "note the imported key",
		`INSERT INTO imported (org_id, mark) VALUES (?, ?) ON CONFLICT DO NOTHING`, orgID, mark)
}

// insertOnce reports whether a statement that does nothing for what is there
// inserted a row.
func (t *transaction) insertOnce(ctx context.Context, what, query string, args ...any) (inserted bool, err error) {
	res, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return false, t.store.explain(ctx, what, err)
	}
	n, err := res.RowsAffected()
	return n == 1, t.store.explain(ctx, what, err)
}

func (t *transaction) AddPepper(ctx context.Context, c apikey.PepperCheck) error {
	if err := t.exec(ctx, "note the pepper", `INSERT INTO peppers (id, digest) VALUES (?, ?) ON CONFLICT DO NOTHING`,
		c.ID, c.Check[:]); err != nil {
		return err
	}
	peppers, err := t.Peppers(ctx)
	if err != nil {
		return err
	}
	for _, p := range peppers {
		if p.ID == c.ID && !p.Check.Equal(c.Check) {
			return sqlkeys.ErrOtherPepper(c.ID)
		}
	}
	return nil
}

func (t *transaction) Peppers(ctx context.Context) ([]apikey.PepperCheck, error) {
	peppers, err := readPeppers(ctx, t.tx)
	return peppers, t.store.explain(ctx, "read the peppers", err)
}

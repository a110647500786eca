package postgres

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// channel carries the notifications of changes.
const channel = "ostiary_changes"

// Write runs fn in a transaction. Fn must not call Write.
//
// A transaction locks the counter first. So transactions run one after the
// other and cannot end in a deadlock, in any engine and at any isolation. What
// another transaction undid, or a connection that died before the commit, is
// done again.
func (s *Store) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	if err := s.enter(); err != nil {
		return apikey.Unavailable("write", err)
	}
	defer s.inUse.Done()
	err := s.again(ctx, func() error { return s.transact(ctx, fn) })
	if mine, ok := errors.AsType[*final](err); ok {
		return mine.error
	}
	return err
}

// final is an error that is not the store's, and no reason to try again.
type final struct{ error }

// transact runs fn in one transaction.
func (s *Store) transact(caller context.Context, fn func(apikey.Tx) error) error {
	ctx, cancel := context.WithCancel(caller)
	defer cancel()
	t := &transaction{store: s, grams: sqlkeys.BlockGrams{}}
	defer t.end()
	if err := s.within(cancel, func() error { return t.begin(ctx) }); err != nil {
		return s.explain(caller, "begin", err)
	}
	if err := fn(t); err != nil {
		if !t.failed {
			return &final{err}
		}
		return err
	}
	if err := t.writeGrams(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return apikey.Unavailable("commit", ctx.Err())
	}
	return commitError(s.within(cancel, t.commit))
}

// within runs fn, and cancels the context that fn runs with if that takes
// longer than the store's timeout.
func (s *Store) within(cancel context.CancelFunc, fn func() error) error {
	var late atomic.Bool
	limit := time.AfterFunc(s.opts.timeout, func() { late.Store(true); cancel() })
	defer limit.Stop()
	err := fn()
	if err != nil && late.Load() {
		return context.DeadlineExceeded
	}
	return err
}

// transaction is one call of Write.
type transaction struct {
	store  *Store
	conn   *sql.Conn
	tx     *sql.Tx
	grams  sqlkeys.BlockGrams // to be written at the end
	failed bool               // a statement has failed
	head   apikey.TrailHead   // the end of the audit trail, as it is now
}

// lockTime is how long a process that has stopped in the middle of a
// transaction keeps the others from writing.
const lockTime = 15 * time.Second

// begin starts a transaction and locks the counter.
func (t *transaction) begin(ctx context.Context) (err error) {
	if t.conn, err = t.store.db.Conn(ctx); err != nil {
		return err
	}
	if t.tx, err = t.conn.BeginTx(ctx, nil); err != nil {
		return err
	}
	lock := `SELECT audit, audit_pepper, audit_sum, ` + t.store.lockTime() + ` FROM counter WHERE id = 1 FOR UPDATE`
	t.head, err = sqlkeys.ScanHead(andMore{t.tx.QueryRowContext(ctx, lock), []any{new(sql.NullString)}})
	return err
}

// lockTime returns an expression that lets a transaction wait no longer than lockTime for its client.
func (s *Store) lockTime() string {
	if !s.traits.real {
		return `NULL`
	}
	return `set_config('idle_in_transaction_session_timeout', '` + strconv.FormatInt(lockTime.Milliseconds(), 10) +
		`', true)`
}

// andMore is a row with columns behind those that are wanted.
type andMore struct {
	sqlkeys.Row
	more []any
}

// Scan reads the row.
func (r andMore) Scan(into ...any) error { return r.Row.Scan(slices.Concat(into, r.more)...) }

// end gives back what begin took. After a commit it undoes nothing.
func (t *transaction) end() {
	if t.tx != nil {
		_ = t.tx.Rollback()
	}
	if t.conn != nil {
		_ = t.conn.Close()
	}
}

// commit ends the transaction. It fails as well if that counts on this server
// alone, and not on the standby that it should wait for.
func (t *transaction) commit() error {
	forgetNotice(t.conn)
	if err := t.tx.Commit(); err != nil {
		return err
	}
	if notice := takeNotice(t.conn); notice != "" {
		return errors.New(notice)
	}
	return nil
}

// A commit that waits for a standby can be made to end the wait, by an
// administrator or a time limit of the server. It then succeeds with a warning
// and is on no other machine. That must not be reported as a success.
const (
	noticeKey   = "ostiary.notice"
	codeWarning = "01000"
)

func noteNotice(conn *pgconn.PgConn, n *pgconn.Notice) {
	if n.Code == codeWarning {
		conn.CustomData()[noticeKey] = n.Message
	}
}

func forgetNotice(conn *sql.Conn) { takeNotice(conn) }

func takeNotice(conn *sql.Conn) (notice string) {
	_ = conn.Raw(func(driver any) error {
		data := driver.(*stdlib.Conn).Conn().PgConn().CustomData()
		notice, _ = data[noticeKey].(string)
		delete(data, noticeKey)
		return nil
	})
	return notice
}

// run runs a statement, within the store's timeout.
func (t *transaction) run(ctx context.Context, what string, statement func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, t.store.opts.timeout)
	defer cancel()
	err := statement(limited)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		if _, known := errors.AsType[*apikey.Error](err); !known {
			t.failed = true
		}
	}
	return t.store.explain(ctx, what, err)
}

func (t *transaction) exec(ctx context.Context, what, query string, args ...any) error {
	return t.run(ctx, what, func(ctx context.Context) error {
		_, err := t.tx.ExecContext(ctx, query, args...)
		return err
	})
}

func (t *transaction) row(ctx context.Context, what string, into []any, query string, args ...any) error {
	return t.run(ctx, what, func(ctx context.Context) error {
		return t.tx.QueryRowContext(ctx, query, args...).Scan(into...)
	})
}

// insertOnce reports whether a statement that does nothing for what is there
// inserted a row.
func (t *transaction) insertOnce(ctx context.Context, what, query string, args ...any) (inserted bool, err error) {
	err = t.run(ctx, what, func(ctx context.Context) error {
		res, err := t.tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		inserted = n == 1
		return err
	})
	return inserted, err
}

func (t *transaction) Key(ctx context.Context, orgID int64, id string) (k *apikey.Key, err error) {
	err = t.run(ctx, "read key", func(ctx context.Context) error {
		k, err = oneKey(ctx, t.tx, orgID, id)
		return err
	})
	return k, err
}

func (t *transaction) AnyKey(ctx context.Context, id string) (k *apikey.Key, err error) {
	if !storable(id) {
		return nil, sqlkeys.ErrNotFound()
	}
	err = t.run(ctx, "read key", func(ctx context.Context) error {
		k, err = onlyKey(ctx, t.tx, sqlkeys.Cond("k.id = ?", id))
		return err
	})
	return k, err
}

// insertKey and updateKey write sqlkeys.KeyFields, and then the key's number,
// or its id and organization.
var insertKey, updateKey = func() (insert, update string) {
	marks, sets := statementParts(sqlkeys.KeyFields, 1)
	own := len(sqlkeys.KeyFields)
	return `INSERT INTO keys (` + strings.Join(sqlkeys.KeyFields, ", ") + `, number) VALUES (` + marks + `, $` +
			strconv.Itoa(own+1) + `)`,
		`UPDATE keys SET ` + sets + ` WHERE id = $2 AND org_id = $3 RETURNING number`
}()

// writeToken writes a key's number and sqlkeys.TokenFields, and leaves the place
// and the usage of a token that is there as they are.
var writeToken = func() string {
	marks, _ := statementParts(sqlkeys.TokenFields, 2)
	var sets []string
	for _, field := range sqlkeys.TokenFields {
		sets = append(sets, field+" = excluded."+field)
	}
	return `INSERT INTO tokens (number, place, ` + strings.Join(sqlkeys.TokenFields, ", ") + `)
		VALUES ($1, (SELECT coalesce(max(place), 0) + 1 FROM tokens WHERE number = $1), ` + marks + `)
		ON CONFLICT (id) DO UPDATE SET ` + strings.Join(sets, ", ") + ` WHERE tokens.number = excluded.number`
}()

// statementParts returns the parameters for fields, from a number on, and the
// assignments of them but what never changes.
func statementParts(fields []string, from int) (marks, sets string) {
	var all, some []string
	for i, field := range fields {
		mark := "$" + strconv.Itoa(from+i)
		all = append(all, mark)
		if field != "id" && field != "org_id" {
			some = append(some, field+" = "+mark)
		}
	}
	return strings.Join(all, ", "), strings.Join(some, ", ")
}

// writeTokens writes a key's tokens in their order, and removes those that it
// has no longer.
func (t *transaction) writeTokens(ctx context.Context, k *apikey.Key, number int64) error {
	ids := make([]string, len(k.Tokens))
	for i := range k.Tokens {
		ids[i] = k.Tokens[i].ID
	}
	if err := t.exec(ctx, "forget tokens", `DELETE FROM tokens WHERE number = $1 AND NOT id = ANY($2::text[])`, number,
		ids); err != nil {
		return err
	}
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

func (t *transaction) Insert(ctx context.Context, k *apikey.Key) error {
	var seq, number int64
	err := t.row(ctx, "raise the change counter", []any{&seq, &number, new(sql.NullString)},
		`UPDATE counter SET seq = seq + 1, number = number + 1 RETURNING seq, number, `+t.store.notify())
	if err != nil {
		return err
	}
	if err := t.exec(ctx, "insert key", insertKey, append(sqlkeys.Values(k, seq), number)...); err != nil {
		return keyError(k, err)
	}
	k.Number, k.Seq = number, seq
	t.grams.Add(k, number, sqlkeys.Described)
	if err := t.writeTokens(ctx, k, number); err != nil {
		return err
	}
	return t.exec(ctx, "insert usage",
		`INSERT INTO usage (number, org_id, count, last_at, last_from, created_at) VALUES ($1, $2, 0, 0, '', $3)`, number,
		k.OrgID, sqlkeys.Millis(k.CreatedAt))
}

// notify returns an expression that makes the commit wake the processes that listen.
func (s *Store) notify() string {
	if s.traits.real {
		return `pg_notify('` + channel + `', '')::text`
	}
	return `NULL`
}

func (t *transaction) Update(ctx context.Context, k *apikey.Key) error {
	seq, err := t.nextSeq(ctx)
	if err != nil {
		return err
	}
	var number int64
	if !storable(k.ID) {
		return sqlkeys.ErrNotFound()
	}
	if err := t.row(ctx, "update key", []any{&number}, updateKey, sqlkeys.Values(k, seq)...); err != nil {
		return keyError(k, err)
	}
	k.Seq = seq
	t.grams.Add(k, number, sqlkeys.Described)
	return t.writeTokens(ctx, k, number)
}

// Delete leaves the tombstone to a trigger, which leaves one as well where something else deletes a key. The counter is
// locked first, as by every change.
func (t *transaction) Delete(ctx context.Context, k *apikey.Key) error {
	err := t.row(ctx, "lock the change counter", []any{new(int64), new(sql.NullString)},
		`UPDATE counter SET seq = seq RETURNING seq, `+t.store.notify())
	if err != nil {
		return err
	}
	var number int64
	if !storable(k.ID) {
		return sqlkeys.ErrNotFound()
	}
	err = t.row(ctx, "delete key", []any{&number}, `DELETE FROM keys WHERE id = $1 AND org_id = $2 RETURNING number`,
		k.ID, k.OrgID)
	if err != nil {
		return keyError(k, err)
	}
	// As recorders lock them: the row of the use guards all else that they write about a key.
	if err := t.exec(ctx, "delete usage", `DELETE FROM usage WHERE number = $1`, number); err != nil {
		return err
	}
	if err := t.exec(ctx, "delete tokens", `DELETE FROM tokens WHERE number = $1`, number); err != nil {
		return err
	}
	if err := t.forgetLimits(ctx, number); err != nil {
		return err
	}
	if err := t.exec(ctx, "delete notes", numbered(sqlkeys.DeleteNotes), k.ID); err != nil {
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

// nextSeq raises the counter of the change feed.
func (t *transaction) nextSeq(ctx context.Context) (seq int64, err error) {
	err = t.row(ctx, "raise the change counter", []any{&seq, new(sql.NullString)},
		`UPDATE counter SET seq = seq + 1 RETURNING seq, `+t.store.notify())
	return seq, err
}

// keyError explains why a key could not be written.
func keyError(k *apikey.Key, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return sqlkeys.ErrNotFound()
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == codeUniqueViolation {
		switch e.ConstraintName {
		case "keys_name":
			return sqlkeys.ErrNameTaken(k)
		case "keys_id":
			return sqlkeys.ErrIDTaken(k)
		}
	}
	return err
}

// writeGrams stores the grams that the transaction noted. Rows that have them
// already are left alone, and not even locked.
func (t *transaction) writeGrams(ctx context.Context) error {
	defer clear(t.grams)
	return writeGrams(ctx, gramWriter{t}, t.grams)
}

// gramWriter runs each statement within the time of one.
type gramWriter struct{ *transaction }

// ExecContext is like that of a sql.Tx, without a result.
func (w gramWriter) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return nil, w.exec(ctx, "index texts", query, args...)
}

func writeGrams(ctx context.Context, db sqlkeys.Writer, grams sqlkeys.BlockGrams) error {
	for _, c := range grams.Chunks() {
		_, err := db.ExecContext(ctx, `INSERT INTO grams (gram, chunk, blocks)
			SELECT v.gram, $1::bigint, v.blocks FROM unnest($2::bigint[], $3::bigint[]) AS v (gram, blocks)
			WHERE NOT EXISTS (SELECT 1 FROM grams AS g WHERE g.gram = v.gram AND g.chunk = $1::bigint
				AND (g.blocks & v.blocks) = v.blocks)
			ON CONFLICT (gram, chunk) DO UPDATE SET blocks = grams.blocks | excluded.blocks`, c.Chunk, c.Grams,
			c.Blocks)
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetGrams removes the grams of the chunk of a deleted key if it was the
// chunk's last.
func (t *transaction) forgetGrams(ctx context.Context, number int64) error {
	const size = 1 << (sqlkeys.BlockBits + sqlkeys.ChunkBits)
	chunk := number / size
	var others bool
	err := t.row(ctx, "index texts", []any{&others},
		`SELECT EXISTS (SELECT 1 FROM keys WHERE number >= $1 AND number < $2)`, chunk*size, (chunk+1)*size)
	if err != nil || others {
		return err
	}
	return t.exec(ctx, "index texts", `DELETE FROM grams WHERE chunk = $1`, chunk)
}

// OtherUsableAdmin repeats the condition of the index keys_of_admins.
func (t *transaction) OtherUsableAdmin(
	ctx context.Context, orgID int64, id string, now, at time.Time,
) (found bool, err error) {
	err = t.row(ctx, "look for an Admin key", []any{&found}, `SELECT EXISTS (SELECT 1 FROM keys
		WHERE role = 'Admin' AND endpoints = '' AND revoked_at = 0 AND (enabled = 1 OR disabled_until > 0)
		AND (enabled = 1 OR disabled_until <= $4) AND org_id = $1 AND id <> $2 AND (ends_at = 0 OR ends_at > $3))`,
		orgID, id, sqlkeys.Millis(at), sqlkeys.Millis(now))
	return found, err
}

func (t *transaction) Untouched(ctx context.Context, orgID int64) (untouched bool, err error) {
	err = t.row(ctx, "look for earlier keys", []any{&untouched},
		`SELECT NOT EXISTS (SELECT 1 FROM keys WHERE org_id = $1) AND NOT EXISTS (SELECT 1 FROM audit WHERE org_id = $1
			AND action NOT IN ('signIn', 'refuse', 'readClients', 'exportAudit', 'exportKeys'))`, orgID)
	return untouched, err
}

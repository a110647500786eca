package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// WithCommonBlocks sets in how many blocks a term may be before a search
// takes it for common.
func WithCommonBlocks(n int) Option {
	return func(o *options) { o.commonBlocks = n }
}

// Exec runs a statement on the connection that writes.
func (s *Store) Exec(ctx context.Context, statement string, args ...any) error {
	_, err := s.write.ExecContext(ctx, statement, args...)
	return err
}

// OpenOld makes a database with the schema of an older version.
func OpenOld(ctx context.Context, path string, version int64) (*sql.DB, error) {
	if _, err := prepareFile(path); err != nil {
		return nil, err
	}
	db, err := openPool(writeSource(path), 1)
	if err != nil {
		return nil, err
	}
	_, provider, err := migrations(db)
	if err != nil {
		return nil, err
	}
	_, err = provider.UpTo(ctx, version)
	return db, err
}

// Plans returns how the engine runs the statements of a query.
func (s *Store) Plans(ctx context.Context, q apikey.Query) (plans []string, err error) {
	order := sqlkeys.OrderOf(q.Sort)
	err = s.snapshot(ctx, "plan", func(r sqlkeys.Querier) error {
		from, where, err := s.described(ctx, r, q, tablesOf(q.Sort), order.Org)
		if err != nil {
			return err
		}
		for _, span := range order.Spans(q) {
			page := span.Page(from, where, 1)
			steps, err := sqlkeys.Collect(ctx, r, func(r sqlkeys.Row) (step string, err error) {
				var id, parent, unused int64
				err = r.Scan(&id, &parent, &unused, &step)
				return step, err
			}, `EXPLAIN QUERY PLAN `+page.Text, page.Args...)
			if err != nil {
				return err
			}
			plans = append(plans, fmt.Sprint(steps))
		}
		return nil
	})
	return plans, err
}

// AtStep lets a test act before each step of a restore.
func AtStep(fn func(step string)) { atStep = fn }

// Unwritable says why an error of the engine keeps a store from being written.
func Unwritable(err error) string { return unwritable(err) }

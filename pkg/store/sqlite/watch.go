package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Watch calls wake after changes, until ctx ends or the store is closed;
// meanwhile a failure of the engine only delays it.
//
// A connection of its own asks for SQLite's data_version, which changes when
// any other connection commits. That takes a few microseconds and no disk.
func (s *Store) Watch(ctx context.Context, wake func()) error {
	var watch watcher
	defer func() { watch.drop() }()
	tick := time.NewTicker(s.opts.pollInterval)
	defer tick.Stop()
	for {
		changed, err := s.look(ctx, &watch)
		if err != nil {
			watch.drop() // and try again with the next tick
		}
		if changed {
			wake()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closes:
			return apikey.Unavailable("watch", ErrClosed)
		case <-tick.C:
		}
	}
}

// watcher is what Watch saw last, on a connection of its own.
type watcher struct {
	conn    *sql.DB
	version int64
	last    marks
}

// marks are numbers that grow with everything that a replica follows.
type marks struct{ seq, issued int64 }

func (w *watcher) drop() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// look reports whether a replica may have something to read. Use that is
// recorded changes the data version, but is none of a replica's business.
func (s *Store) look(ctx context.Context, w *watcher) (changed bool, err error) {
	err = s.use(ctx, "watch", func() error {
		if w.conn == nil {
			if w.conn, err = openPool(readSource(s.path), 1); err != nil {
				return err
			}
			w.version = -1
		}
		var version int64
		if err := w.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil ||
			version == w.version {
			return err
		}
		var now marks
		if err := w.conn.QueryRowContext(ctx,
			`SELECT seq, (SELECT coalesce(max(number), 0) FROM issued) FROM counter`).Scan(&now.seq,
			&now.issued); err != nil {
			return err
		}
		changed = now != w.last
		w.version, w.last = version, now
		return nil
	})
	return changed, err
}

// Package sqlite keeps keys in one SQLite file, for one machine: several
// processes may use the file at the same time.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Store is an apikey.Store on a SQLite file.
//
// It writes through one connection and reads through several others, which
// see the last committed state and never wait for a writer.
type Store struct {
	path  string
	file  fs.FileInfo // the file that the connections are on
	write *sql.DB
	read  *sql.DB
	opts  options

	pruned time.Time // when the table busy was; used in transactions alone

	mu     sync.Mutex
	closed bool
	closes chan struct{}  // closed by Close
	inUse  sync.WaitGroup // calls that run
}

var _ apikey.Store = (*Store)(nil)

type options struct {
	busyTimeout  time.Duration
	pollInterval time.Duration
	commonBlocks int // see search.go
	unfinished   bool
	existing     bool
	readOnly     bool
}

// ErrClosed is the cause of errors of a Store that was closed.
var ErrClosed = errors.New("the store is closed")

// Option changes how a Store works.
type Option func(*options)

// WithBusyTimeout sets how long a transaction waits for one of another
// process before it fails with apikey.CodeUnavailable. The default is 5 s.
func WithBusyTimeout(d time.Duration) Option {
	return func(o *options) { o.busyTimeout = d }
}

// WithPollInterval sets how often Watch looks whether another process wrote.
// The default is 25 ms.
func WithPollInterval(d time.Duration) Option {
	return func(o *options) { o.pollInterval = d }
}

// Open opens the database file at path and makes it if it is not there; its
// directory must be. It brings an older schema up to date. The database of
// another program is refused and left as it is. The error is an apikey.Error
// whose message says what is wrong with the file and what to do.
func Open(ctx context.Context, path string, opts ...Option) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{path: abs, opts: options{busyTimeout: 5 * time.Second, pollInterval: 25 * time.Millisecond,
		commonBlocks: sqlkeys.CommonBlocks}, closes: make(chan struct{})}
	for _, o := range opts {
		o(&s.opts)
	}
	if s.opts.readOnly {
		return openToRead(ctx, s)
	}
	if err := s.refuseForeign(ctx); err != nil {
		return nil, openError(abs, err)
	}
	if s.file, err = prepareFile(abs); err != nil {
		return nil, openError(abs, err)
	}
	if s.write, err = openPool(writeSource(abs), 1); err != nil {
		return nil, openError(abs, err)
	}
	// switches a new file to WAL, which may collide
	err = s.untilFree(ctx, func() error { return s.write.PingContext(ctx) })
	if err == nil {
		err = s.migrate(ctx)
	}
	if err == nil {
		err = s.refuseUnfinished(ctx)
	}
	if err == nil {
		s.read, err = openPool(readSource(abs), max(4, runtime.NumCPU()))
	}
	if err == nil {
		err = s.read.PingContext(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, openError(abs, err)
	}
	return s, nil
}

// Engine names the engine and its version.
func (s *Store) Engine() string {
	version, _, _ := sqlite3.Version()
	return "SQLite " + version
}

// Ping reports whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.use(ctx, "ping", func() error {
		var seq int64
		return s.read.QueryRowContext(ctx, `SELECT seq FROM counter`).Scan(&seq)
	})
}

// Close closes the file. It moves what the write-ahead log holds into
// the database file, unless another process is at it.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.closes)
	s.mu.Unlock()
	s.inUse.Wait()

	if s.read != nil {
		if err := s.read.Close(); err != nil {
			return apikey.Unavailable("close", err)
		}
		if s.opts.readOnly {
			return nil
		}
		_ = s.checkpoint(context.Background()) // a log that stays is no loss
	}
	if err := s.write.Close(); err != nil {
		return apikey.Unavailable("close", err)
	}
	return nil
}

// checkpoint moves what the write-ahead log holds into the database file, as
// far as nobody reads or writes at the moment.
func (s *Store) checkpoint(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// use runs fn, of which Close waits for the end, and makes an apikey.Error of
// its error.
func (s *Store) use(ctx context.Context, what string, fn func() error) error {
	if err := s.enter(); err != nil {
		return apikey.Unavailable(what, err)
	}
	defer s.inUse.Done()
	return s.explain(ctx, what, fn())
}

// enter notes a call until inUse.Done. It fails if the store is closed, or if
// its file is no longer the one at its path: what is written to it would be
// lost.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := sameFile(s.path, s.file); err != nil {
		return err
	}
	s.inUse.Add(1)
	return nil
}

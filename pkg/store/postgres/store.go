// Package postgres keeps keys in PostgreSQL, or in an engine that speaks its
// protocol, for more than one machine: any number of processes may use one
// database at the same time.
//
// The SQL is plain, so that CockroachDB and YugabyteDB take it as well. What
// only PostgreSQL has is optional, and found out when the store opens: being
// woken by LISTEN, and telling a primary from the one that took its place.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Store is an apikey.Store in a PostgreSQL database.
type Store struct {
	address  *Address
	config   *pgx.ConnConfig
	traits   traits
	db       *sql.DB
	opts     options
	recorder *recorder
	history  atomic.Pointer[string] // of the primary that a replica was loaded from: see feed.go

	mu     sync.Mutex
	closed bool
	closes chan struct{}  // closed by Close
	inUse  sync.WaitGroup // calls that run
}

var _ apikey.Store = (*Store)(nil)

type options struct {
	timeout      time.Duration
	pollInterval time.Duration
	commonBlocks int
	unfinished   bool
	existing     bool
}

// ErrClosed is the cause of errors of a Store that was closed.
var ErrClosed = errors.New("the store is closed")

// Option changes how a Store works.
type Option func(*options)

// WithTimeout sets how long the database may take for one step before the
// store counts as unavailable. The default is 5 s; loading all keys takes as
// long as its batches come within that time.
func WithTimeout(d time.Duration) Option {
	return func(o *options) { o.timeout = d }
}

// WithPollInterval sets how often Watch looks for changes where there are no
// notifications. The default is 500 ms.
func WithPollInterval(d time.Duration) Option {
	return func(o *options) { o.pollInterval = d }
}

// WithUnfinished lets Open open a copy that is not whole, to go on with it.
func WithUnfinished() Option {
	return func(o *options) { o.unfinished = true }
}

// WithExisting lets Open open a store that is there and never make one.
func WithExisting() Option {
	return func(o *options) { o.existing = true }
}

// Open connects to the database at an address and brings its schema up to
// date. The error is an apikey.Error whose message says what is wrong and what
// to do; a password in the address is in no error.
func Open(ctx context.Context, address *Address, opts ...Option) (*Store, error) {
	s := &Store{
		address: address,
		opts: options{timeout: 5 * time.Second, pollInterval: 500 * time.Millisecond,
			commonBlocks: sqlkeys.CommonBlocks},
		closes:   make(chan struct{}),
		recorder: newRecorder(),
	}
	for _, o := range opts {
		o(&s.opts)
	}
	s.config = address.connConfig()
	if err := s.open(ctx); err != nil {
		_ = s.Close()
		return nil, s.openError(err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := s.findOut(ctx); err != nil {
		return err
	}
	// A connection need not be tried before it is used: what a dead one did not
	// do is done again on another.
	s.db = stdlib.OpenDB(*s.config,
		stdlib.OptionShouldPing(func(context.Context, stdlib.ShouldPingParams) bool { return false }))
	s.db.SetMaxOpenConns(s.address.maxConns)
	s.db.SetMaxIdleConns(s.address.maxConns)
	s.db.SetConnMaxLifetime(s.address.maxLifetime)
	s.db.SetConnMaxIdleTime(s.address.maxIdle)
	if err := s.migrate(ctx); err != nil {
		return err
	}
	s.forgetRecorders(ctx)
	return s.noteHistory(ctx)
}

// Engine names the engine and its version.
func (s *Store) Engine() string { return s.traits.engine }

// Ping reports whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.use(ctx, "ping", func(ctx context.Context) error {
		var seq int64
		return s.db.QueryRowContext(ctx, `SELECT seq FROM counter`).Scan(&seq)
	})
}

// Close ends all connections. It tries once more to settle what usage is in
// doubt.
func (s *Store) Close() error {
	s.settleAtEnd()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.closes)
	s.mu.Unlock()
	s.inUse.Wait()
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			return apikey.Unavailable("close", err)
		}
	}
	return nil
}

func (s *Store) settleAtEnd() {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	_ = s.settle(context.Background()) // the store may be down, and Close has nobody to report that to
}

// use runs fn, of which Close waits for the end, within the store's timeout.
// It runs fn again if the connection turned out to be a dead one, as all are
// when another primary has taken over. Fn must change nothing, or everything
// in one transaction that ends with it.
func (s *Store) use(ctx context.Context, what string, fn func(ctx context.Context) error) error {
	return s.useFor(ctx, s.opts.timeout, what, fn)
}

// useLong is use for steps that go through very many rows.
func (s *Store) useLong(ctx context.Context, what string, fn func(ctx context.Context) error) error {
	return s.useFor(ctx, longer*s.opts.timeout, what, fn)
}

// longer is how many times as long steps of useLong may take.
const longer = 60

func (s *Store) useFor(
	ctx context.Context, limit time.Duration, what string, fn func(ctx context.Context) error,
) error {
	if err := s.enter(); err != nil {
		return apikey.Unavailable(what, err)
	}
	defer s.inUse.Done()
	return s.explain(ctx, what, s.again(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return fn(ctx)
	}))
}

// enter notes a call until inUse.Done. It fails if the store is closed.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.inUse.Add(1)
	return nil
}

package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Times of Watch.
const (
	proofTime   = 2 * time.Second  // within which a notification of one's own must come
	silence     = 10 * time.Second // after which the connection is asked whether it lives
	listenAgain = time.Minute      // between attempts to listen where no notifications arrive
)

// errDeaf says that notifications do not arrive, as behind a pooler that gives
// each transaction another connection.
var errDeaf = errors.New("notifications do not arrive on this connection")

// Watch calls wake after changes, until ctx ends or the store is closed;
// meanwhile a failure of the engine only delays it.
//
// A connection of its own listens for the notifications of Write. Where there
// are none, the counter is read every now and then.
func (s *Store) Watch(ctx context.Context, wake func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		select {
		case <-s.closes:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(); <-closed }()
	pause := 50 * time.Millisecond
	for {
		err := errDeaf
		if s.traits.real {
			began := time.Now()
			if err = s.listen(ctx, wake); time.Since(began) > silence {
				pause = 50 * time.Millisecond
			}
		}
		select {
		case <-s.closes:
			return apikey.Unavailable("watch", ErrClosed)
		default:
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := pause
		if pause *= 2; errors.Is(err, errDeaf) {
			wait = listenAgain
		}
		pause = min(pause, 2*time.Second)
		s.poll(ctx, wait, wake)
	}
}

// listen wakes at every notification of a change, until the connection fails.
func (s *Store) listen(ctx context.Context, wake func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	limited, cancel := context.WithTimeout(ctx, s.opts.timeout)
	defer cancel()
	if _, err := conn.Exec(limited, `LISTEN `+channel); err != nil {
		return err
	}
	wake() // for what came before
	if err := s.prove(ctx, conn, wake); err != nil {
		return err
	}
	for {
		if _, err := next(ctx, conn, silence); err == nil {
			wake()
			continue
		} else if ctx.Err() != nil || conn.IsClosed() {
			return err
		}
		limited, cancel := context.WithTimeout(ctx, s.opts.timeout)
		err := conn.Ping(limited)
		cancel()
		if err != nil {
			return err
		}
	}
}

// next waits for a notification.
func next(ctx context.Context, conn *pgx.Conn, d time.Duration) (*pgconn.Notification, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return conn.WaitForNotification(ctx)
}

// prove finds out whether notifications from another connection arrive on this
// one.
func (s *Store) prove(ctx context.Context, conn *pgx.Conn, wake func()) error {
	mark := rand.Text()
	err := s.use(ctx, "watch", func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, `SELECT pg_notify('`+channel+`', $1)`, mark)
		return err
	})
	if err != nil {
		return err
	}
	for end := time.Now().Add(proofTime); time.Now().Before(end); {
		n, err := next(ctx, conn, s.opts.pollInterval)
		switch {
		case err == nil && n.Payload == mark:
			return nil
		case err == nil || ctx.Err() == nil && !conn.IsClosed():
			wake() // whether or not it was a notification
		default:
			return err
		}
	}
	return errDeaf
}

// poll looks at the counter for a while, and wakes when it has changed.
func (s *Store) poll(ctx context.Context, d time.Duration, wake func()) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	last, known := marks{}, false
	tick := time.NewTicker(s.opts.pollInterval)
	defer tick.Stop()
	for {
		now, err := s.look(ctx)
		if err == nil && (!known || now != last) {
			wake()
			last, known = now, true
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// marks are numbers that grow with everything that a replica follows.
type marks struct{ seq, issued int64 }

func (s *Store) look(ctx context.Context) (m marks, err error) {
	err = s.use(ctx, "watch", func(ctx context.Context) error {
		return s.db.QueryRowContext(ctx,
			`SELECT seq, (SELECT coalesce(max(number), 0) FROM issued) FROM counter`).Scan(&m.seq, &m.issued)
	})
	return m, err
}

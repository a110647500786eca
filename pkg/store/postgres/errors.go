package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Codes of the server that this package distinguishes.
const (
	codeUniqueViolation   = "23505"
	codeReadOnly          = "25006" // a standby, or a primary that became one
	codeSerialization     = "40001"
	codeUnknownCompletion = "40003"
	codeDeadlock          = "40P01"
	codeUndefinedTable    = "42P01"
	codeDuplicateTable    = "42P07"
	codeDuplicateObject   = "42710" // the type that comes with a table
	codeNoPrivilege       = "42501"
	codeNoDatabase        = "3D000"
	codeBadPassword       = "28P01"
	codeNotAllowed        = "28000"
	codeDiskFull          = "53100"
	codeTooMany           = "53300"
	codeShutdown          = "57P01"
	codeCrash             = "57P02"
	codeNotNow            = "57P03"
	codeIdleTooLong       = "25P03"
	codeDiskFailed        = "58030"
)

func serverCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// explain makes an apikey.Error of an error of the engine. What names the
// step that failed.
func (s *Store) explain(ctx context.Context, what string, err error) error {
	var known *apikey.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case ctx.Err() != nil: // which is why the engine failed
		return apikey.Unavailable(what, ctx.Err())
	}
	if why := unwritable(err); why != "" {
		return sqlkeys.Unwritable(why, what, s.advise(err))
	}
	return apikey.Unavailable(what, s.advise(err))
}

// unwritable says why the server could not write, or nothing if that is not
// what an error says.
func unwritable(err error) string {
	switch serverCode(err) {
	case codeDiskFull:
		return sqlkeys.DiskFull
	case codeDiskFailed:
		return sqlkeys.DiskFailed
	case codeReadOnly:
		return sqlkeys.ReadOnly
	}
	if readOnlyConnection(err) {
		return sqlkeys.ReadOnly
	}
	return ""
}

// openError says why the database cannot be opened, and what to do.
func (s *Store) openError(err error) error {
	if _, ok := errors.AsType[*apikey.Error](err); ok {
		return err
	}
	return &apikey.Error{
		Code:    apikey.CodeUnavailable,
		Message: fmt.Sprintf("The key store %s cannot be opened", s.address),
		Cause:   s.advise(err),
	}
}

// readOnlyConnection reports whether a primary was looked for, and there were
// only servers that cannot be written to.
func readOnlyConnection(err error) bool { return strings.Contains(err.Error(), "read only connection") }

// advise adds to an error of the engine or the network what to do.
func (s *Store) advise(err error) error {
	user, database := s.config.User, s.config.Database
	switch serverCode(err) {
	case codeBadPassword, codeNotAllowed:
		return fmt.Errorf("the server does not let the user %q in; put the right password into PGPASSFILE, PGPASSWORD or the store's address, or look at the server's pg_hba.conf: %w", user, err)
	case codeNoDatabase:
		return fmt.Errorf("make the database first, for example with: createdb --owner %s %s: %w", user, database, err)
	case codeNoPrivilege:
		return fmt.Errorf("the user %q lacks a right in the database %q; make it the owner of the database, or give it its tables: %w", user, database, err)
	case codeTooMany:
		return fmt.Errorf("the server has no connection left; raise its max_connections, lower pool_max_conns in the store's address, or put a pooler in between: %w", err)
	case codeDiskFull:
		return fmt.Errorf("the disk of the database server is full; free some space there: %w", err)
	case codeReadOnly:
		return fmt.Errorf("the server is a standby and cannot be written to; name all hosts in the store's address, so that the primary is found: %w", err)
	}
	switch {
	case readOnlyConnection(err):
		return fmt.Errorf("no host of the store's address can be written to at the moment: %w", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the server did not answer in time: %w", err)
	}
	return err
}

// attempts is how often a step is tried that could not be done for a reason
// that may have passed.
const attempts = 10

// again runs fn until it succeeds or fails for a reason that will not pass.
func (s *Store) again(ctx context.Context, fn func() error) error {
	dead := 0
	for try := 1; ; try++ {
		err := fn()
		switch {
		case err == nil || ctx.Err() != nil || try == attempts:
			return err
		case errors.Is(err, context.DeadlineExceeded):
			s.dropIdle() // the others would take as long, one after the other
			return err
		case collided(err):
		case lost(err) && dead < 2:
			dead++
			s.dropIdle()
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(try) * (time.Millisecond + rand.N(4*time.Millisecond))): //nolint:gosec // keeps waiters apart and guards nothing
		}
	}
}

// collided reports whether another transaction was in the way, and this one
// was undone.
func collided(err error) bool {
	code := serverCode(err)
	return code == codeSerialization || code == codeDeadlock
}

// lost reports whether the connection, and not what was asked, was at fault,
// so that another one may do.
func lost(err error) bool {
	if isDoubt(err) {
		return false
	}
	switch code := serverCode(err); code {
	case "":
	case codeReadOnly, codeShutdown, codeCrash, codeIdleTooLong:
		return true
	default:
		return strings.HasPrefix(code, "08") || code == codeNotNow
	}
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		pgconn.SafeToRetry(err) || errors.As(err, &network) && !network.Timeout()
}

// dropIdle closes the connections that nobody uses at the moment: they may
// lead to a server that is gone, or is no longer the primary.
func (s *Store) dropIdle() {
	s.db.SetMaxIdleConns(0)
	s.db.SetMaxIdleConns(s.address.maxConns)
}

// doubt is the error of a commit of which it is not known whether it counts.
type doubt struct{ cause error }

// Error gives the cause, for logs.
func (d *doubt) Error() string { return "the outcome of the commit is not known: " + d.cause.Error() }

// Unwrap returns the cause.
func (d *doubt) Unwrap() error { return d.cause }

func isDoubt(err error) bool {
	_, is := errors.AsType[*doubt](err)
	return is
}

// commitError separates a commit that surely failed from one that may count.
func commitError(err error) error {
	code := serverCode(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrTxCommitRollback), errors.Is(err, sql.ErrTxDone),
		code != "" && code != codeUnknownCompletion && code != codeShutdown && code != codeCrash &&
			!strings.HasPrefix(code, "08"):
		if why := unwritable(err); why != "" {
			return sqlkeys.Unwritable(why, "commit", err)
		}
		return apikey.Unavailable("commit", err) // the server undid it
	}
	return &apikey.Error{
		Code:    apikey.CodeUnavailable,
		Message: "The key store went away while the change was stored, so it may or may not count. Look at the key again before you repeat the change.",
		Cause:   fmt.Errorf("commit: %w", &doubt{err}),
	}
}

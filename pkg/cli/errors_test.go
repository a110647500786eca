package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// A store that cannot be opened is reported with its cause, and waiting is advised only where it can help.
func TestCauseOfAStoreThatCannotBeUsed(t *testing.T) {
	const hint = "look whether the database runs and can be reached; if it is only starting, try again shortly"
	cannotOpen := func(cause error) error {
		return &apikey.Error{Code: apikey.CodeUnavailable, Message: "The key store X cannot be opened", Cause: cause}
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, Err: syscall.ECONNREFUSED}
	for name, c := range map[string]struct {
		err        error
		line, hint string
	}{
		"refused": {cannotOpen(fmt.Errorf("failed to connect:\n\t%w", refused)),
			"The key store X cannot be opened: failed to connect: dial tcp 127.0.0.1:1: connection refused", hint},
		"too slow": {cannotOpen(fmt.Errorf("the server did not answer in time: %w", context.DeadlineExceeded)),
			"The key store X cannot be opened: the server did not answer in time: context deadline exceeded", hint},
		"no right": {cannotOpen(fmt.Errorf("let the user read it: %w", &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrPermission})),
			"The key store X cannot be opened: let the user read it: open /x: permission denied", ""},
		"in use": {apikey.Unavailable("ping", errors.New("x is damaged")),
			"The key store cannot be reached at the moment. The cause: ping: x is damaged", ""},
		"no cause": {apikey.Errorf(apikey.CodeUnavailable, "X is a copy that is not whole."), "X is a copy that is not whole.", ""},
		"passwords": {cannotOpen(errors.New("cannot parse postgres://me:s3c:r@t@db/x and user=me password=s3cret host=db")),
			"The key store X cannot be opened: cannot parse postgres://me:xxxxx@db/x and user=me password=xxxxx host=db", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := (&app{}).describe(fmt.Errorf("start: %w", c.err))
			require.Equal(t, []string{c.line}, f.lines)
			require.Equal(t, c.hint, f.hint)
			require.Equal(t, exitFailed, f.exit)
		})
	}
}

package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	sqlite3 "github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// TestAStoreThatCannotBeWrittenTo says why, and goes on being read.
func TestAStoreThatCannotBeWrittenTo(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "keys.db"))
	insert(t, s, newKey("first"))
	for _, c := range []struct{ off, on, why string }{
		{`PRAGMA max_page_count = 1`, `PRAGMA max_page_count = 1073741823`, sqlkeys.DiskFull}, // no more than there are
		{`PRAGMA query_only = 1`, `PRAGMA query_only = 0`, sqlkeys.ReadOnly},
	} {
		require.NoError(t, s.Exec(t.Context(), c.off))
		var err error
		for i := 0; err == nil && i < 2000; i++ {
			err = fill(t.Context(), s, fmt.Sprint(c.why[:10], i))
		}
		e, ok := errors.AsType[*apikey.Error](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, apikey.CodeUnavailable, e.Code)
		require.Equal(t, c.why, e.Message)
		require.NotContains(t, e.Message, "keys.db", "callers learn no path")
		_, err = s.Keys(t.Context(), apikey.Query{OrgID: 1, Limit: 1})
		require.NoError(t, err)
		require.NoError(t, s.Exec(t.Context(), c.on))
		require.NoError(t, fill(t.Context(), s, "works after "+c.off))
	}
	require.NoError(t, s.Check(t.Context()))
}

func TestWhyAStoreCannotBeWrittenTo(t *testing.T) {
	for _, c := range []struct {
		err error
		why string
	}{
		{sqlite3.Error{Code: sqlite3.ErrFull}, sqlkeys.DiskFull},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrWrite}, sqlkeys.DiskFailed},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync}, sqlkeys.DiskFailed},
		{sqlite3.Error{Code: sqlite3.ErrReadonly}, sqlkeys.ReadOnly},
		{fmt.Errorf("sync: %w", syscall.ENOSPC), sqlkeys.DiskFull},
		{fmt.Errorf("open: %w", syscall.EROFS), sqlkeys.ReadOnly},
		{fmt.Errorf("sync: %w", syscall.EIO), sqlkeys.DiskFailed},
		{sqlite3.Error{Code: sqlite3.ErrBusy}, ""},
		{errors.New("other"), ""},
	} {
		require.Equal(t, c.why, sqlite.Unwritable(c.err), "%v", c.err)
	}
}

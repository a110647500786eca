//go:build linux

package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// requireUnwritable adds keys until that fails, and looks at what is said.
func requireUnwritable(t *testing.T, s *postgres.Store, why string) {
	t.Helper()
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		k := newKey(fmt.Sprint("k", i))
		k.Description = strings.Repeat("x", 1000)
		err = s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Insert(t.Context(), k) })
	}
	e, ok := errors.AsType[*apikey.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, apikey.CodeUnavailable, e.Code)
	require.Equal(t, why, e.Message, "%v", err)
}

// TestAFullDisk fills the disk under a real server.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "ostiary-disk-") //nolint:usetesting // whose directory other users cannot enter
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) // the server is another user
	disk := filepath.Join(dir, "disk")
	require.NoError(t, os.Mkdir(disk, 0o700))
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m,mode=0700"); err != nil {
		t.Skipf("a small disk takes the right to mount one: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	space := filepath.Join(disk, "space")
	require.NoError(t, os.Mkdir(space, 0o700))
	who, err := user.Lookup("postgres")
	require.NoError(t, err)
	uid, err := strconv.Atoi(who.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(who.Gid)
	require.NoError(t, err)
	require.NoError(t, errors.Join(os.Chown(disk, uid, gid), os.Chown(space, uid, gid)))
	// A server of its own: the other tests' would have to write to the full disk at its checkpoints, too.
	own, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Remove()) })
	require.NoError(t, own.Exec(fmt.Sprintf(`CREATE TABLESPACE small LOCATION '%s'`, space)))
	require.NoError(t, own.Exec(`CREATE DATABASE small TABLESPACE small`))
	s := open(t, own.URL("small"))
	filler, err := os.Create(filepath.Join(disk, "filler"))
	require.NoError(t, err)
	for chunk := 1 << 16; chunk > 0; { // to the last byte
		if _, err := filler.Write(make([]byte, chunk)); err != nil {
			chunk /= 2
		}
	}
	require.NoError(t, filler.Close())
	requireUnwritable(t, s, sqlkeys.DiskFull)
	_, err = s.Keys(t.Context(), apikey.Query{OrgID: 1, Limit: 1})
	require.NoError(t, err)
	require.NoError(t, os.Remove(filler.Name()))
	insert(t, s, newKey("again"))
}

// TestAServerThatIsReadOnly is one that was made so while it was in use.
func TestAServerThatIsReadOnly(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	s := open(t, address)
	name := database(address)
	require.NoError(t, server.Exec(`ALTER DATABASE `+name+` SET default_transaction_read_only = on`))
	require.NoError(t, pgtest.Exec(server.URL("postgres"), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+name+`'`))
	requireUnwritable(t, s, sqlkeys.ReadOnly)
	require.NoError(t, server.Exec(`ALTER DATABASE `+name+` SET default_transaction_read_only = off`))
	require.NoError(t, pgtest.Exec(server.URL("postgres"), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+name+`'`))
	insert(t, s, newKey("again"))
}

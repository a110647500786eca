package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// The variable names what the test's binary does as another process.
const actAs = "OSTIARY_SQLITE_TEST_ACT_AS"

func TestMain(m *testing.M) {
	if part := os.Getenv(actAs); part != "" {
		if err := parts[part](context.Background(), os.Args[1], os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	for _, end := range slices.Backward(atEnd) {
		end()
	}
	os.Exit(code)
}

// parts are what another process can do with the store at a path.
var parts = map[string]func(ctx context.Context, path string, args []string) error{
	"open":    actOpen,
	"create":  actCreate,
	"revoke":  actRevoke,
	"fill":    actFill,
	"restore": actRestore,
}

// process starts another process on the store at path.
func process(t *testing.T, part, path string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{path}, args...)...)
	cmd.Env = append(os.Environ(), actAs+"="+part)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

// actOpen opens the store and adds a key with the name given.
func actOpen(ctx context.Context, path string, args []string) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	if err := s.Write(ctx, func(tx apikey.Tx) error { return tx.Insert(ctx, newKey(args[0])) }); err != nil {
		return err
	}
	return s.Close()
}

// TestProcessesThatStartAtOnce lets several processes make one new database.
func TestProcessesThatStartAtOnce(t *testing.T) {
	for range 3 {
		path := filepath.Join(t.TempDir(), "keys.db")
		var started []*exec.Cmd
		for i := range 6 {
			cmd, _ := process(t, "open", path, strconv.Itoa(i))
			started = append(started, cmd)
		}
		for _, cmd := range started {
			require.NoError(t, cmd.Wait())
		}
		s := open(t, path)
		n, err := s.CountKeys(t.Context(), apikey.Query{OrgID: 1})
		require.NoError(t, err)
		require.EqualValues(t, len(started), n)
	}
}

// actCreate adds keys without end, with an audit entry and sometimes a
// deletion, and prints each key's id once it is stored.
func actCreate(ctx context.Context, path string, args []string) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		k := newKey(args[0] + " " + strconv.Itoa(i))
		err := s.Write(ctx, func(tx apikey.Tx) error {
			if err := tx.Insert(ctx, k); err != nil {
				return err
			}
			if i%5 == 4 { // leave a tombstone as well
				gone := newKey("gone " + k.ID)
				if err := tx.Insert(ctx, gone); err != nil {
					return err
				}
				if err := tx.Delete(ctx, gone); err != nil {
					return err
				}
			}
			return tx.AppendAudit(ctx, &apikey.AuditEntry{OrgID: 1, At: time.Now(), Action: apikey.ActionCreate, KeyID: k.ID})
		})
		if err != nil {
			return err
		}
		fmt.Println(k.ID)
	}
}

// TestKilledProcess kills a process while it writes. Everything that it reported as stored must be there, and the
// database must be whole.
func TestKilledProcess(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	path := filepath.Join(t.TempDir(), "keys.db")
	var stored []string
	for round := range rounds {
		cmd, out := process(t, "create", path, strconv.Itoa(round))
		for range 1 + round*13 {
			require.True(t, out.Scan())
			stored = append(stored, out.Text())
		}
		require.NoError(t, cmd.Process.Kill())
		for out.Scan() { // what it had printed by then counts as well
			if id := out.Text(); len(id) == apikey.IDLength {
				stored = append(stored, id)
			}
		}
		_ = cmd.Wait()

		s := open(t, path)
		require.NoError(t, s.Check(t.Context()))
		keys, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Limit: 1 << 20})
		require.NoError(t, err)
		there := map[string]bool{}
		for _, k := range keys {
			there[k.ID] = true
			trail, err := s.Audit(t.Context(), apikey.AuditQuery{OrgID: 1, KeyID: k.ID, Limit: 2})
			require.NoError(t, err)
			require.Len(t, trail, 1, "a key and its audit entry are one transaction")
		}
		for _, id := range stored {
			require.True(t, there[id], "key %s was stored, and is lost", id)
		}
		require.NoError(t, s.Close())
	}
	t.Logf("%d keys outlived %d kills", len(stored), rounds)
}

// actRevoke revokes the keys one after the other, and prints id and time of
// each as soon as that is durable.
func actRevoke(ctx context.Context, path string, ids []string) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := s.Write(ctx, func(tx apikey.Tx) error {
			k, err := tx.Key(ctx, 1, id)
			if err != nil {
				return err
			}
			k.RevokedAt = time.Now()
			return tx.Update(ctx, k)
		})
		if err != nil {
			return err
		}
		fmt.Println(id)
	}
	return s.Close()
}

// A replica in this process reads what another process writes, though nothing notifies it.
func TestRevokedInAnotherProcess(t *testing.T) {
	n := 100
	if testing.Short() {
		n = 20
	}
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	var ids []string
	for i := range n {
		k := newKey(strconv.Itoa(i))
		insert(t, s, k)
		ids = append(ids, k.ID)
	}
	_, seq, err := s.Changes(t.Context(), 0, 1)
	require.NoError(t, err)

	seen := make(chan map[string]bool, 1)
	ctx, stop := context.WithTimeout(t.Context(), servertest.Patience)
	defer stop()
	go func() {
		read := map[string]bool{}
		_ = s.Watch(ctx, func() {
			changes, _, err := s.Changes(ctx, seq, 1000)
			if err != nil {
				t.Error(err)
			}
			for _, c := range changes {
				seq = c.Record.Seq
				read[c.Record.ID.String()] = true
			}
			if len(read) == n {
				stop()
			}
		})
		seen <- read
	}()
	written := 0
	_, out := process(t, "revoke", path, ids...)
	for out.Scan() {
		written++
	}
	require.Equal(t, n, written)
	read := <-seen
	for _, id := range ids {
		require.Contains(t, read, id)
	}
}

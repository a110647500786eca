package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres"
)

// The variable names what the test's binary does as another process.
const actAs = "OSTIARY_POSTGRES_TEST_ACT_AS"

// parts are what another process can do with the store at an address.
var parts = map[string]func(ctx context.Context, s *postgres.Store, args []string) error{
	"create": actCreate,
	"churn":  actChurn,
	"revoke": actRevoke,
	"use":    actUse,
}

// act plays a part; the first argument is the store's address.
func act(part string, args []string) int {
	ctx := context.Background()
	address, err := postgres.ParseAddress(args[0])
	if err == nil {
		var s *postgres.Store
		if s, err = postgres.Open(ctx, address); err == nil {
			err = parts[part](ctx, s, args[1:])
			if closeErr := s.Close(); err == nil {
				err = closeErr
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process starts another process on the store at an address.
func process(t *testing.T, part, address string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{address}, args...)...)
	cmd.Env = append(os.Environ(), actAs+"="+part)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

// newKey returns a key of organization 1 with a new id.
func newKey(name string) *apikey.Key {
	token, id := apikey.NewToken()
	return &apikey.Key{
		ID: id.String(), OrgID: 1, Name: name, Role: apikey.RoleAgent, Enabled: true, CreatedAt: time.Now(),
		Tokens: []apikey.Token{{ID: id.String(), Hint: apikey.Hint(token), CreatedAt: time.Now()}},
	}
}

func insert(t testing.TB, s apikey.Store, keys ...*apikey.Key) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), func(tx apikey.Tx) error {
		for _, k := range keys {
			if err := tx.Insert(t.Context(), k); err != nil {
				return err
			}
		}
		return nil
	}))
}

// actCreate adds a key with the name given.
func actCreate(ctx context.Context, s *postgres.Store, args []string) error {
	return s.Write(ctx, func(tx apikey.Tx) error { return tx.Insert(ctx, newKey(args[0])) })
}

// actChurn makes, changes and deletes keys of its own at random, and prints id
// and number of each change once it is stored. Its arguments are its name and
// how many changes it makes.
func actChurn(ctx context.Context, s *postgres.Store, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var mine []*apikey.Key
	for i := range n {
		var k *apikey.Key
		var seq int64
		random := rand.IntN(10)
		at := 0
		if len(mine) > 0 {
			at = rand.IntN(len(mine))
		}
		err := s.Write(ctx, func(tx apikey.Tx) error {
			switch {
			case len(mine) == 0 || random < 4:
				k = newKey(fmt.Sprint(args[0], " ", i))
				return tx.Insert(ctx, k)
			case random < 8:
				k = mine[at].Clone()
				k.Description = fmt.Sprint(i)
				return tx.Update(ctx, k)
			}
			k = mine[at].Clone()
			if err := tx.Update(ctx, k); err != nil { // gives the number of the deletion, which follows
				return err
			}
			return tx.Delete(ctx, k)
		})
		if err != nil {
			return err
		}
		switch seq = k.Seq; {
		case len(mine) == 0 || random < 4:
			mine = append(mine, k)
		case random >= 8:
			mine = append(mine[:at], mine[at+1:]...)
			seq++
		}
		fmt.Println(k.ID, seq)
	}
	return nil
}

// actRevoke revokes the keys one after the other, and prints id and time of
// each as soon as that is stored.
func actRevoke(ctx context.Context, s *postgres.Store, ids []string) error {
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
		fmt.Println(id, time.Now().UnixNano())
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
	}
	return nil
}

// actUse records one use of each key, without end, and prints how often it has
// done so.
func actUse(ctx context.Context, s *postgres.Store, ids []string) error {
	for i := 1; ; i++ {
		uses := make([]apikey.KeyUsage, len(ids))
		for j, id := range ids {
			parsed, _ := apikey.ParseID(id)
			uses[j] = apikey.KeyUsage{KeyID: parsed, Usage: apikey.Usage{Count: 1, LastAt: time.Now(), LastFrom: "192.0.2.1"}}
		}
		if err := s.RecordUsage(ctx, apikey.UsageBatch{Uses: uses}); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// pair reads a line of two words, of which the second is a number.
func pair(t *testing.T, line string) (word string, n int64) {
	t.Helper()
	word, number, ok := strings.Cut(line, " ")
	require.True(t, ok, line)
	n, err := strconv.ParseInt(number, 10, 64)
	require.NoError(t, err)
	return word, n
}

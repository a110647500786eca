package pepper_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

func openStore(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "ostiary.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func TestAPepperIsMadeOnceAndFoundAgain(t *testing.T) {
	dir := t.TempDir()
	store, file := openStore(t, dir), filepath.Join(dir, "pepper")
	first, err := pepper.Open(t.Context(), pepper.File{Name: file}, store)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := pepper.Open(t.Context(), pepper.File{Name: file}, store)
	require.NoError(t, err)
	require.Equal(t, first.Current().Check(), again.Current().Check())
	left, err := filepath.Glob(filepath.Join(dir, ".pepper-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestStartsAtTheSameTimeAgreeOnOnePepper(t *testing.T) {
	dir := t.TempDir()
	store, file := openStore(t, dir), filepath.Join(dir, "pepper")
	checks := make([]apikey.PepperCheck, 10)
	var starts sync.WaitGroup
	for i := range checks {
		starts.Go(func() {
			if p, err := pepper.Open(t.Context(), pepper.File{Name: file}, store); err == nil {
				checks[i] = p.Current().Check()
			}
		})
	}
	starts.Wait()
	for _, c := range checks {
		require.NotZero(t, c)
		require.Equal(t, checks[0], c)
	}
}

func TestAPepperThatIsMissingOrWrongStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	store, file := openStore(t, dir), filepath.Join(dir, "pepper")
	_, err := pepper.Open(t.Context(), pepper.File{Name: file}, store)
	require.NoError(t, err)
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^(\w{8}) (\S+=)$`).FindStringSubmatch(string(good))
	require.NotNil(t, line)
	id, secret := line[1], line[2]
	other := apikey.NewPepper()
	otherSecret := other.Secret()

	for name, c := range map[string]struct {
		content string // empty = no file
		mode    os.FileMode
		says    []string
	}{
		"missing":            {says: []string{"is missing", id, "backup", "makes no new one"}},
		"another":            {content: other.ID() + " " + strings.Repeat("A", 43) + "=", says: []string{"does not hold the pepper " + id}},
		"changed":            {content: id + " " + strings.Repeat("A", 43) + "=", says: []string{"was changed"}},
		"damaged":            {content: id + " " + secret[:20], says: []string{"damaged at line 1"}},
		"empty":              {content: "# nothing\n", says: []string{"damaged"}},
		"in UTF-16":          {content: "\xff\xfe" + id, says: []string{"save it as UTF-8", "or put it back from your backup"}},
		"binary":             {content: id + "\x00", says: []string{"save it as text in UTF-8, or put it back from your backup"}},
		"in Latin-1":         {content: "# w\xf6rd\n", says: []string{"is not in UTF-8; save it so, or put it back from your backup"}},
		"readable by others": {content: string(good), mode: 0o644, says: []string{"chmod 600"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(file))
			if c.content != "" {
				require.NoError(t, os.WriteFile(file, []byte(c.content), 0o600))
			}
			if c.mode != 0 {
				require.NoError(t, os.Chmod(file, c.mode))
			}
			_, err := pepper.Open(t.Context(), pepper.File{Name: file}, store)
			require.Error(t, err)
			for _, s := range c.says {
				require.ErrorContains(t, err, s)
			}
			require.NotContains(t, err.Error(), secret)
			if c.content == "" {
				require.NoFileExists(t, file, "nothing is made silently")
			}
		})
	}

	// Put back, with another pepper after it: the file's last is the current one.
	require.NoError(t, os.RemoveAll(file))
	added := string(good) + other.ID() + " " + base64.StdEncoding.EncodeToString(otherSecret[:]) + "\n"
	require.NoError(t, os.WriteFile(file, []byte(added), 0o600))
	both, err := pepper.Open(t.Context(), pepper.File{Name: file}, store)
	require.NoError(t, err)
	require.Equal(t, other.ID(), both.Current().ID())
	require.NotNil(t, both.Find(id))
}

// TestAPepperWithoutItsStore has a pepper next to a database that was copied without its log, and so holds nothing.
func TestAPepperWithoutItsStore(t *testing.T) {
	dir := t.TempDir()
	file := pepper.File{Name: filepath.Join(dir, "pepper"), InStoreDir: true}
	_, err := pepper.Open(t.Context(), file, openStore(t, dir))
	require.NoError(t, err)
	_, err = pepper.Open(t.Context(), file, openStore(t, dir))
	require.NoError(t, err, "both are there")

	alone, err := sqlite.Open(t.Context(), filepath.Join(dir, "alone.db"))
	require.NoError(t, err)
	defer alone.Close()
	_, err = pepper.Open(t.Context(), file, alone)
	require.ErrorContains(t, err, "a copy of the database alone, without its write-ahead log (-wal)")
	require.ErrorContains(t, err, "ostiary store restore FILE")
	require.ErrorContains(t, err, "move the pepper file away")
	known, err := alone.Peppers(t.Context())
	require.NoError(t, err)
	require.Empty(t, known, "it is left as it is")
	file.InStoreDir = false
	_, err = pepper.Open(t.Context(), file, alone)
	require.NoError(t, err, "a pepper that somebody named is meant for any store")
}

// before is a store as it was before another server began to use it.
type before struct{ apikey.Store }

func (before) Peppers(context.Context) ([]apikey.PepperCheck, error) { return nil, nil }

// TestServersThatBeginAtOnceWithPeppersOfTheirOwn lets a second server, on
// another machine, make a pepper before it can see that of the first.
func TestServersThatBeginAtOnceWithPeppersOfTheirOwn(t *testing.T) {
	store := openStore(t, t.TempDir())
	first, second := filepath.Join(t.TempDir(), "pepper"), filepath.Join(t.TempDir(), "pepper")
	_, err := pepper.Open(t.Context(), pepper.File{Name: first}, store)
	require.NoError(t, err)
	_, err = pepper.Open(t.Context(), pepper.File{Name: second}, before{store})
	require.ErrorContains(t, err, "another server has begun to use the store at the same moment")
	require.ErrorContains(t, err, "Copy its pepper file to "+second)
	require.NoFileExists(t, second, "it was of no use to anybody")
	known, err := store.Peppers(t.Context())
	require.NoError(t, err)
	require.Len(t, known, 1)
}

package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/node"
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
	first, err := node.OpenPeppers(t.Context(), file, store)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := node.OpenPeppers(t.Context(), file, store)
	require.NoError(t, err)
	require.Equal(t, first.Current().Check(), again.Current().Check())
	left, err := filepath.Glob(filepath.Join(dir, ".pepper-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestADirectoryThatManyShareIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
	cfg, err := node.LoadConfig(source(t, "", nil, "--data-dir="+dir, "--listen=127.0.0.1:0", "--gate.listen="))
	require.NoError(t, err)
	_, err = node.Start(t.Context(), cfg, node.Options{})
	require.ErrorContains(t, err, "--data-dir: "+dir+" is a directory that many share")
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, 0o777|os.ModeDir|os.ModeSticky, info.Mode())
}

func TestStartsAtTheSameTimeAgreeOnOnePepper(t *testing.T) {
	dir := t.TempDir()
	store, file := openStore(t, dir), filepath.Join(dir, "pepper")
	checks := make([]apikey.PepperCheck, 10)
	var starts sync.WaitGroup
	for i := range checks {
		starts.Go(func() {
			if p, err := node.OpenPeppers(t.Context(), file, store); err == nil {
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
	_, err := node.OpenPeppers(t.Context(), file, store)
	require.NoError(t, err)
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	fields := strings.Fields(strings.TrimSpace(string(good)))
	id, secret := fields[len(fields)-2], fields[len(fields)-1]
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
			_, err := node.OpenPeppers(t.Context(), file, store)
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

	// Put back, with another pepper beside it: the file's last is the current.
	require.NoError(t, os.RemoveAll(file))
	added := string(good) + other.ID() + " " + base64Of(otherSecret[:]) + "\n"
	require.NoError(t, os.WriteFile(file, []byte(added), 0o600))
	both, err := node.OpenPeppers(t.Context(), file, store)
	require.NoError(t, err)
	require.Equal(t, other.ID(), both.Current().ID())
	require.NotNil(t, both.Find(id))
}

package secretfile_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/secretfile"
)

// holds fails if a directory holds anything but the files named.
func holds(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	require.ElementsMatch(t, names, got)
}

func TestAFileForItsOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(name, []byte("old, and longer than the new"), 0o644))
	require.NoError(t, secretfile.Write(name, []byte("new")))
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "new", string(content))
	info, err := os.Stat(name)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o600), info.Mode())
	}
	require.ErrorIs(t, secretfile.Create(name, []byte("newer")), fs.ErrExist)
	require.NoError(t, secretfile.Create(name+"2", []byte("new")))
	holds(t, dir, "key", "key2")
}

// A link is replaced, even one that leads nowhere, and what it leads to stays.
func TestALinkIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	victim, name := filepath.Join(dir, "victim"), filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(victim, []byte("theirs"), 0o644))
	for _, target := range []string{victim, filepath.Join(dir, "nowhere")} {
		require.NoError(t, os.Symlink(target, name))
		require.ErrorIs(t, secretfile.Create(name, []byte("secret")), fs.ErrExist)
		require.NoError(t, secretfile.Write(name, []byte("secret")))
		info, err := os.Lstat(name)
		require.NoError(t, err)
		require.True(t, info.Mode().IsRegular())
		require.NoError(t, os.Remove(name))
	}
	content, err := os.ReadFile(victim)
	require.NoError(t, err)
	require.Equal(t, "theirs", string(content))
	holds(t, dir, "victim")
}

// Somebody who may write to the directory puts links to a file of theirs where
// the secret belongs, again and again.
func TestALinkInARaceWinsNothing(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
	victim, name := filepath.Join(dir, "victim"), filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(victim, nil, 0o666))
	enough := make(chan struct{})
	var attacker sync.WaitGroup
	for range 2 {
		attacker.Go(func() {
			for {
				select {
				case <-enough:
					return
				default:
					_ = os.Remove(name)
					_ = os.Symlink(victim, name)
				}
			}
		})
	}
	for i := range 300 {
		_ = secretfile.Write(name, fmt.Appendf(nil, "secret %d", i))
		_ = secretfile.Create(name, []byte("secret"))
	}
	close(enough)
	attacker.Wait()
	content, err := os.ReadFile(victim)
	require.NoError(t, err)
	require.Empty(t, content, "the secret went through a link")
}

// A reader sees the old file or the new one, whole, while one replaces the other.
func TestAFileIsReplacedAsAWhole(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	contents := []string{strings.Repeat("a", 100_000), strings.Repeat("b", 50_000)}
	require.NoError(t, secretfile.Write(name, []byte(contents[0])))
	enough := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-enough:
				return
			default:
			}
			content, err := os.ReadFile(name)
			if err != nil || !strings.Contains(strings.Join(contents, " "), string(content)) || len(content) < 50_000 {
				t.Errorf("%d bytes, %v", len(content), err)
				return
			}
		}
	})
	for i := range 100 {
		require.NoError(t, secretfile.Write(name, []byte(contents[i%2])))
	}
	close(enough)
	reader.Wait()
}

func TestAmongManyOneCreates(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	made := make([]error, 20)
	var group sync.WaitGroup
	for i := range made {
		group.Go(func() { made[i] = secretfile.Create(name, fmt.Appendf(nil, "%d", i)) })
	}
	group.Wait()
	winner := -1
	for i, err := range made {
		if err == nil {
			require.Equal(t, -1, winner)
			winner = i
			continue
		}
		require.ErrorIs(t, err, fs.ErrExist)
	}
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(winner), string(content))
}

// A device or a directory would be gone for all, had somebody the rights.
func TestWhatIsNoFileIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d"), 0o700))
	require.NoError(t, os.Symlink(os.DevNull, filepath.Join(dir, "null")))
	for name, says := range map[string]string{
		filepath.Join(dir, "d"):          "is a directory; name a file",
		filepath.Join(dir, "none", "f"):  "none",
		filepath.Join(dir, "null"):       "is a device; name a file",
		filepath.Join(os.DevNull, "key"): os.DevNull,
	} {
		require.ErrorContains(t, secretfile.Write(name, []byte("x")), says)
		require.ErrorContains(t, secretfile.Writable(name), says)
	}
	require.NoError(t, secretfile.Writable(filepath.Join(dir, "key")))
	holds(t, dir, "d", "null")
}

package state

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const sample66 = "ost_4fjK2n0qPz7a_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKx3Qd"

func TestOnceForgets(t *testing.T) {
	o := newOnce(sample66)
	inside := o.token
	filled, err := o.Fill("Bearer TOKEN", "TOKEN")
	require.NoError(t, err)
	require.Equal(t, "Bearer "+sample66, filled)

	o.Forget()
	for _, b := range inside {
		require.Zero(t, b)
	}
	_, err = o.Fill("TOKEN", "TOKEN")
	require.ErrorIs(t, err, ErrForgotten)
	require.ErrorIs(t, o.Save(filepath.Join(t.TempDir(), "t")), ErrForgotten)
}

func TestOnceSavesForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	o := newOnce(sample66)
	require.NoError(t, o.Save(path))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, sample66+"\n", string(content))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.ErrorIs(t, o.Save(path), os.ErrExist, "others may have an existing file open")
}

func TestAFileIsProposedThatDoesNotExist(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for _, name := range []string{"edge-1.key", "edge-1-2.key", "edge-1-3.key"} {
		require.Equal(t, filepath.Join(home, name), TokenFile("edge 1"))
		require.NoError(t, os.WriteFile(filepath.Join(home, name), nil, 0o600))
	}
	require.Equal(t, filepath.Join(home, "edge-keys.csv"), TokensFile("edge"))
}

type memoryClipboard struct{ content string }

func (c *memoryClipboard) Content() string     { return c.content }
func (c *memoryClipboard) SetContent(s string) { c.content = s }

func TestGuardClearsWhatItCopied(t *testing.T) {
	c := &memoryClipboard{}
	g := NewGuard(c)
	g.Copy(sample66)
	require.True(t, g.Holds())
	g.Clear()
	require.Empty(t, c.content)
	require.False(t, g.Holds())
}

func TestGuardLeavesWhatOthersCopied(t *testing.T) {
	c := &memoryClipboard{}
	g := NewGuard(c)
	g.Copy(sample66)
	c.SetContent("a shopping list")
	require.False(t, g.Holds())
	g.Clear()
	require.Equal(t, "a shopping list", c.content)
}

// shown is a token as somebody reads it.
func shown(t *testing.T, o *Once) string {
	t.Helper()
	text, err := o.Fill("TOKEN", "TOKEN")
	require.NoError(t, err)
	return text
}

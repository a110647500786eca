package kit_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
)

// TestChips types, pastes, takes back and removes words.
func TestChips(t *testing.T) {
	test.NewTempApp(t)
	c := kit.NewChips(kit.Keys{}, nil)
	window := test.NewTempWindow(t, c.Object)
	changes := 0
	c.OnChanged = func() { changes++ }
	window.Canvas().Focus(c.Input)
	test.Type(c.Input, "team=sre,")
	require.Equal(t, []string{"team=sre"}, c.Values())
	require.Empty(t, c.Input.Text)

	c.Input.SetText("env=prod, note=a b, te")
	require.Equal(t, "te", c.Input.Text, "the last is still being typed")
	window.Canvas().Unfocus()
	require.Equal(t, []string{"team=sre", "env=prod", "note=a b", "te"}, c.Values())

	window.Canvas().Focus(c.Input)
	c.Input.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	require.Equal(t, "te", c.Input.Text, "it can be mended")
	require.Len(t, c.Values(), 4, "what is typed counts as well")

	test.Type(c.Input, "team=sre,")
	require.Len(t, c.Values(), 4, "nothing is there twice")
	before := changes
	c.Set([]string{"a,b"})
	require.Equal(t, []string{"a,b"}, c.Values(), "a word that has a comma stays whole")
	require.Greater(t, changes, before)

	c.Spaces = true
	c.Input.SetText("x y")
	require.Equal(t, []string{"a,b", "x", "y"}, c.Values())
}

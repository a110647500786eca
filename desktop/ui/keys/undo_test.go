package keys_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// undo presses Ctrl+Z on what has the keyboard.
func undo(w *uitest.Opened) {
	w.T.Helper()
	if s, ok := w.Window.Canvas().Focused().(fyne.Shortcutable); ok {
		s.TypedShortcut(&fyne.ShortcutUndo{})
		return
	}
	w.RunShortcut(&fyne.ShortcutUndo{})
}

func TestWhatWasDoneLastIsUndone(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	undo(w)
	require.True(t, w.Shown("There is nothing to undo."))
	w.Make("zebra")
	w.Press(fyne.KeyEnd)

	w.Write("d")
	require.False(t, w.Key("zebra").Enabled)
	w.Button("Undo")
	require.True(t, w.Key("zebra").Enabled)
	require.True(t, w.Shown("“zebra” is as it was before"))
	require.False(t, w.Offers("Undo"))
	w.Clock.Pass(time.Minute)

	w.Write("e")
	w.Write("-2")
	w.Button("Save")
	require.NotNil(t, w.Key("zebra-2"))
	w.Clock.Pass(time.Minute)
	require.False(t, w.Offers("Undo"), "the message has gone")
	undo(w)
	require.NotNil(t, w.Key("zebra"))
	undo(w)
	require.True(t, w.Shown("There is nothing to undo."), "once")

	w.Write("v")
	w.Write("zebra")
	w.Press(fyne.KeyReturn)
	require.NotNil(t, w.Key("zebra").RevokedAt)
	require.False(t, w.Offers("Undo"))
	undo(w)
	require.True(t, w.Shown("Revoked “zebra”. This cannot be undone."), w.Texts())
}

func TestUndoInASearchIsOfTheText(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	w.Press(fyne.KeyEnd)
	w.Write("d")
	w.Ctrl(fyne.KeyF)
	w.Write("x")
	undo(w)
	require.False(t, w.Key("zebra").Enabled)
	require.Empty(t, w.Window.Canvas().Focused().(*kit.Input).Text)
}

func TestAChangeOfSeveralKeysIsUndone(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra-1", "zebra-2")
	keysPage(w).Search("zebra")
	w.Clock.Pass(1e9)
	keys.ShowBulkChange(w.Host, keys.BulkChanges[5], w.Session.List.Snapshot().Keys)
	w.Write("edge")
	w.Button("Move")
	require.Equal(t, "edge", w.Key("zebra-2").Pool)
	w.Button("Undo")
	require.Empty(t, w.Key("zebra-1").Pool)
	require.Empty(t, w.Key("zebra-2").Pool)
	require.True(t, w.Shown("Taken back for 2 of 2 keys."))
	require.Empty(t, w.Modals)
	undo(w)
	require.True(t, w.Shown("There is nothing to undo."))
}

// TestTheKeyOneIsSignedInWithIsNotDisabledByOneLetter asks first: nobody could undo it here.
func TestTheKeyOneIsSignedInWithIsNotDisabledByOneLetter(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	list := keysPage(w).List()
	for i, k := range list.Snapshot().Keys {
		if k.ID == w.Session.Who.KeyID {
			list.Choose(i)
		}
	}
	list.TakeFocus()
	own := list.Selection()[0]
	w.Write("d")
	require.True(t, w.Shown("Only another key with the role Admin can enable it again."), w.Texts())
	w.Press(fyne.KeyEscape)
	require.True(t, w.Key(own.Name).Enabled)
	w.Press(desktop.KeyMenu)
}

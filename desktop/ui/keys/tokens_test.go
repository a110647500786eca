package keys_test

import (
	"net/http"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestTheTokensOfAKey rotates a key, reads its tokens in the details, and ends
// the old one.
func TestTheTokensOfAKey(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	w.Press(fyne.KeyEnd)
	first := w.Key("zebra").Tokens[0]
	require.True(t, w.Shown(first.Hint), w.Texts())
	require.False(t, w.Offers("End now"), "the last token ends with its key")

	w.Write("r")
	w.Button("Rotate key")
	w.Button("Copy token")
	w.Button("Done")
	now := w.Key("zebra")
	require.True(t, w.Shown(first.Hint), "the token before is listed as well")
	require.True(t, w.Shown(now.Tokens[1].Hint), w.Texts())
	require.True(t, w.Shown("ends in 24 hours") || w.Shown("ends in 1 day"), w.Texts())
	require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, w.Fyne.Clipboard().Content()))

	id, end := keysPage(w).Token(1)
	require.Equal(t, first.ID, id, "the newest is the first")
	end.Tapped(nil)
	require.True(t, w.Shown("Everything that uses "+first.Hint+" is refused"), w.Texts())
	w.Press(fyne.KeyEscape)
	require.Equal(t, "active", string(w.Key("zebra").Tokens[0].State), "it was only asked")
	end.Tapped(nil)
	w.Confirm("End now")
	require.Equal(t, "revoked", string(w.Key("zebra").Tokens[0].State))
	require.Equal(t, "active", string(w.Key("zebra").Tokens[1].State))
	require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, w.Fyne.Clipboard().Content()))
	require.False(t, w.Offers("End now"))
	require.True(t, w.Shown("Revoked"))
}

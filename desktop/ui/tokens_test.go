package ui

import (
	"net/http"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
)

// TestTheTokensOfAKey rotates a key, reads its tokens in the details, and ends
// the old one.
func TestTheTokensOfAKey(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("zebra")
	w.press(fyne.KeyEnd)
	first := w.key("zebra").Tokens[0]
	require.True(t, w.shown(first.Hint), w.texts())
	require.False(t, w.offers("End now"), "the last token ends with its key")

	w.write("r")
	w.button("Rotate key")
	w.button("Copy token")
	w.button("Done")
	now := w.key("zebra")
	require.True(t, w.shown(first.Hint), "the token before is listed as well")
	require.True(t, w.shown(now.Tokens[1].Hint), w.texts())
	require.True(t, w.shown("ends in 24 hours") || w.shown("ends in 1 day"), w.texts())
	require.Equal(t, http.StatusOK, gate(t, w.srv, w.fyne.Clipboard().Content()))

	line := w.page.(*keysPage).details.one.tokens.lines[1]
	require.Equal(t, first.ID, line.token.ID, "the newest is the first")
	line.end.Tapped(nil)
	require.True(t, w.shown("Whatever uses this token is refused"), w.texts())
	w.press(fyne.KeyEscape)
	require.Equal(t, "active", string(w.key("zebra").Tokens[0].State), "it was only asked")
	line.end.Tapped(nil)
	w.confirm("End now")
	require.Equal(t, "revoked", string(w.key("zebra").Tokens[0].State))
	require.Equal(t, "active", string(w.key("zebra").Tokens[1].State))
	require.Equal(t, http.StatusOK, gate(t, w.srv, w.fyne.Clipboard().Content()))
	require.False(t, w.offers("End now"))
	require.True(t, w.shown("Revoked"))
}

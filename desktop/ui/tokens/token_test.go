package tokens_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

func TestATokenIsShownOnceAndLeavesNothingBehind(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	require.NotNil(t, w.Key("edge"))

	w.Button("Copy token")
	token := w.Fyne.Clipboard().Content()
	require.Regexp(t, `^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`, token)
	require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, token))
	require.Contains(t, strings.Join(w.Texts(), ""), token, "the token can be read")
	require.True(t, w.Shown("60 seconds"))
	w.Clock.Pass(time.Second)
	require.True(t, w.Shown("59 seconds"))
	w.Button("Copy with token")
	require.Equal(t, "curl -i -H 'Authorization: Bearer "+token+"' '"+w.Server.GateURL()+"/auth'", w.Fyne.Clipboard().Content())

	w.Button("Done")
	require.Empty(t, w.Modals)
	require.NotContains(t, w.Log.String(), token[17:])
	require.NotContains(t, strings.Join(w.Texts(), ""), token[17:])
	w.Clock.Pass(59 * time.Second)
	require.NotEmpty(t, w.Fyne.Clipboard().Content())
	w.Clock.Pass(2 * time.Second)
	require.Empty(t, w.Fyne.Clipboard().Content(), "the clipboard is cleared after a minute")
}

func TestAClipboardThatHoldsSomethingElseIsLeftAlone(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	w.Button("Copy token")
	w.Fyne.Clipboard().SetContent("a shopping list")
	w.Clock.Pass(2 * time.Minute)
	require.Equal(t, "a shopping list", w.Fyne.Clipboard().Content())
	require.True(t, w.Shown("something else"))
}

func TestClosingWithoutACopyAsksOnce(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	w.Press(fyne.KeyEscape)
	require.True(t, w.Shown("neither copied nor saved"))
	w.Button("Keep it open")
	require.False(t, w.Shown("neither copied nor saved"))
	w.Press(fyne.KeyEscape, fyne.KeyEscape)
	require.Empty(t, w.Modals)
}

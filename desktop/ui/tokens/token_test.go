package tokens_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
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

func TestClosingWithoutACopyIsAsked(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	w.Press(fyne.KeyEscape)
	require.True(t, w.Shown("neither copied nor saved"))
	w.Button("Keep it open")
	require.False(t, w.Shown("neither copied nor saved"))
	w.Press(fyne.KeyEscape, fyne.KeyEscape)
	require.False(t, w.Shown("neither copied nor saved"), "Escape keeps it open")
	w.Press(fyne.KeyEscape)
	w.Button("Close without copying")
	require.Empty(t, w.Modals)
}

func TestTheFirstRequestIsSeenArriving(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	require.True(t, w.Shown("Waiting for the first request with this token"), w.Texts())
	w.Button("Copy token")
	token := w.Fyne.Clipboard().Content()
	k := w.Key("edge")
	arrives := func(said string) {
		t.Helper()
		for range 500 { // the server writes down what has come in batches
			w.Clock.Pass(2 * time.Second)
			if w.Shown(said) {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		require.Fail(t, "it is not said", "%s in %v", said, w.Texts())
	}

	off, on := false, true
	_, err := w.API.Update(t.Context(), k.ID, api.UpdateKey{Enabled: &off}, false)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, uitest.Gate(t, w.Server, token))
	arrives("Waiting goes on. Enable the key if it is meant to work.")
	_, err = w.API.Update(t.Context(), k.ID, api.UpdateKey{Enabled: &on}, false)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, token))
	arrives("Let in: the first request came at")
	require.True(t, w.Shown("From 127.0.0.1, by Go-http-client"), w.Texts())

	w.Button("Done")
}

// countAsked counts the requests whose path ends in a certain way.
func countAsked(w *uitest.Opened, suffix string) *int {
	asked := new(int)
	w.Life.Asks = func(path string) {
		if strings.HasSuffix(path, suffix) {
			*asked++
		}
	}
	return asked
}

func TestAFirstRequestThatWasNotServedIsNoSuccess(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	asked := countAsked(w, "/clients")
	w.Life.Fault = http.StatusServiceUnavailable
	w.IssueKey()
	require.True(t, w.Shown("Let in at"), w.Texts())
	require.True(t, w.Shown("answered 503. Its own log says why. Waiting goes on."), w.Texts())
	w.Life.Fault = 0
	w.Clock.Pass(2 * time.Second)
	require.True(t, w.Shown("Let in: the first request came at"), w.Texts())
	before := *asked
	w.Clock.Pass(time.Minute)
	require.Equal(t, before, *asked, "nothing is waited for any more")
}

func TestNobodyWaitsForARequestBehindAClosedDialog(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	asked := countAsked(w, "/clients")
	w.Life.Fault = http.StatusBadGateway
	w.IssueKey()
	w.Clock.Pass(5 * time.Second)
	require.Equal(t, 5, *asked, "the details of the new key among them")
	w.Press(fyne.KeyEscape, fyne.KeyEscape)
	require.NotEmpty(t, w.Modals, "a second Escape keeps the token")
	w.Press(fyne.KeyEscape)
	w.Button("Close without copying")
	w.Clock.Pass(time.Hour)
	require.Equal(t, 5, *asked)
}

// TestAMessageIsOnTheDialogAndNotBehindIt reads where a token was saved, in windows that the dialog fills and does not.
func TestAMessageIsOnTheDialogAndNotBehindIt(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(1240, 780), fyne.NewSize(800, 560)} {
		w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
		w.Window.Resize(size)
		w.Ctrl(fyne.KeyN)
		w.Write("edge")
		w.Press(fyne.KeyReturn)
		place := func(text string) (at, end fyne.Position, n int) {
			for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
				p, isText := o.(*kit.Paragraph)
				b, isButton := o.(*kit.Button)
				if isText && strings.HasPrefix(p.Text, text) || isButton && b.Text == text {
					at, n = fyne.CurrentApp().Driver().AbsolutePositionForObject(o), n+1
					end = at.Add(o.Size())
				}
			}
			return at, end, n
		}
		w.Toasts.Good("Something else was done")
		at, end, n := place("Something else")
		require.Equal(t, 1, n, w.Texts())
		from, to, _ := place("Done")
		require.False(t, at.X < to.X && end.X > from.X && at.Y < to.Y && end.Y > from.Y, "it covers a button: %v", at)
		require.LessOrEqual(t, end.Y, size.Height)
		w.Button("Copy token")
		w.Button("Done")
		require.Empty(t, w.Modals)
		require.True(t, w.Shown("Something else was done"), "it stays for its time")
		w.Clock.Pass(time.Minute)
		require.False(t, w.Shown("Something else was done"))
	}
}

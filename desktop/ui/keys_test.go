package ui

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// drawn is the text that an object draws.
func drawn(o fyne.CanvasObject) string {
	if text, ok := o.(*canvas.Text); ok && text.Visible() {
		return text.Text
	}
	return ""
}

// shown reports whether a text is drawn somewhere, in one line or in several.
func (w *opened) shown(text string) bool { return strings.Contains(strings.Join(w.texts(), " "), text) }

func TestATokenIsShownOnceAndLeavesNothingBehind(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.ctrl(fyne.KeyN)
	w.write("edge")
	w.press(fyne.KeyReturn)
	require.NotNil(t, w.key("edge"))

	w.button("Copy token")
	token := w.fyne.Clipboard().Content()
	require.Regexp(t, `^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`, token)
	require.Equal(t, http.StatusOK, gate(t, w.srv, token))
	require.Contains(t, strings.Join(w.texts(), ""), token, "the token can be read")
	require.True(t, w.shown("60 seconds"))
	w.hand.pass(time.Second)
	require.True(t, w.shown("59 seconds"))
	w.button("Copy with token")
	require.Equal(t, "curl -i -H 'Authorization: Bearer "+token+"' '"+w.srv.GateURL()+"/auth'", w.fyne.Clipboard().Content())

	w.button("Done")
	require.Empty(t, w.Modals)
	require.NotContains(t, w.log.String(), token[17:])
	require.NotContains(t, strings.Join(w.texts(), ""), token[17:])
	w.hand.pass(59 * time.Second)
	require.NotEmpty(t, w.fyne.Clipboard().Content())
	w.hand.pass(2 * time.Second)
	require.Empty(t, w.fyne.Clipboard().Content(), "the clipboard is cleared after a minute")
}

func gate(t *testing.T, srv *statetest.Server, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.GateURL()+"/auth", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestAClipboardThatHoldsSomethingElseIsLeftAlone(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.ctrl(fyne.KeyN)
	w.write("edge")
	w.press(fyne.KeyReturn)
	w.button("Copy token")
	w.fyne.Clipboard().SetContent("a shopping list")
	w.hand.pass(2 * time.Minute)
	require.Equal(t, "a shopping list", w.fyne.Clipboard().Content())
	require.True(t, w.shown("something else"))
}

func TestClosingWithoutACopyAsksOnce(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.ctrl(fyne.KeyN)
	w.write("edge")
	w.press(fyne.KeyReturn)
	w.press(fyne.KeyEscape)
	require.True(t, w.shown("neither copied nor saved"))
	w.button("Keep it open")
	require.False(t, w.shown("neither copied nor saved"))
	w.press(fyne.KeyEscape, fyne.KeyEscape)
	require.Empty(t, w.Modals)
}

func TestTheFieldsOfANewKeyReachTheServer(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("taken")
	w.ctrl(fyne.KeyN)
	w.button("Create key")
	require.True(t, w.shown("Give the key a name."))
	w.write("taken")
	w.button("Create key")
	require.True(t, w.shown("Another key has this name."))
	w.Window.Canvas().Focused().(*kit.Input).SetText("new")
	form := w.formInputs()
	form["10.0.0.0/8, 2001:db8::/32"].SetText("10.1.0.0/16, nonsense")
	w.button("Create key")
	require.True(t, w.shown("is not an address block"))
	form["10.0.0.0/8, 2001:db8::/32"].SetText("10.1.0.0/16")
	form["pyroscope, kuma"].SetText("kuma pyroscope")
	form["edge"].SetText("west")
	w.button("Create key")
	k := w.key("new")
	require.NotNil(t, k)
	require.Equal(t, []string{"10.1.0.0/16"}, k.AllowedCIDRs)
	require.Equal(t, []string{"kuma", "pyroscope"}, k.Endpoints)
	require.Equal(t, "west", k.Pool)
	require.WithinDuration(t, time.Now().Add(90*24*time.Hour), *k.ExpiresAt, time.Minute)
}

// formInputs are the fields of the open dialog, by what they show while empty.
func (w *opened) formInputs() map[string]*kit.Input {
	overlays := w.Window.Canvas().Overlays().List()
	out := map[string]*kit.Input{}
	for _, o := range visible(overlays[len(overlays)-1]) {
		if in, ok := o.(*kit.Input); ok {
			out[in.PlaceHolder] = in
		}
	}
	return out
}

func TestKeysChangeByKeyboard(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("zebra")
	w.press(fyne.KeyEnd)
	require.Equal(t, "zebra", w.list().selection()[0].Name)
	w.write("d")
	require.False(t, w.key("zebra").Enabled)
	w.write("d")
	require.True(t, w.key("zebra").Enabled)

	w.write("e")
	require.Len(t, w.Modals, 1)
	w.write("-2")
	w.button("Save")
	require.NotNil(t, w.key("zebra-2"))

	w.write("v")
	w.write("zebra")
	w.press(fyne.KeyReturn)
	require.Nil(t, w.key("zebra-2").RevokedAt, "half the name revokes nothing")
	w.write("-2")
	w.press(fyne.KeyReturn)
	require.NotNil(t, w.key("zebra-2").RevokedAt)
	w.press(fyne.KeyDelete)
	w.write("zebra-2")
	w.press(fyne.KeyReturn)
	require.Nil(t, w.key("zebra-2"))
	require.Empty(t, w.Modals)
}

func TestADialogLeavesNoBlinkingCursorBehind(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.ctrl(fyne.KeyN)
	name := w.Window.Canvas().Focused().(*kit.Input)
	blinks := func() bool { return reflect.ValueOf(name).Elem().FieldByName("Entry").FieldByName("focused").Bool() }
	require.True(t, blinks())
	w.press(fyne.KeyEscape)
	require.False(t, blinks())
	require.Equal(t, w.list(), w.Window.Canvas().Focused(), "the list has the keyboard again")
}

func TestColumnsLeaveWhereThereIsNoRoom(t *testing.T) {
	for width, want := range map[float32]int{900: 5, 620: 5, 500: 4, 380: 3, 290: 2, 210: 1} {
		x, w := columnPlaces(width)
		shown := 0
		for i := range w {
			require.GreaterOrEqual(t, w[i], float32(0))
			require.LessOrEqual(t, x[i]+w[i], width)
			if w[i] > 0 {
				shown++
			}
		}
		require.Equal(t, want, shown, width)
	}
}

func TestRotateKeepsTheOldTokenForAWhile(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("zebra")
	old := w.key("zebra")
	w.press(fyne.KeyEnd)
	w.write("r")
	w.button("Rotate key")
	w.button("Copy token")
	now := w.key("zebra")
	require.Equal(t, old.ID, now.ID)
	require.Len(t, now.Tokens, 2)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), *now.Tokens[0].ExpiresAt, time.Minute)
	require.True(t, w.shown(now.Tokens[1].Hint), w.texts())
}

func TestTheLastAdminKeyTakesASecondThought(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.press(fyne.KeyHome)
	w.write("d")
	require.True(t, w.shown("Nobody could manage keys any more."))
	w.press(fyne.KeyEscape)
	require.True(t, w.session.Who.KeyID != "" && w.key(w.session.Who.Login).Enabled)
}

func TestSeveralAtOnce(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("b1", "b2", "b3")
	w.list().choose(1)
	w.list().KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	w.press(fyne.KeyDown, fyne.KeyDown)
	w.list().KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	require.Len(t, w.list().selection(), 3)
	require.True(t, w.shown("3 keys chosen"))
	_, err := w.api.End(t.Context(), w.key("b2").ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)

	w.button("Disable")
	w.button("Disable 3 keys")
	require.True(t, w.shown("2 of 3 keys changed."))
	require.True(t, w.shown("The key does not exist any more."))
	require.False(t, w.key("b1").Enabled)
	require.False(t, w.key("b3").Enabled)
	w.press(fyne.KeyEscape)
	require.Empty(t, w.Modals)
	require.Len(t, w.list().selection(), 2)
}

func TestMouseChoosesLikeInOtherLists(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("b1", "b2", "b3")
	names := func() (out []string) {
		for _, k := range w.list().selection() {
			out = append(out, k.Name)
		}
		return out
	}
	click := func(i int, e desktop.MouseEvent) {
		if e.Position.X == 0 {
			e.Position.X = 100
		}
		w.list().pressed(w.list().snapshot.Keys[i].ID, &e)
	}
	click(1, desktop.MouseEvent{})
	require.Equal(t, []string{"b1"}, names())
	click(3, desktop.MouseEvent{Modifier: fyne.KeyModifierShift})
	require.Equal(t, []string{"b1", "b2", "b3"}, names())
	click(2, desktop.MouseEvent{Modifier: fyne.KeyModifierShortcutDefault})
	require.Equal(t, []string{"b1", "b3"}, names())
	click(2, desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(10, 5)}})
	require.Equal(t, []string{"b1", "b2", "b3"}, names())
	click(2, desktop.MouseEvent{})
	require.Equal(t, []string{"b2"}, names())
	w.list().TypedShortcut(&fyne.ShortcutSelectAll{})
	require.Len(t, names(), 4)
	w.press(fyne.KeyEscape)
	require.Empty(t, names())
	click(2, desktop.MouseEvent{Button: desktop.MouseButtonSecondary})
	require.Equal(t, []string{"b2"}, names())
	require.NotNil(t, w.Window.Canvas().Overlays().Top(), "a menu has opened")
}

func TestARefreshKeepsSelectionAndScroll(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("m%02d", i))
	}
	w.make(names...)
	w.list().choose(w.list().snapshot.Find(w.key("m40").ID))
	w.list().ScrollTo(30 * kit.RowHeight)
	top := w.list().snapshot.Keys[30].ID
	w.make("a0", "a1", "a2") // three rows above
	require.Equal(t, "m40", w.list().selection()[0].Name)
	require.Equal(t, top, w.list().snapshot.Keys[int(w.list().Offset.Y/kit.RowHeight)].ID)
}

func TestSearchFilterAndSort(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.make("apple", "banana", "cherry")
	w.ctrl(fyne.KeyF)
	w.write("banan")
	w.hand.pass(time.Second)
	require.True(t, w.shown("1 key found"))
	require.True(t, w.shown("banana"))
	require.False(t, w.shown("cherry"))
	w.write("zzz")
	w.hand.pass(time.Second)
	require.True(t, w.shown("No key matches"), w.texts())
	w.button("Show all keys")
	require.True(t, w.shown("cherry"))
	w.page.(*keysPage).sortBy("name")
	require.Equal(t, "cherry", w.list().snapshot.Keys[0].Name)
	w.page.(*keysPage).states.SetSelected("Revoked")
	require.True(t, w.shown("No key matches"))
}

func TestAServerThatGoesAwayLeavesTheListAndSaysSo(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := openWindow(t, srv, state.Preferences{})
	w.make("apple")
	require.NoError(t, srv.Close(t.Context()))
	w.reload()
	require.True(t, w.shown("apple"))
	require.True(t, w.shown("Nothing listens at this address."), w.texts())
	require.True(t, w.shown("Not reachable"))
}

func TestExpiringKeysAreTold(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := openWindow(t, srv, state.Preferences{})
	issued, err := w.api.Create(t.Context(), api.CreateKey{Name: "soon", Role: "Agent", ExpiresIn: "2d"})
	require.NoError(t, err)
	text := "It expires in 2 days, on " + w.Words.Moment(*issued.Key.ExpiresAt) + ". Rotate it before that."
	test.AssertNotificationSent(t, fyne.NewNotification("soon expires soon", text), func() { w.lookForExpiring(w.ctx, w.session) })
	require.True(t, w.shown("1 key expires within 7 days"))
	test.AssertNotificationSent(t, nil, func() { w.lookForExpiring(w.ctx, w.session) })
}

func TestThisComputer(t *testing.T) {
	w := openWindow(t, nil, state.Preferences{})
	require.True(t, w.shown("Welcome to Ostiary"))
	w.button("Use this computer")
	require.True(t, w.shown("Let the first one in"))
	w.button("Create your first key")
	w.write("mine")
	w.press(fyne.KeyReturn)
	w.button("Copy token")
	w.button("Done")
	require.True(t, w.shown("mine"))
	w.goTo("audit")
	require.True(t, w.shown("Created"))
}

func TestAWrongConnectionSaysWhatIsWrong(t *testing.T) {
	w := openWindow(t, nil, state.Preferences{})
	w.button("Add a connection")
	w.button("Try")
	require.True(t, w.shown("Give the connection a name."))
	form := w.formInputs()
	form["PMM, Frankfurt"].SetText("Nowhere")
	form["https://grafana.example.org/graph"].SetText("http://127.0.0.1:1")
	form[""].SetText("ost_nonsense")
	w.button("Try")
	require.True(t, w.shown("Nothing listens at this address."))
	form["https://grafana.example.org/graph"].SetText("http://10.1.2.3")
	require.True(t, w.shown("not encrypted"))
	require.NotEmpty(t, w.Modals)
}

func TestACertificateIsTrustedOnlyAfterALook(t *testing.T) {
	srv := statetest.Start(t, map[string]string{"TLS_SELF_SIGNED": "true"})
	w := openWindow(t, nil, state.Preferences{})
	w.button("Add a connection")
	form := w.formInputs()
	form["PMM, Frankfurt"].SetText("Home")
	form["https://grafana.example.org/graph"].SetText(srv.ManagementURL())
	form[""].SetText(srv.Admin)
	w.button("Try")
	require.True(t, w.shown("Nobody known signed"))
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if c, ok := o.(*kit.Choice); ok && slices.Contains(c.Options, "Trust one certificate") {
			c.SetSelected("Trust one certificate")
		}
	}
	w.button("Try")
	require.True(t, w.shown("Look at the certificate and trust it first."))
	w.button("Look at the certificate")
	require.True(t, w.shown("Fingerprint (SHA-256)"))
	w.button("Trust this certificate")
	w.button("Save and connect")
	require.NotNil(t, w.session)
	kept := w.app.Settings.Get().Connections[0]
	require.Equal(t, state.TrustPin, kept.Trust)
	require.Len(t, kept.Fingerprint, 64)

	kept.Fingerprint = strings.Repeat("ab", 32)
	w.connect(kept, "")
	require.True(t, w.shown("The server shows another certificate than the one you trust."))
	require.Nil(t, w.session)
}

func TestProblemsHaveWordsInEveryLanguage(t *testing.T) {
	for _, language := range words.Languages() {
		u := &UI{Stage: &kit.Stage{Words: words.New(language)}}
		for _, kind := range kinds(t) {
			tr := u.explain(&state.Problem{Kind: state.Kind(kind), Err: errors.New("x")})
			require.NotContains(t, tr.headline, "problem.", kind)
			require.NotContains(t, tr.next, "problem.", kind)
		}
	}
}

func TestOneFrameOfAScrollThroughTenThousandKeys(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	many := state.Snapshot{Loaded: true, Total: 10_000}
	for i := range 10_000 {
		many.Keys = append(many.Keys, api.Key{ID: fmt.Sprintf("%012d", i), Name: fmt.Sprintf("sensor-%05d", i), State: "active", Enabled: true})
	}
	l := w.list()
	l.show(many)
	filled, update := 0, l.Update
	l.Update = func(i int, row fyne.CanvasObject) { filled++; update(i, row) }
	inSight := int(l.Size().Height/kit.RowHeight) + 2
	for i := range 40 {
		filled = 0
		l.ScrollTo(float32(i) * 9999) // every row is another one
		require.LessOrEqual(t, filled, inSight)
		filled = 0
		l.ScrollTo(float32(i)*9999 + kit.RowHeight)
		require.LessOrEqual(t, filled, 1, "what stays in sight is left alone")
	}
	require.Less(t, len(visible(l)), 2000, "only rows in sight exist")
}

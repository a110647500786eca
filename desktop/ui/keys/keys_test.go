package keys_test

import (
	"fmt"
	"reflect"
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
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestTheFieldsOfANewKeyReachTheServer(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("taken")
	w.Ctrl(fyne.KeyN)
	w.Button("Create key")
	require.True(t, w.Shown("Give the key a name."))
	w.Write("taken")
	w.Button("Create key")
	require.True(t, w.Shown("Another key has this name."))
	w.Window.Canvas().Focused().(*kit.Input).SetText("new")
	form := w.FormInputs()
	form["10.0.0.0/8, 2001:db8::/32"].SetText("10.1.0.0/16, nonsense")
	w.Button("Create key")
	require.True(t, w.Shown("is not an address block"))
	form["10.0.0.0/8, 2001:db8::/32"].SetText("10.1.0.0/16")
	form["pyroscope, kuma"].SetText("kuma pyroscope")
	form["edge"].SetText("west")
	w.Button("Create key")
	k := w.Key("new")
	require.NotNil(t, k)
	require.Equal(t, []string{"10.1.0.0/16"}, k.AllowedCIDRs)
	require.Equal(t, []string{"kuma", "pyroscope"}, k.Endpoints)
	require.Equal(t, "west", k.Pool)
	require.WithinDuration(t, time.Now().Add(90*24*time.Hour), *k.ExpiresAt, time.Minute)
}

func TestANewKeyIsChosen(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("ant")
	w.Make("zebra")
	w.IssueKey()
	w.Button("Copy token")
	w.Button("Done")
	require.Empty(t, w.Modals, w.Texts())
	chosen := keysPage(w).List().Selection()
	require.Len(t, chosen, 1)
	require.Equal(t, "edge", chosen[0].Name)
	w.Write("d")
	require.False(t, w.Key("edge").Enabled, "the keyboard is on it")
}

func TestKeysChangeByKeyboard(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	w.Press(fyne.KeyEnd)
	require.Equal(t, "zebra", keysPage(w).List().Selection()[0].Name)
	w.Write("d")
	require.False(t, w.Key("zebra").Enabled)
	w.Write("d")
	require.True(t, w.Key("zebra").Enabled)

	w.Write("e")
	require.Len(t, w.Modals, 1)
	w.Write("-2")
	w.Button("Save")
	require.NotNil(t, w.Key("zebra-2"))

	w.Write("v")
	w.Write("zebra")
	w.Press(fyne.KeyReturn)
	require.Nil(t, w.Key("zebra-2").RevokedAt, "half the name revokes nothing")
	w.Write("-2")
	w.Press(fyne.KeyReturn)
	require.NotNil(t, w.Key("zebra-2").RevokedAt)
	w.Press(fyne.KeyDelete)
	w.Write("zebra-2")
	w.Press(fyne.KeyReturn)
	require.Nil(t, w.Key("zebra-2"))
	require.Empty(t, w.Modals)
}

func TestADialogLeavesNoBlinkingCursorBehind(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	name := w.Window.Canvas().Focused().(*kit.Input)
	blinks := func() bool { return reflect.ValueOf(name).Elem().FieldByName("Entry").FieldByName("focused").Bool() }
	require.True(t, blinks())
	w.Press(fyne.KeyEscape)
	require.False(t, blinks())
	require.Equal(t, keysPage(w).List(), w.Window.Canvas().Focused(), "the list has the keyboard again")
}

func TestColumnsLeaveWhereThereIsNoRoom(t *testing.T) {
	columns := keys.NewColumns(words.New("en"))
	for width, want := range map[float32]int{900: 7, 730: 6, 620: 5, 500: 4, 380: 3, 290: 2, 210: 1} {
		x, w := columns.Places(width)
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
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	old := w.Key("zebra")
	w.Press(fyne.KeyEnd)
	w.Write("r")
	w.Button("Rotate key")
	w.Button("Copy token")
	now := w.Key("zebra")
	require.Equal(t, old.ID, now.ID)
	require.Len(t, now.Tokens, 2)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), *now.Tokens[0].ExpiresAt, time.Minute)
	require.True(t, w.Shown(now.Tokens[1].Hint), w.Texts())
}

func TestTheLastAdminKeyTakesASecondThought(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Press(fyne.KeyHome)
	w.Write("d")
	w.Button("Disable and sign out")
	require.True(t, w.Shown("Nobody could manage keys any more."))
	w.Press(fyne.KeyEscape)
	require.True(t, w.Session.Who.KeyID != "" && w.Key(w.Session.Who.Login).Enabled)
}

func TestSeveralAtOnce(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("b1", "b2", "b3")
	keysPage(w).List().Choose(1)
	keysPage(w).List().KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	w.Press(fyne.KeyDown, fyne.KeyDown)
	keysPage(w).List().KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	require.Len(t, keysPage(w).List().Selection(), 3)
	require.True(t, w.Shown("3 keys selected"))
	_, err := w.API.End(t.Context(), w.Key("b2").ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)

	w.Button("Disable")
	w.Button("Disable 3 keys")
	require.True(t, w.Shown("2 of 3 keys changed."))
	require.True(t, w.Shown("The key does not exist any more."))
	require.False(t, w.Key("b1").Enabled)
	require.False(t, w.Key("b3").Enabled)
	w.Press(fyne.KeyEscape)
	require.Empty(t, w.Modals)
	require.Len(t, keysPage(w).List().Selection(), 2)
}

func TestMouseChoosesLikeInOtherLists(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("b1", "b2", "b3")
	names := func() (out []string) {
		for _, k := range keysPage(w).List().Selection() {
			out = append(out, k.Name)
		}
		return out
	}
	click := func(i int, e desktop.MouseEvent) {
		if e.Position.X == 0 {
			e.Position.X = 100
		}
		keysPage(w).List().Pressed(keysPage(w).List().Snapshot().Keys[i].ID, &e)
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
	keysPage(w).List().TypedShortcut(&fyne.ShortcutSelectAll{})
	require.Len(t, names(), 4)
	w.Press(fyne.KeyEscape)
	require.Empty(t, names())
	click(2, desktop.MouseEvent{Button: desktop.MouseButtonSecondary})
	require.Equal(t, []string{"b2"}, names())
	require.NotNil(t, w.Window.Canvas().Overlays().Top(), "a menu has opened")
}

func TestARefreshKeepsSelectionAndScroll(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("m%02d", i))
	}
	w.Make(names...)
	keysPage(w).List().Choose(keysPage(w).List().Snapshot().Find(w.Key("m40").ID))
	keysPage(w).List().ScrollTo(30 * kit.RowHeight)
	top := keysPage(w).List().Snapshot().Keys[30].ID
	w.Make("a0", "a1", "a2") // three rows above
	require.Equal(t, "m40", keysPage(w).List().Selection()[0].Name)
	require.Equal(t, top, keysPage(w).List().Snapshot().Keys[int(keysPage(w).List().Offset.Y/kit.RowHeight)].ID)
}

func TestSearchFilterAndSort(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("apple", "banana", "cherry")
	w.Ctrl(fyne.KeyF)
	w.Write("banan")
	w.Clock.Pass(time.Second)
	require.True(t, w.Shown("1 key found"))
	require.True(t, w.Shown("banana"))
	require.False(t, w.Shown("cherry"))
	w.Write("zzz")
	w.Clock.Pass(time.Second)
	require.True(t, w.Shown("No key matches"), w.Texts())
	w.Button("Show all keys")
	require.True(t, w.Shown("cherry"))
	keysPage(w).SortBy("name")
	require.Equal(t, "cherry", keysPage(w).List().Snapshot().Keys[0].Name)
	keysPage(w).States().SetSelected("Revoked")
	require.True(t, w.Shown("No key matches"))
}

func TestAServerThatGoesAwayLeavesTheListAndSaysSo(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	w.Make("apple")
	require.NoError(t, srv.Close(t.Context()))
	w.Reload()
	require.True(t, w.Shown("apple"))
	require.True(t, w.Shown("Nothing listens at this address."), w.Texts())
	require.True(t, w.Shown("Not reachable"))
}

func TestOneFrameOfAScrollThroughTenThousandKeys(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	many := state.Snapshot{Loaded: true, Total: 10_000}
	for i := range 10_000 {
		many.Keys = append(many.Keys, &api.Key{ID: fmt.Sprintf("%012d", i), Name: fmt.Sprintf("sensor-%05d", i), State: "active", Enabled: true})
	}
	l := keysPage(w).List()
	l.ShowKeys(many)
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
	require.Less(t, len(uitest.Visible(l)), 2000, "only rows in sight exist")
}

func TestAllKeysAreChosenAndStayChosen(t *testing.T) {
	srv := statetest.Start(t, nil)
	srv.Fill(t, 650, "sensor")
	w := uitest.Open(t, srv, state.Preferences{})
	list := keysPage(w).List()
	chosen := func() int { return len(list.Selection()) } // what they are would fill the terminal
	list.TypedShortcut(&fyne.ShortcutSelectAll{})
	require.Equal(t, 651, chosen())
	w.Reload()
	require.Equal(t, 651, chosen())
	w.Make("later")
	w.Reload()
	require.Equal(t, 651, chosen(), "another key is not chosen with them")
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	require.Equal(t, 1, chosen())
}

// TestButtonsKeepTheirPlacesWhenAKeyIsDisabled has no other action under the pointer after a press on one.
func TestButtonsKeepTheirPlacesWhenAKeyIsDisabled(t *testing.T) {
	for _, language := range []string{"en", "de", "fr"} {
		w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{Language: language})
		places := func(key int) (all map[string]fyne.Position) {
			keysPage(w).List().Choose(key)
			w.Clock.Pass(time.Second)
			all = map[string]fyne.Position{}
			for _, o := range uitest.Visible(keysPage(w).Details()) {
				if b, ok := o.(*kit.Button); ok && b.Text != "" && b.Visible() {
					all[b.Text] = fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
				}
			}
			return all
		}
		enabled, disabled := places(1), places(2)
		action := func(name string) string { return w.Words.T("action." + name) }
		require.Contains(t, disabled, action("enable"))
		require.Equal(t, enabled[w.Words.T("brown.button")], disabled[action("enable")], language)
		for _, name := range []string{"edit", "rotate", "disable", "revoke", "delete"} {
			require.Contains(t, disabled, action(name))
			require.Equal(t, enabled[action(name)], disabled[action(name)], "%s: %s", language, name)
		}
		require.True(t, w.Find(action("disable")).Disabled())
	}
}

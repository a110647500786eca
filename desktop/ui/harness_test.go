package ui

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"
	"github.com/zalando/go-keyring"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// hand is a Loop that does everything at once, and whose time passes when the
// test says so.
type hand struct {
	now        time.Duration
	timers     []*timer
	every      []func()
	drawn      func() // called after each visit to the thread that draws
	background bool   // what runs now is not on the thread that draws
}

type timer struct {
	at   time.Duration
	draw func()
}

// run runs something in the background, or on the thread that draws.
func (h *hand) run(background bool, what func()) {
	before := h.background
	h.background = background
	what()
	h.background = before
}

func (h *hand) Go(work func()) { h.run(true, work) }

func (h *hand) Do(draw func()) {
	h.run(false, func() {
		draw()
		if h.drawn != nil {
			h.drawn()
		}
	})
}

func (h *hand) After(d time.Duration, draw func()) (cancel func()) {
	t := &timer{h.now + d, draw}
	h.timers = append(h.timers, t)
	return func() { h.timers = slices.DeleteFunc(h.timers, func(o *timer) bool { return o == t }) }
}

func (h *hand) Quit() { fyne.CurrentApp().Quit() }

func (h *hand) Every(_ time.Duration, work func()) (cancel func()) {
	h.every = append(h.every, work)
	return func() { h.every = nil }
}

// pass lets time go by.
func (h *hand) pass(d time.Duration) {
	end := h.now + d
	for {
		var next *timer
		for _, t := range h.timers {
			if t.at <= end && (next == nil || t.at < next.at) {
				next = t
			}
		}
		if next == nil {
			h.now = end
			return
		}
		h.now = next.at
		h.timers = slices.DeleteFunc(h.timers, func(o *timer) bool { return o == next })
		next.draw()
	}
}

// opened is the program in Fyne's driver for tests, with a real server.
type opened struct {
	*UI
	t    *testing.T
	hand *hand
	srv  *statetest.Server
	life *stillLife // in place of a server
	api  *client.Client
	log  *bytes.Buffer
}

// openWindow opens the program. With a server it is connected.
func openWindow(t *testing.T, srv *statetest.Server, p state.Preferences) *opened {
	t.Helper()
	keyring.MockInit()
	fyneApp := test.NewTempApp(t)
	settings, err := state.OpenSettings(t.TempDir())
	require.NoError(t, err)
	if p.Language == "" {
		p.Language = "en"
	}
	if p.Theme == "" {
		p.Theme = "dark"
	}
	p.Window = state.Window{Width: 1240, Height: 780}
	w := &opened{t: t, hand: &hand{}, srv: srv, log: &bytes.Buffer{}}
	app := &state.App{
		Settings: settings, Secrets: state.NewSecrets(state.SystemKeyring{}), Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Computer: state.NewComputer(filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"),
	}
	t.Cleanup(func() { require.NoError(t, app.Computer.Close(context.Background())) })
	if srv != nil {
		c := state.NewConnection()
		c.Name, c.Address = "Test", srv.ManagementURL()
		p.Connections, p.Last = []state.Connection{c}, c.ID
		app.Secrets.Set(c.ID, srv.Admin)
		w.api, err = client.New(srv.ManagementURL(), client.WithBearer(srv.Admin))
		require.NoError(t, err)
	}
	require.NoError(t, settings.Change(func(now *state.Preferences) { *now = p }))
	w.UI = New(fyneApp, app, w.hand)
	w.Words.Now = func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }
	if srv != nil {
		w.Words.Now = time.Now
	}
	w.Show()
	t.Cleanup(func() {
		w.disconnect()
		w.Window.Close()
	})
	return w
}

// make makes keys past the window.
func (w *opened) make(names ...string) {
	w.t.Helper()
	for _, name := range names {
		_, err := w.api.Create(w.t.Context(), api.CreateKey{Name: name, Role: "Agent"})
		require.NoError(w.t, err)
	}
	w.reload()
}

func (w *opened) key(name string) *api.Key {
	w.t.Helper()
	for k, err := range w.api.AllKeys(w.t.Context(), client.KeyQuery{}) {
		require.NoError(w.t, err)
		if k.Name == name {
			return &k
		}
	}
	return nil
}

func (w *opened) list() *keyList { return w.page.(*keysPage).list }

// press presses keys on what has the focus.
func (w *opened) press(keys ...fyne.KeyName) {
	w.t.Helper()
	for _, k := range keys {
		focused := w.Window.Canvas().Focused()
		if focused == nil {
			w.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: k})
		} else {
			focused.TypedKey(&fyne.KeyEvent{Name: k})
		}
	}
	w.hand.pass(100 * time.Millisecond)
}

// write types text into what has the focus.
func (w *opened) write(text string) {
	w.t.Helper()
	focused := w.Window.Canvas().Focused()
	require.NotNil(w.t, focused)
	for _, r := range text {
		focused.TypedRune(r)
	}
	w.hand.pass(100 * time.Millisecond)
}

// ctrl presses a shortcut.
func (w *opened) ctrl(key fyne.KeyName) {
	w.t.Helper()
	w.runShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault})
}

// texts are all texts that are drawn, on the page and on its dialogs.
func (w *opened) texts() []string {
	var out []string
	roots := append([]fyne.CanvasObject{w.Window.Canvas().Content()}, w.Window.Canvas().Overlays().List()...)
	for _, root := range roots {
		for _, o := range visible(root) {
			if text := drawn(o); text != "" {
				out = append(out, text)
			}
		}
	}
	return out
}

// visible are the objects below one that are not hidden.
func visible(o fyne.CanvasObject) (out []fyne.CanvasObject) {
	if o == nil || !o.Visible() {
		return nil
	}
	out = append(out, o)
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case fyne.Widget:
		parts = test.WidgetRenderer(o).Objects()
	case *fyne.Container:
		parts = o.Objects
	}
	for _, part := range parts {
		out = append(out, visible(part)...)
	}
	return out
}

// button presses a button of the open dialog, or of the page, by its text.
func (w *opened) button(text string) {
	w.t.Helper()
	canvas := w.Window.Canvas()
	root := canvas.Content()
	if overlays := canvas.Overlays().List(); len(overlays) > 0 {
		root = overlays[len(overlays)-1]
	}
	for _, o := range visible(root) {
		if b, ok := o.(*kit.Button); ok && b.Text == text && b.Visible() {
			require.False(w.t, b.Disabled(), "the button %q rests", text)
			b.Tapped(nil)
			w.hand.pass(100 * time.Millisecond)
			return
		}
	}
	require.Fail(w.t, "there is no button "+text)
}

// offers reports whether a button is seen.
func (w *opened) offers(text string) bool {
	for _, o := range visible(w.Window.Canvas().Content()) {
		if b, ok := o.(*kit.Button); ok && b.Text == text {
			return true
		}
	}
	return false
}

// confirm presses a button of the dialog that is open.
func (w *opened) confirm(text string) {
	w.t.Helper()
	require.NotEmpty(w.t, w.Modals, "no dialog is open")
	w.button(text)
}

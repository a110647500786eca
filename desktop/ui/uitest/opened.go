// Package uitest opens the desktop program for tests, with a real server or a
// still life in its place, and uses it as a person does.
package uitest

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"
	"github.com/zalando/go-keyring"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/shell"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// Opened is the program in Fyne's driver for tests.
type Opened struct {
	*shell.Shell
	T      *testing.T
	Clock  *Clock
	Server *statetest.Server // a real one, or nil
	Life   *StillLife        // in place of a server, or nil
	API    *client.Client    // past the window
	Log    *bytes.Buffer
}

// Open opens the program. With a server it is connected.
func Open(t *testing.T, srv *statetest.Server, p state.Preferences) *Opened {
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
	if p.Page == "" {
		p.Page = "keys"
	}
	p.Window = state.Window{Width: 1240, Height: 780}
	w := &Opened{T: t, Clock: &Clock{}, Server: srv, Log: &bytes.Buffer{}}
	app := &state.App{
		Settings: settings, Secrets: state.NewSecrets(state.SystemKeyring{}),
		Logger:   slog.New(slog.NewTextHandler(w.Log, nil)),
		Computer: state.NewComputer(filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"),
	}
	t.Cleanup(func() { require.NoError(t, app.Computer.Close(context.Background())) })
	if srv != nil {
		c := state.NewConnection()
		c.Name, c.Address = "Test", srv.ManagementURL()
		p.Connections, p.Last = append([]state.Connection{c}, p.Connections...), c.ID
		app.Secrets.Set(c.ID, srv.Admin)
		w.API, err = client.New(srv.ManagementURL(), client.WithBearer(srv.Admin))
		require.NoError(t, err)
	}
	require.NoError(t, settings.Change(func(now *state.Preferences) { *now = p }))
	w.Shell = shell.New(fyneApp, app, w.Clock)
	w.Words.Now = func() time.Time { return Noon }
	if srv != nil {
		w.Words.Now = time.Now
	}
	w.Show()
	t.Cleanup(func() {
		w.Disconnect()
		w.Window.Close()
	})
	return w
}

// Make makes keys past the window.
func (w *Opened) Make(names ...string) {
	w.T.Helper()
	for _, name := range names {
		_, err := w.API.Create(w.T.Context(), api.CreateKey{Name: name, Role: "Agent"})
		require.NoError(w.T, err)
	}
	w.Reload()
}

// Key is the key with a name as its server knows it, or nil.
func (w *Opened) Key(name string) *api.Key {
	w.T.Helper()
	for k, err := range w.API.AllKeys(w.T.Context(), client.KeyQuery{}) {
		require.NoError(w.T, err)
		if k.Name == name {
			return &k
		}
	}
	return nil
}

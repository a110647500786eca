//go:build walk

package walk

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// TestTheTray uses the program's icon as a panel does: its keys that end soon,
// the gate on this computer, the window that comes back, and the end.
func TestTheTray(t *testing.T) {
	t.Parallel()
	args := profile(t, state.Preferences{Theme: "dark", Language: "en", Last: state.LocalID})
	gate := freeAddress(t)
	args = append(args, "--gate", gate)
	data := args[3]
	fillLocally(t, data, []api.CreateKey{
		{Name: "tomorrow", Role: "Agent", ExpiresIn: "1d"}, {Name: "this-week", Role: "Agent", ExpiresIn: "6d"}, {Name: "next-month", Role: "Agent", ExpiresIn: "30d"},
	})
	desk := startSession(t)
	s := startScreen(t)
	s.env = append(s.env, desk.env...)

	first := s.run(program(t), args...)
	desk.find("2 keys expire within 7 days", func(e entry) bool { return e.resting })
	desk.find("tomorrow – in 1 day", func(e entry) bool { return !e.resting })
	desk.find("this-week – in 6 days", func(e entry) bool { return !e.resting })
	require.Eventually(t, func() bool { return len(desk.notified()) >= 2 }, patience, 50*time.Millisecond, "no notifications")
	shown := desk.notified()
	require.Len(t, shown, 2, "one for each key that ends soon")
	require.ElementsMatch(t, []string{"tomorrow expires soon", "this-week expires soon"}, []string{shown[0].title, shown[1].title})
	require.Contains(t, shown[0].text, "Rotate it before that.")

	desk.find("Gate on this computer", func(e entry) bool { return !e.ticked })
	require.False(t, answers(gate))
	desk.click("Gate on this computer")
	desk.find("Gate on this computer", func(e entry) bool { return e.ticked })
	require.True(t, answers(gate), "the gate was switched on from the tray")
	desk.click("Gate on this computer")
	desk.find("Gate on this computer", func(e entry) bool { return !e.ticked })
	require.False(t, answers(gate), "and off again")

	require.Eventually(t, s.visible, patience, 50*time.Millisecond)
	s.closeWindow()
	require.Eventually(t, func() bool { return !s.visible() }, patience, 50*time.Millisecond, "closing leaves only the icon")
	desk.click("Open Ostiary")
	require.Eventually(t, s.visible, patience, 50*time.Millisecond)
	desk.click("Quit")
	s.ends(first)

	s.run(program(t), args...)
	require.Eventually(t, func() bool { desk.mu.Lock(); defer desk.mu.Unlock(); return len(desk.items) == 2 }, patience, 50*time.Millisecond)
	desk.find("2 keys expire within 7 days", func(entry) bool { return true })
	require.Len(t, desk.notified(), 2, "each key is announced once, also after a new start")
}

// TestTheKeyringRemembers signs in once, and finds the secret in the session's
// keyring at the next start.
func TestTheKeyringRemembers(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	_, err := srv.api.Create(t.Context(), api.CreateKey{Name: "zebra", Role: "Agent"})
	require.NoError(t, err)
	desk := startSession(t)
	desk.startKeyring()
	c := state.Connection{ID: "a", Name: "Production", Address: srv.ManagementURL(), Way: state.WayKey, Trust: state.TrustSystem}
	args := profile(t, state.Preferences{Theme: "dark", Language: "en", Connections: []state.Connection{c}, Last: "a"})
	s := startScreen(t)
	s.env = append(s.env, desk.env...)

	first := s.run(program(t), args...)
	s.painted()
	s.settled()
	s.write(srv.Admin)
	s.press("Return")
	toggle := func(enabled bool) {
		require.Eventually(t, func() bool {
			s.press("End", "d")
			k, err := srv.named(t, "zebra")
			return err == nil && k.Enabled == enabled
		}, patience, 300*time.Millisecond, "the program is not connected")
	}
	toggle(false)
	s.do("key", "ctrl+q")
	s.ends(first)

	s.run(program(t), args...)
	s.painted()
	toggle(true)
}

// fillLocally makes keys in the store of a data directory.
func fillLocally(t testing.TB, dir string, keys []api.CreateKey) {
	t.Helper()
	computer := state.NewComputer(dir, "")
	require.NoError(t, computer.Open(t.Context(), false))
	session, err := state.Connect(t.Context(), state.Local(), "", computer)
	require.NoError(t, err)
	for _, k := range keys {
		issued, err := session.Create(t.Context(), k)
		require.NoError(t, err)
		issued.Token.Forget()
	}
	require.NoError(t, computer.Close(context.WithoutCancel(t.Context())))
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// answers reports whether a gate answers at an address.
func answers(address string) bool {
	resp, err := http.Get("http://" + filepath.Join(address, "auth"))
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusUnauthorized
}

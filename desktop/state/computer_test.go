package state

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

func localApp(t *testing.T, gate string) *App {
	t.Helper()
	settings, err := OpenSettings(t.TempDir())
	require.NoError(t, err)
	a := &App{
		Settings: settings, Secrets: NewSecrets(brokenKeyring{}), Logger: slog.New(slog.DiscardHandler),
		Computer: NewComputer(filepath.Join(t.TempDir(), "data"), gate),
	}
	t.Cleanup(func() { require.NoError(t, a.Computer.Close(context.Background())) })
	return a
}

func TestThisComputerIsAServerOfItsOwn(t *testing.T) {
	a := localApp(t, freeAddress(t))
	s, _, err := a.Connect(t.Context(), Local(), "")
	require.NoError(t, err)
	require.Equal(t, "Admin", s.Who.Role.String())
	require.Empty(t, s.Who.KeyID)

	issued, err := s.Create(t.Context(), api.CreateKey{Name: "mine", Role: "Agent"})
	require.NoError(t, err)
	header, err := issued.Token.Fill("Bearer T", "T")
	require.NoError(t, err)
	require.Empty(t, a.Computer.GateURL())

	require.NoError(t, a.SetLocalGate(t.Context(), true))
	require.Equal(t, http.StatusOK, askGate(t, a.Computer.GateURL(), header))
	require.NoError(t, s.Do(t.Context(), ActionRevoke, issued.Key, false))
	require.Equal(t, http.StatusUnauthorized, askGate(t, a.Computer.GateURL(), header))

	require.NoError(t, a.SetLocalGate(t.Context(), false))
	require.Empty(t, a.Computer.GateURL())
	require.NoError(t, s.List.Load(t.Context()))
	require.Len(t, s.List.Snapshot().Keys, 1, "the session outlives the switching of the gate")
}

func askGate(t *testing.T, gate, authorization string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gate+"/auth?require=ingest", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", authorization)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestAGateThatCannotListenLeavesTheStoreOpen(t *testing.T) {
	taken := startServer(t, nil)
	a := localApp(t, taken.GateURL()[len("http://"):])
	s, _, err := a.Connect(t.Context(), Local(), "")
	require.NoError(t, err)
	err = a.SetLocalGate(t.Context(), true)
	require.Equal(t, KindAddressInUse, Explain(err).Kind)
	require.False(t, a.Settings.Get().LocalGate)
	require.NoError(t, s.List.Load(t.Context()))
}

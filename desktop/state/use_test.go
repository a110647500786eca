package state

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

// lastDays waits until a key was used so often in all, and returns its use on
// the last days.
func lastDays(t *testing.T, s *Session, id string, total int64) []api.DayUsage {
	t.Helper()
	var use *api.KeyUsage
	require.Eventually(t, func() bool {
		var err error
		use, err = s.Use(t.Context(), id)
		require.NoError(t, err)
		return use.Total == total
	}, 15*time.Second, 50*time.Millisecond)
	require.Len(t, use.Days, UsageDays)
	return use.Days
}

func TestTheUseOfAKeyByDay(t *testing.T) {
	srv := startServer(t, nil)
	s := srv.connect(t)
	issued, err := s.Create(t.Context(), api.CreateKey{Name: "edge", Role: "Agent"})
	require.NoError(t, err)
	require.Zero(t, lastDays(t, s, issued.Key.ID, 0)[UsageDays-1].Count)

	header, err := issued.Token.Fill("Bearer T", "T")
	require.NoError(t, err)
	for range 3 {
		require.Equal(t, 200, askGate(t, srv.GateURL(), header))
	}
	now := time.Now()
	srv.Used(t, issued.Key.ID, now.AddDate(0, 0, -7), 40)
	srv.Used(t, issued.Key.ID, now.AddDate(0, 0, -UsageDays), 500) // a day too early
	days := lastDays(t, s, issued.Key.ID, 43)
	require.EqualValues(t, 40, days[UsageDays-1-7].Count)
	require.EqualValues(t, 3, days[UsageDays-1].Count+days[UsageDays-2].Count, "today, or on both sides of midnight")

	_, err = s.Use(t.Context(), "0000000000zz")
	require.Equal(t, KindNotFound, Explain(err).Kind)
}

func TestTheUseOfAKeyOfThisComputer(t *testing.T) {
	a := localApp(t, freeAddress(t))
	s, _, err := a.Connect(t.Context(), Local(), "")
	require.NoError(t, err)
	require.NoError(t, a.SetLocalGate(t.Context(), true))
	issued, err := s.Create(t.Context(), api.CreateKey{Name: "mine", Role: "Agent"})
	require.NoError(t, err)
	header, err := issued.Token.Fill("Bearer T", "T")
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, 200, askGate(t, a.Computer.GateURL(), header))
	}
	days := lastDays(t, s, issued.Key.ID, 2)
	require.EqualValues(t, 2, days[UsageDays-1].Count+days[UsageDays-2].Count)
}

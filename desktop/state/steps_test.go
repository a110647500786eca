package state

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

func TestTheFirstStepsAreCheckedOffAsTheServerSeesThem(t *testing.T) {
	srv := startServer(t, map[string]string{"GATE_ENDPOINTS_IN_STORE": "true", "GATE_UPSTREAMS": "127.0.0.1:9"})
	s := srv.connect(t)
	reach := func(want FirstSteps) {
		t.Helper()
		var got FirstSteps
		require.Eventually(t, func() bool {
			var err error
			got, err = s.FirstSteps(t.Context())
			require.NoError(t, err)
			return got == want
		}, 15*time.Second, 50*time.Millisecond, "%+v", got)
	}
	reach(FirstSteps{})

	fields := EndpointFields{Name: "all", Path: "/all", Require: "read", Upstream: "http://127.0.0.1:9"}
	require.NoError(t, s.MakeEndpoint(t.Context(), "all", fields.sent()))
	create(t, s, api.CreateKey{Name: "never used"})
	reach(FirstSteps{Endpoint: true})

	use := func(name, role string) {
		issued, err := s.Create(t.Context(), api.CreateKey{Name: name, Role: role})
		require.NoError(t, err)
		header, err := issued.Token.Fill("Bearer T", "T")
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.GateURL()+"/auth?endpoint=all&require="+
			map[string]string{"Agent": "ingest", "Viewer": "read"}[role], nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", header)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
	}
	use("alloy", "Agent")
	reach(FirstSteps{Endpoint: true, Pushes: true})
	use("grafana", "Viewer")
	reach(FirstSteps{Endpoint: true, Pushes: true, Reads: true})
}

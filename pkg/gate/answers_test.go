package gate

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// TestAFaultOfTheUpstreamIsRemembered asks by each way to an upstream: who looks for a request that was let in learns
// that what stands behind the gate did not serve it, and not of one that it served since.
func TestAFaultOfTheUpstreamIsRemembered(t *testing.T) {
	h, answers := newHouse(t), verify.NewAnswers()
	status := func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		w.WriteHeader(n)
	}
	prior := *upstreamAt(t, status)
	gone := upstreamAt(t, nil)
	gone.Host = "127.0.0.1:1"
	slow := mustURL(t, "http://localhost:"+upstreamAt(t, status).Port()) // by name
	gate := h.open(Options{Answers: answers, Endpoints: []Endpoint{
		{Name: "app", Path: "/app", Require: apikey.PermissionWrite, Upstream: &prior},
		{Name: "named", Path: "/named", Require: apikey.PermissionWrite, Upstream: slow},
		{Name: "gone", Path: "/gone", Require: apikey.PermissionWrite, Upstream: gone},
		{Name: "open", Path: "/open", Open: true, Upstream: &prior},
	}})
	issued := h.issue(apikey.RoleEditor)
	for _, c := range []struct {
		method, path, body string
		header             []string
		fault              int
	}{
		{http.MethodGet, "/app/503", "", nil, 503}, // the relay
		{http.MethodGet, "/app/200", "", nil, 0},
		{http.MethodPost, "/app/500", "data", nil, 500},
		{http.MethodPost, "/app/204", "data", nil, 0},
		{http.MethodGet, "/app/400", "", nil, 400},
		{http.MethodGet, "/app/401", "", nil, 401}, // which the server decides about
		{http.MethodGet, "/app/302", "", nil, 0},
		{http.MethodPatch, "/app/507", "data", nil, 507},                       // directly
		{http.MethodPost, "/app/503", "data", []string{"Te", "trailers"}, 503}, // by an http.Transport
		{http.MethodGet, "/named/503", "", nil, 503},
		{http.MethodGet, "/named/200", "", nil, 0},
		{http.MethodGet, "/gone/200", "", nil, 502},
		{http.MethodPatch, "/gone/200", "data", nil, 502},
		{http.MethodGet, "/open/503", "", nil, 0}, // there is nobody to tell
	} {
		got := send(t, c.method, gate+c.path, c.body, append(append(c.header, "User-Agent", "agent/1"), bearer(issued.Token)...)...)
		if c.fault != 0 {
			require.Equal(t, c.fault, got.StatusCode, c)
		}
		seen := h.uses.lastSeen()
		client := apikey.Client{Address: "127.0.0.1", UserAgent: "agent/1", Endpoint: seen.Endpoint,
			TokenID: issued.Key.ID, LastAt: seen.At}
		require.Equal(t, c.fault, answers.To(&client), c)
		for _, other := range []func(*apikey.Client){
			func(c *apikey.Client) { c.UserAgent = "agent/2" }, func(c *apikey.Client) { c.Address = "127.0.0.2" },
			func(c *apikey.Client) { c.Endpoint = "other" }, func(c *apikey.Client) { c.TokenID = "000000000000" },
		} {
			another := client
			other(&another)
			require.Zero(t, answers.To(&another), c)
		}
	}
}

package gate

import (
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestConnectionsToUpstreamsAreBounded sends many requests at once on one
// connection, to two upstreams that have room for a few in all.
func TestConnectionsToUpstreamsAreBounded(t *testing.T) {
	const most, many = 4, 100
	var open atomic.Int64
	var over atomic.Bool
	upstream := func() *url.URL {
		return upstreamAt(t, func(_ http.ResponseWriter, _ *http.Request) {
			n := open.Add(1)
			if n > most {
				over.Store(true)
			}
			time.Sleep(time.Millisecond) // so that others come meanwhile
			open.Add(-1)
		})
	}
	h := newHouse(t)
	gate := h.open(Options{Limits: Limits{Upstreams: most}, Endpoints: []Endpoint{
		{Name: "a", Path: "/a", Require: apikey.PermissionRead, Upstream: upstream()},
		{Name: "b", Path: "/b", Require: apikey.PermissionRead, Upstream: upstream()},
	}})
	key := h.key(apikey.RoleViewer)
	transport := transportOf(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
	defer transport.CloseIdleConnections()
	var all sync.WaitGroup
	var good atomic.Int64
	for i := range many {
		path := []string{"/a", "/b"}[i%2]
		all.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gate+path, nil)
			if err != nil {
				return
			}
			req.Header.Set("Authorization", "Bearer "+key)
			if res, err := transport.RoundTrip(req); err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK {
				good.Add(1)
			}
		})
	}
	all.Wait()
	require.Equal(t, int64(many), good.Load())
	require.False(t, over.Load(), "more than %d at once", most)
}

package plugin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// newUpstream starts a server that says what it was asked, and by whom.
func newUpstream(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.URL.Path,
			r.Header.Get("X-Ostiary-Key-Name"), r.Header.Get("X-Ostiary-Role"), r.Header.Get("X-Ostiary-Org"))
		if trace := r.Header.Get("Traceparent"); trace != "" {
			fmt.Fprintf(w, " %s %s", trace, r.Header.Get("Tracestate"))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func mustRequest(t testing.TB, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	return r
}

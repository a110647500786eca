package gate

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestAnUnknownEndpointIsWarnedOfOnce(t *testing.T) {
	h := newHouse(t)
	g := h.gate(Options{Endpoints: []Endpoint{{Name: "metrics", Path: "/metrics", Require: apikey.PermissionManage}}})
	key := h.key(apikey.RoleViewer)
	for _, ask := range []string{"/auth?endpoint=metrics", "/auth?endpoint=metrisc", "/auth?endpoint=metrisc", "/auth?endpoint=other&require=read"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, ask, nil)
		r.Header.Set("Authorization", "Bearer "+key)
		g.ServeHTTP(httptest.NewRecorder(), r)
	}
	require.Equal(t, 1, strings.Count(h.log.String(), "level=WARN"))
	require.Contains(t, h.log.String(), "endpoint=metrisc")
}

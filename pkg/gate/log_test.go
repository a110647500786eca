package gate

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

func deniedRequest(path string) *request {
	return &request{
		Request: &http.Request{Method: http.MethodGet}, method: http.MethodGet,
		url: &url.URL{Path: path, RawQuery: "secret=query"}, addr: netip.MustParseAddr("192.0.2.7"),
	}
}

func TestDenialLogIsSampledInAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out servertest.Output
		l := newDenialLog(slog.New(slog.NewTextHandler(&out, nil)))
		f := refuse(apikey.CodeForbidden, "no")
		flood := func(n int) {
			for range n {
				l.denied(deniedRequest("/x"), &f)
			}
		}
		flood(1000)
		time.Sleep(denialPeriod + time.Millisecond)
		synctest.Wait()
		require.Equal(t, denialLines, strings.Count(out.String(), "request denied"))
		require.Equal(t, 1, strings.Count(out.String(), "left out"))
		require.Contains(t, out.String(), "count=950")

		flood(denialLines + 1)
		time.Sleep(10 * denialPeriod)
		synctest.Wait()
		require.Equal(t, 2*denialLines, strings.Count(out.String(), "request denied"))
		require.Contains(t, out.String(), "count=1\n")
	})
}

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

func TestDenialLogHoldsNoSecrets(t *testing.T) {
	var out servertest.Output
	l := newDenialLog(slog.New(slog.NewTextHandler(&out, nil)))
	token, id := apikey.NewToken()
	f := refuse(apikey.CodeForbidden, "no")
	l.denied(deniedRequest("/whole/"+token+"/x"), &f)
	l.denied(deniedRequest("/cut/"+token[:apikey.TokenLength-1]), &f)
	l.denied(deniedRequest("/long/"+strings.Repeat("ü", 1000)), &f)
	require.NotContains(t, out.String(), token[17:30])
	require.NotContains(t, out.String(), "secret")
	require.Contains(t, out.String(), "path=/whole/ost_"+id.String()+"_…/x client=192.0.2.7")
	for line := range strings.Lines(out.String()) {
		require.Less(t, len(line), 500)
	}
}

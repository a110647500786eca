package gate

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestPrometheusByTenant puts a real Prometheus behind the gate that scrapes series of several tenants, and asks it with
// a key each.
func TestPrometheusByTenant(t *testing.T) {
	targets := upstreamAt(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, tenant := range []string{"a", "b", "c"} {
			_, _ = fmt.Fprintf(w, "secret{tenant=%q} 1\n", tenant)
		}
	})
	dir, listen := t.TempDir(), "127.0.0.1:"+servertest.FreePort(t)
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config,
		[]byte("scrape_configs: [{job_name: x, scrape_interval: 1s, static_configs: [{targets: [\""+targets.Host+"\"]}]}]\n"), 0o600))
	servertest.Start(t, listen, servertest.Tool(t, "prometheus"), "--config.file="+config,
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+listen)
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "prometheus", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://"+listen),
			Tenant: Tenant{Label: "tenant"}},
		{Name: "below", Path: "/prom", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://"+listen),
			Tenant: Tenant{Label: "tenant"}},
	}})
	tenants := func(a answer) (out []string) {
		t.Helper()
		var whole struct {
			Data struct {
				Result []struct{ Metric map[string]string }
			}
		}
		require.Equal(t, 200, a.StatusCode, a.body)
		decode(t, a.body, &whole)
		for _, one := range whole.Data.Result {
			out = append(out, one.Metric["tenant"])
		}
		slices.Sort(out)
		return out
	}
	one, two, every := bearer(h.key(apikey.RoleViewer, of("a"))), bearer(h.key(apikey.RoleViewer, of("a",
		"b"))), bearer(h.key(apikey.RoleViewer, of("*")))
	require.Eventually(t, func() bool {
		res, err := http.Get("http://" + listen + "/-/ready")
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	}, servertest.Patience, 50*time.Millisecond)
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		require.Less(t, time.Since(began), servertest.Patience)
		if len(tenants(ask(t, gate+"/api/v1/query?query=secret", append(every, "X-Scope-OrgID", "a|b|c")...))) == 3 {
			break
		}
	}
	for _, query := range []string{"secret", `secret{tenant!="a"} or secret`, `{tenant=~".*",__name__="secret"}`} {
		address := gate + "/api/v1/query?query=" + url.QueryEscape(query)
		require.Equal(t, []string{"a"}, tenants(ask(t, address, one...)))
		require.Equal(t, []string{"a"}, tenants(ask(t, address, append(one, "X-Scope-OrgID", "a")...)))
		require.Equal(t, []string{"a", "b"}, tenants(ask(t, address, two...)))
		require.Equal(t, []string{"b"}, tenants(ask(t, address, append(two, "X-Scope-OrgID", "b")...)))
		require.Equal(t, []string{"c"}, tenants(ask(t, address, append(every, "X-Scope-OrgID", "c")...)))
		require.Equal(t, 403, ask(t, address, append(one, "X-Scope-OrgID", "b")...).StatusCode)
		require.Equal(t, 400, ask(t, address, every...).StatusCode)
		form := url.Values{"query": {query}}.Encode()
		require.Equal(t, []string{"a"}, tenants(send(t, http.MethodPost, gate+"/api/v1/query", form, append(one,
			"Content-Type", confine.FormType)...)))
	}
	require.Equal(t, 404, ask(t, gate+"/prom/api/v1/query?query=secret", one...).StatusCode,
		"this Prometheus has no prefix")
	require.Equal(t, 200, ask(t, gate+"/api/v1/rules", append(one, "Accept-Encoding", "gzip")...).StatusCode)
	got := ask(t, gate+"/api/v1/status/config", one...)
	require.Equal(t, 403, got.StatusCode)
	require.Contains(t, got.problem(t).Detail, "cannot be confined to a tenant")
	require.Contains(t, h.log.String(), "path=/api/v1/status/config")
	require.Contains(t, h.log.String(), "key="+strings.TrimPrefix(one[1], "Bearer ")[4:16])
	require.Equal(t, 401, ask(t, gate+"/api/v1/status/config").StatusCode, "who has no key learns nothing")
	require.Equal(t, 413, send(t, http.MethodPost, gate+"/api/v1/query", "query="+strings.Repeat("a", 3<<20),
		append(one, "Content-Type", confine.FormType)...).StatusCode)
	require.Equal(t, 400, ask(t, gate+"/api/v1/query?query=secret%7B", one...).StatusCode)
}

// TestVictoriaMetricsByTenant puts a real one behind the gate, as the documentation does.
func TestVictoriaMetricsByTenant(t *testing.T) {
	listen := "127.0.0.1:" + servertest.FreePort(t)
	servertest.Start(t, listen, servertest.Tool(t, "victoria-metrics"), "-storageDataPath="+t.TempDir(),
		"-httpListenAddr="+listen, "-maxLabelsPerTimeseries=2147483647",
		"-search.latencyOffset=0s")
	h := newHouse(t)
	up, tenant := mustURL(t, "http://"+listen), Tenant{ExtraLabel: "tenant"}
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "write", Path: "/api/v1/import/prometheus", Require: apikey.PermissionIngest, Upstream: up, Tenant: tenant},
		{Name: "read", Path: "/", Require: apikey.PermissionRead, Upstream: up, Tenant: tenant},
	}})
	for _, name := range []string{"a", "b"} {
		key := bearer(h.key(apikey.RoleAgent, of(name)))
		require.Equal(t, 204, send(t, http.MethodPost, gate+"/api/v1/import/prometheus", `x{tenant="c"} 1`,
			key...).StatusCode)
		require.Equal(t, 403, send(t, http.MethodPost, gate+"/api/v1/import/prometheus", `x 1`, append(key,
			"X-Scope-OrgID", "c")...).StatusCode)
		require.Equal(t, 403, send(t, http.MethodPost, gate+"/api/v1/import/prometheus?extra_label=tenant=c", `x 1`,
			key...).StatusCode)
	}
	several := bearer(h.key(apikey.RoleAdmin, of("a", "b")))
	require.Equal(t, 400, send(t, http.MethodPost, gate+"/api/v1/import/prometheus", `x 1`, several...).StatusCode)
	list := func(key ...string) (out []string) {
		got := ask(t, gate+"/api/v1/label/tenant/values", key...)
		require.Equal(t, 200, got.StatusCode, got.body)
		var whole struct{ Data []string }
		decode(t, got.body, &whole)
		return whole.Data
	}
	for began := time.Now(); !slices.Equal([]string{"a", "b"}, list(several...)); time.Sleep(100 * time.Millisecond) {
		require.Less(t, time.Since(began), servertest.Patience)
		ask(t, "http://"+listen+"/internal/force_flush")
	}
	require.Equal(t, []string{"a"}, list(bearer(h.key(apikey.RoleViewer, of("a")))...))
	require.Equal(t, []string{"b"}, list(append(several, "X-Scope-OrgID", "b")...))
	require.Empty(t, list(append(bearer(h.key(apikey.RoleViewer, of("*"))), "X-Scope-OrgID", "c")...))
	require.Equal(t, 403, ask(t, gate+"/api/v1/status/top_queries", several...).StatusCode)
}

// TestConfinedBodies sends bodies that break off, stop, or are answered with what cannot be confined.
func TestConfinedBodies(t *testing.T) {
	h := newHouse(t)
	answers := ""
	var status int
	compressed := false
	up := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/alerts" {
			body, _ := io.ReadAll(r.Body)
			_ = json.NewEncoder(w).Encode(echo{r.Method, r.RequestURI, r.Host, string(body), r.Header})
			return
		}
		if compressed {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(status)
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, answers)
			_ = z.Close()
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answers)
	})
	gate := h.open(Options{Limits: Limits{Body: 300 * time.Millisecond}, Endpoints: []Endpoint{
		{Name: "p", Path: "/", Require: apikey.PermissionRead, Upstream: up, Tenant: Tenant{Label: "tenant"}},
	}})
	key := h.key(apikey.RoleViewer, of("a"))
	head := "POST /api/v1/query HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer " + key + "\r\nContent-Type: " + confine.FormType + "\r\n"
	require.Equal(t, 408, exchangeRaw(t, gate, head+"Content-Length: 100\r\n\r\nquery=u").StatusCode)
	require.Equal(t, 400, exchangeRaw(t, gate, head+"Transfer-Encoding: chunked\r\n\r\nzz\r\n").StatusCode)
	require.Equal(t, 200, exchangeRaw(t, gate,
		head+"Transfer-Encoding: chunked\r\n\r\n8\r\nquery=up\r\n0\r\n\r\n").StatusCode)
	require.Equal(t, 415, exchangeRaw(t, gate, strings.Replace(head, confine.FormType, "text/plain",
		1)+"Content-Length: 8\r\n\r\nquery=up").StatusCode)

	e := send(t, http.MethodPost, gate+"/api/v1/query?time=1", "query=up", append(bearer(key), "Content-Type",
		confine.FormType+"; charset=utf-8", "X-Scope-OrgID", "a")...).echo(t)
	require.Equal(t, "/api/v1/query", e.URI)
	require.Equal(t, url.Values{"query": {`up{tenant=~"a"}`}, "time": {"1"}}.Encode(), e.Body)
	require.Equal(t, []string{confine.FormType}, e.Header["Content-Type"])
	require.Empty(t, e.Header["X-Scope-Orgid"])
	require.Equal(t, []string{"a"}, e.Header["X-Ostiary-Tenant"])

	for _, c := range []struct {
		status     int
		answer     string
		compressed bool
		want       int
		body       string
	}{
		{200, `{"status":"success","data":{"alerts":[{"labels":{"tenant":"a"},"x":1},{"labels":{"tenant":"b"}},{"labels":{}},{}]}}`, false, 200, `{"data":{"alerts":[{"labels":{"tenant":"a"},"x":1}]},"status":"success"}`},
		{200, `{"status":"success","data":{"alerts":[]}}`, false, 200, `{"data":{"alerts":[]},"status":"success"}`},
		{200, `{"status":"success","data":{"alerts":[{"labels":{"tenant":"a"},"x":1}]}}`, true, 502, ""},
		{200, `<html>`, false, 502, ""},
		{200, ``, false, 502, ""},
		{200, `{"data":[{"labels":{"tenant":"b"}}]}`, false, 502, ""},
		{200, `{"alerts":[{"labels":{"tenant":"b"}}]}`, false, 502, ""},
		{200, `{"data":{"alerts":{"tenant":"b"}}}`, false, 502, ""},
		{200, `{"data":{"alerts":[{"labels":["tenant","b"]}]}}`, false, 502, ""},
		{206, `{"status":"success","data":{"alerts":[]}}`, false, 502, ""},
		{200, strings.Repeat(" ", confine.MaxAnswer+2), false, 502, ""},
		{503, `down`, false, 503, "down"},
	} {
		answers, status, compressed = c.answer, c.status, c.compressed
		got := ask(t, gate+"/api/v1/alerts", append(bearer(key), "Accept-Encoding", "identity")...)
		require.Equal(t, c.want, got.StatusCode, "%.60s: %.200s", c.answer, got.body)
		if c.body != "" {
			require.Equal(t, c.body, got.body)
		}
		require.NotContains(t, got.body, `"b"`)
	}
}

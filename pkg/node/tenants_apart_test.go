package node_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// What lets clients name a tenant of their own is warned of where it begins, and is known from then on.
func TestATenantThatIsTakenAwayIsWarnedOf(t *testing.T) {
	r := startToReload(t, inStore+"}")
	c := r.admin()
	fields := api.EndpointChange{"name": "loki", "kind": "loki", "path": "/loki", "upstream": "http://127.0.0.1:1"}
	warns := func(change api.EndpointChange) bool {
		t.Helper()
		checked, err := c.CheckEndpoint(t.Context(), change)
		require.NoError(t, err)
		require.Empty(t, checked.Errors)
		for _, w := range checked.Warnings {
			require.Equal(t, "kind", w.Field)
			require.Contains(t, w.Detail, "X-Scope-OrgID")
		}
		return len(checked.Warnings) > 0
	}
	require.True(t, warns(fields), "a new one without a tenant")
	fields["tenant"] = map[string]any{"header": "X-Scope-OrgID"}
	require.False(t, warns(fields))
	_, err := c.CreateEndpoint(t.Context(), fields)
	require.NoError(t, err)
	require.False(t, warns(api.EndpointChange{"name": "loki", "path": "/logs"}))
	require.True(t, warns(api.EndpointChange{"name": "loki", "tenant": nil}), "it is taken away")
	_, err = c.UpdateEndpoint(t.Context(), "loki", api.EndpointChange{"tenant": nil})
	require.NoError(t, err)
	require.False(t, warns(api.EndpointChange{"name": "loki", "path": "/logs"}), "it has been away before")
}

// Endpoints of the file are asked about at the start, when they are reloaded, and again while they do not answer.
func TestLabelsOfTheFilesEndpointsThatAreCutOff(t *testing.T) {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `flag{name="maxLabelsPerTimeseries", value="40", is_set="false"} 1`)
	})
	vm := httptest.NewServer(metrics)
	defer vm.Close()
	later := "127.0.0.1:" + servertest.FreePort(t)
	file := func(name, upstream string) string {
		return fmt.Sprintf(`gate: {endpoints: [{name: %s, path: /%[1]s, require: write, upstream: %q, `+
			`tenant: {extra_label: tenant}}, {name: other, path: /o, require: write, upstream: %[2]q}]}`, name, upstream)
	}
	r := startToReload(t, file("first", vm.URL))
	warns := func(name string) {
		t.Helper()
		require.Eventually(t, func() bool {
			return strings.Contains(r.log.String(), `"tenants are not kept apart" endpoint=`+name+` reason="holds only`)
		}, servertest.Patience, 20*time.Millisecond)
	}
	warns("first")
	_, err := r.reload(file("second", "http://"+later))
	require.NoError(t, err)
	listener, err := net.Listen("tcp", later)
	require.NoError(t, err)
	server := &http.Server{Handler: metrics, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	warns("second")
	require.NotContains(t, r.log.String(), "endpoint=other")
	require.Equal(t, 1, strings.Count(r.log.String(), "endpoint=first"), "once")
}

// VictoriaMetrics may cut off the label that confines, if a series has many others.
func TestLabelsThatAreCutOffAreWarnedOf(t *testing.T) {
	r := startToReload(t, inStore+"}")
	warned := func(upstream, tenant string) string {
		t.Helper()
		checked, err := r.admin().CheckEndpoint(t.Context(), api.EndpointChange{
			"name": "vm", "path": "/vm", "require": "write", "upstream": upstream, "tenant": map[string]any{tenant: "tenant"},
		})
		require.NoError(t, err)
		require.Empty(t, checked.Errors)
		require.True(t, checked.Upstream.Reachable, checked.Upstream.Detail)
		said := ""
		for _, w := range checked.Warnings {
			said += w.Field + " " + w.Detail + "\n"
		}
		return said
	}
	for most, want := range map[string]string{"30": "tenant holds only as long as a series has no more than 30 labels", "2147483647": ""} {
		address := "127.0.0.1:" + servertest.FreePort(t)
		servertest.Start(t, address, servertest.Tool(t, "victoria-metrics"), "-storageDataPath="+t.TempDir(),
			"-httpListenAddr="+address, "-maxLabelsPerTimeseries="+most)
		if said := warned("http://"+address, "extra_label"); want == "" {
			require.Empty(t, said)
		} else {
			require.Contains(t, said, want)
		}
	}

	const limit = `flag{name="maxLabelsPerTimeseries", value="40", is_set="false"} 1`
	for _, c := range []struct {
		path, metrics string
		status        int
		warns         bool
	}{
		{metrics: `vm_app_version{version="x-tags-v1.107.0-0-g", short_version="v1.107.0"} 1` + "\n" + limit, warns: true},
		{metrics: `vm_app_version{version="x-tags-v1.108.0-0-g", short_version="v1.108.0"} 1` + "\n" + limit},
		{metrics: `vm_app_version{version="x-tags-v2.0.0-0-g", short_version="v2.0.0"} 1` + "\n" + limit},
		{metrics: `vm_app_version{version="", short_version=""} 1` + "\n" + limit, warns: true},
		{metrics: "up 1\n"},
		{metrics: limit, status: http.StatusUnauthorized},
		{path: "/insert/0/prometheus", metrics: limit, warns: true},
	} {
		program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/metrics" {
				w.WriteHeader(max(c.status, http.StatusOK))
				_, _ = io.WriteString(w, c.metrics)
			}
		}))
		require.Equal(t, c.warns, warned(program.URL+c.path, "extra_label") != "", c)
		require.Empty(t, warned(program.URL+c.path, "header"), "nothing is said of another way")
		program.Close()
	}
}

// What is behind an endpoint may know nothing of the way in which its tenants are to be kept apart.
func TestTenantsThatNobodyKeepsApartAreWarnedOf(t *testing.T) {
	full, empty := startPrometheus(t, true), startPrometheus(t, false)
	require.Eventually(t, func() bool { // it scrapes itself
		res, err := http.Get(full + "/api/v1/labels")
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return strings.Contains(string(body), "job")
	}, servertest.Patience, 100*time.Millisecond)
	vm := "http://127.0.0.1:" + servertest.FreePort(t)
	servertest.Start(t, vm[len("http://"):], servertest.Tool(t, "victoria-metrics"), "-storageDataPath="+t.TempDir(),
		"-httpListenAddr="+vm[len("http://"):], "-maxLabelsPerTimeseries=2147483647")
	res, err := http.Post(vm+"/api/v1/import/prometheus", "", strings.NewReader("up{tenant=\"a\"} 1\n"))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Eventually(t, func() bool {
		res, err := http.Get(vm + "/api/v1/labels")
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return strings.Contains(string(body), "tenant")
	}, servertest.Patience, 100*time.Millisecond)
	loki := func(status int, body string) string {
		program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/loki/api/v1/labels" {
				status = http.StatusNotFound
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(program.Close)
		return program.URL
	}
	apart, together, starting := loki(http.StatusUnauthorized, "no org id\n"), loki(http.StatusOK, `{"status":"success"}`), loki(http.StatusServiceUnavailable, "")
	label, header := map[string]any{"extra_label": "tenant"}, map[string]any{"header": "X-Scope-OrgID"}
	const ofFilter, ofLoki = "tenant has no effect there: this is no VictoriaMetrics", "tenant has no effect there: Loki answers who names no tenant"
	r := startToReload(t, inStore+fmt.Sprintf(`, endpoints: [{name: ofprom, path: /ofprom, require: read, upstream: %q, tenant: {extra_label: tenant}},
		{name: ofloki, path: /ofloki, kind: loki, upstream: %q, tenant: {header: X-Scope-OrgID}},
		{name: ofvm, path: /ofvm, kind: victoriametrics, upstream: %q, tenant: {extra_label: tenant}}]}`, full, together, vm))
	for _, c := range []struct {
		upstream, kind string
		tenant         map[string]any
		warns          string
	}{
		{full, "victoriametrics", label, ofFilter},
		{full, "", label, ofFilter},
		{empty, "", label, ofFilter},
		{full, "", map[string]any{"label": "tenant"}, ""},
		{vm, "victoriametrics", label, ""},
		{vm, "", label, ""},
		{together, "loki", header, ofLoki},
		{together, "", header, ""}, // who knows
		{apart, "loki", header, ""},
		{starting, "loki", header, ""},
	} {
		change := api.EndpointChange{"name": "x", "path": "/x", "upstream": c.upstream, "tenant": c.tenant}
		if c.kind != "" {
			change["kind"] = c.kind
		} else {
			change["require"] = "read"
		}
		checked, err := r.admin().CheckEndpoint(t.Context(), change)
		require.NoError(t, err)
		require.Empty(t, checked.Errors, c)
		said := ""
		for _, w := range checked.Warnings {
			said += w.Field + " " + w.Detail + "\n"
		}
		if c.warns == "" {
			require.NotContains(t, said, "no effect", c)
		} else {
			require.Contains(t, said, c.warns, c)
		}
	}
	for _, said := range []string{`endpoint=ofprom reason="` + ofFilter[len("tenant "):], `endpoint=ofloki reason="` + ofLoki[len("tenant "):]} {
		require.Eventually(t, func() bool { return strings.Contains(r.log.String(), `"tenants are not kept apart" `+said) },
			servertest.Patience, 20*time.Millisecond, said)
	}
	require.NotContains(t, r.log.String(), "endpoint=ofvm")
}

// startPrometheus runs a Prometheus, which scrapes itself or has no series, and returns its address.
func startPrometheus(t *testing.T, scrapes bool) string {
	t.Helper()
	dir, host := t.TempDir(), "127.0.0.1:"+servertest.FreePort(t)
	jobs := "scrape_configs: []\n"
	if scrapes {
		jobs = fmt.Sprintf("global: {scrape_interval: 100ms}\n"+
			"scrape_configs: [{job_name: itself, static_configs: [{targets: [%q]}]}]\n", host)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(jobs), 0o600))
	servertest.Start(t, host, servertest.Tool(t, "prometheus"), "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+host)
	return "http://" + host
}

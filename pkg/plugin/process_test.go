package plugin_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/plugintest"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// Settings change a hundred times while requests run: none is lost, and the
// process has as many files, sockets and goroutines as before.
func TestSettingsChangeUnderLoad(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"a","role":"Admin"}`)
	gate := gateURL(t, h)
	load := func(changes int) {
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		var served atomic.Int64
		for _, send := range []func() int{
			func() int { return do(t, h, "admin", "GET", "/v1/keys", "").StatusCode },
			func() int { return do(t, h, "other", "GET", "/v1/policy", "").StatusCode },
			func() int { return do(t, h, "viewer", "POST", "/v1/verify", `{"token":"`+issued.Token+`"}`).StatusCode },
			func() int { return atGate(t, gate, issued.Token) },
		} {
			working.Go(func() {
				for ctx.Err() == nil {
					if status := send(); status != http.StatusOK {
						t.Errorf("status %d after %d requests", status, served.Load())
						return
					}
					served.Add(1)
				}
			})
		}
		for i := range changes {
			h.Configure(int64(1+i%2), fmt.Sprintf(`{"policy":{"defaultTtl":%d}}`, i+1))
			policy := decode[api.Policy](t, do(t, h, []string{"viewer", "other"}[i%2], "GET", "/v1/policy", "").body)
			require.Equal(t, int64(i+1), policy.DefaultTTL, "the next request has the new settings")
		}
		stop()
		working.Wait()
		require.Greater(t, served.Load(), int64(changes))
		http.DefaultClient.CloseIdleConnections()
	}
	load(2) // all connections and caches that there will be
	before := resourcesOf(t, h)
	load(100)
	eventually(t, func() bool {
		after := resourcesOf(t, h)
		return after.files <= before.files && after.goroutines <= before.goroutines+5
	}, fmt.Sprintf("as few files and goroutines as before: %+v", before))
	after := resourcesOf(t, h)
	require.LessOrEqual(t, after.databases, 1+max(4, runtime.NumCPU()), "one store: a connection that writes and a pool of those that read")
	require.Equal(t, 1, after.listeners)
	require.Equal(t, gate, gateURL(t, h), "the gate was never closed")
}

// SIGHUP, which would end another program, makes the plugin reload its file; a mistake in it changes nothing.
func TestHangup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ostiary.yaml")
	put := func(yaml string) { require.NoError(t, os.WriteFile(file, []byte(yaml), 0o600)) }
	put("gate: {endpoints: [{name: a, path: /a, require: manage}]}")
	h := start(t, with("config", file))
	gate := gateURL(t, h)
	issued := create(t, h, "admin", `{"name":"a","role":"Viewer"}`)
	status := func(endpoint string) int { return atGate(t, gate, issued.Token, "endpoint="+endpoint) }
	require.Equal(t, http.StatusForbidden, status("a"))

	put("gate: {endpoints: [{name: a, path: /a, require: read}]}")
	require.NoError(t, syscall.Kill(h.Pid(), syscall.SIGHUP))
	eventually(t, func() bool { return status("a") == http.StatusOK }, "the new rule counts")
	put("gate: {endpoints: [{name: a, path: nowhere, require: manage}]}")
	for range 10 {
		require.NoError(t, syscall.Kill(h.Pid(), syscall.SIGHUP))
		require.Equal(t, http.StatusOK, status("a"))
	}
	put("gate: {endpoints: [{name: a, path: /a, require: manage}]}")
	require.NoError(t, syscall.Kill(h.Pid(), syscall.SIGHUP))
	eventually(t, func() bool { return status("a") == http.StatusForbidden }, "it reads on")
	require.Equal(t, gate, gateURL(t, h), "the gate was never closed")
}

// resources are what a process may leak. The store's own files are counted
// apart from the others: its pool of connections grows as it is needed.
type resources struct {
	files, databases, listeners, goroutines int
}

func resourcesOf(t testing.TB, h *plugintest.Host) (r resources) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", h.Pid())
	open, err := os.ReadDir(dir)
	require.NoError(t, err)
	sockets := map[string]bool{}
	for _, fd := range open {
		target, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		switch store := filepath.Base(target); {
		case store == "ostiary.db":
			r.databases++
		case !strings.HasPrefix(store, "ostiary.db"):
			r.files++
		}
		if socket, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets[strings.TrimSuffix(socket, "]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", h.Pid(), table))
		require.NoError(t, err)
		for line := range strings.Lines(string(content)) {
			const listening = "0A"
			if f := strings.Fields(line); len(f) > 9 && f[3] == listening && sockets[f[9]] {
				r.listeners++
			}
		}
	}
	r.goroutines = int(metric(t, h, "go_goroutines"))
	return r
}

// atGate asks the gate about a token.
func atGate(t testing.TB, gate, token string, query ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, gate+"/auth?"+strings.Join(query, "&"), nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	return send(t, r).StatusCode
}

func TestTheGateOpensWithTheProcess(t *testing.T) {
	upstream := newUpstream(t)
	file := write(t, filepath.Join(t.TempDir(), "ostiary.yaml"), fmt.Sprintf(
		"listen: 127.0.0.1:7171 # for the standalone server\ngate: {endpoints: [{name: up, path: /up, require: ingest, upstream: %q}]}\n", upstream))
	gate := freeAddress(t)
	h := start(t, with("gate_listen", gate), with("config", file))
	eventually(t, func() bool { // though nobody has called the plugin
		c, err := net.Dial("tcp", gate)
		if err == nil {
			c.Close()
		}
		return err == nil
	}, "the gate listens")
	require.Equal(t, 1, resourcesOf(t, h).listeners, "no management listener")

	issued := create(t, h, "admin", `{"name":"agent","role":"Agent"}`)
	require.Equal(t, http.StatusOK, atGate(t, "http://"+gate, issued.Token))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+gate+"/up/profile", strings.NewReader("x"))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	require.Equal(t, "POST /up/profile agent Agent 1", send(t, r).body)
	r = mustRequest(t, "GET", "http://"+gate+"/up/traced")
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	r.Header.Set("Traceparent", trace)
	r.Header.Set("Tracestate", "a=b")
	require.Equal(t, "GET /up/traced agent Agent 1 "+trace+" a=b", send(t, r).body, "a trace goes on behind the gate")

	do(t, h, "admin", "POST", "/v1/keys/"+issued.Key.ID+"/revoke", "")
	require.Equal(t, http.StatusUnauthorized, atGate(t, "http://"+gate, issued.Token))
	require.Equal(t, http.StatusNotFound, send(t, mustRequest(t, "GET", "http://"+gate+api.BasePath+"/v1/keys")).StatusCode, "management is not reachable through the gate")
}

// A store that cannot be opened is a health result that says what to do; once that is done, the plugin works without a
// restart.
func TestAStartThatFails(t *testing.T) {
	dir := t.TempDir()
	occupied, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = occupied.Close() })
	address := occupied.Addr().String()
	file := write(t, filepath.Join(dir, "file"), "not a directory")
	damaged := filepath.Join(dir, "damaged")
	require.NoError(t, os.Mkdir(damaged, 0o700))
	write(t, filepath.Join(damaged, "ostiary.db"), strings.Repeat("this is no database ", 500))
	yaml := write(t, filepath.Join(dir, "ostiary.yaml"), "gate: {listn: 127.0.0.1:7172}\n")

	for name, tc := range map[string]struct {
		key, value string
		want       []string
		fix        func()
	}{
		"a data directory that is a file": {"data_dir", file, []string{file}, func() { require.NoError(t, os.Remove(file)) }},
		"a damaged database": {"data_dir", damaged, []string{"ostiary.db"}, func() {
			require.NoError(t, os.Remove(filepath.Join(damaged, "ostiary.db")))
		}},
		"an unknown store":         {"store", "mysql://root:hunter2@db/x", []string{"GF_PLUGIN_STORE", "sqlite"}, nil},
		"a port that is in use":    {"gate_listen", address, []string{"gate", address, "in use"}, func() { require.NoError(t, occupied.Close()) }},
		"a file that is not there": {"config", filepath.Join(dir, "none.yaml"), []string{"GF_PLUGIN_CONFIG: there is no file ", "none.yaml"}, func() { write(t, filepath.Join(dir, "none.yaml"), "{}") }},
		"a mistake in the file":    {"config", yaml, []string{"gate.listn", "gate.listen", yaml}, func() { write(t, yaml, "gate: {listen: 127.0.0.1:0}") }},
		"a bad port":               {"gate_listen", "7172", []string{"GF_PLUGIN_GATE_LISTEN", "host:port"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &servertest.Output{}
			h := start(t, with(tc.key, tc.value), func(o *plugintest.Options) { o.Log = log })
			status, message, details := health(t, h)
			require.Equal(t, "ERROR", status, message)
			require.Equal(t, api.StatusUnavailable, details.Status)
			for _, want := range append(tc.want, "[plugin.ostiary-apikeys-app] of grafana.ini") {
				require.Contains(t, message, want)
			}
			require.NotContains(t, message+log.String(), "hunter2")

			r := do(t, h, "admin", "GET", "/v1/keys", "")
			require.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
			require.NotEmpty(t, r.Header.Get("Retry-After"))
			problem := decode[api.Problem](t, r.body)
			require.Equal(t, apikey.CodeUnavailable, problem.Code)
			require.Contains(t, problem.Detail, "health check")
			_, err := h.CollectMetrics(t.Context())
			require.NoError(t, err)
			require.False(t, h.Exited(), "Grafana would start it again and again")
			if tc.fix == nil {
				return
			}
			tc.fix()
			eventually(t, func() bool { status, _, _ := health(t, h); return status == "OK" }, "it works once that is put right")
			require.Equal(t, http.StatusOK, do(t, h, "admin", "GET", "/v1/keys", "").StatusCode)
			require.Equal(t, 1, strings.Count(log.String(), "Ostiary cannot start"), "it is logged once, not at every try")
		})
	}
}

func TestTheDataDirectory(t *testing.T) {
	h := start(t)
	_, _, details := health(t, h)
	require.Equal(t, api.StatusOK, details.Status)
	dir := filepath.Join(h.GrafanaData(), "ostiary")
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	for _, name := range []string{"ostiary.db", "pepper"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	issued := create(t, h, "admin", `{"name":"kept","role":"Viewer"}`)
	h.Close()

	again := start(t, func(o *plugintest.Options) { o.GrafanaData = h.GrafanaData() }) // as after an upgrade
	require.Equal(t, issued.Key.ID, decode[api.Key](t, do(t, again, "admin", "GET", "/v1/keys/"+issued.Key.ID, "").body).ID)
	require.Equal(t, http.StatusOK, atGate(t, gateURL(t, again), issued.Token))
}

// Uses that were gathered are written when Grafana ends the plugin.
func TestUsageSurvivesTheEnd(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"used","role":"Viewer"}`)
	gate := gateURL(t, h)
	for range 5 {
		require.Equal(t, http.StatusOK, atGate(t, gate, issued.Token))
	}
	h.Close() // which kills the plugin after two seconds, as Grafana does
	again := start(t, func(o *plugintest.Options) { o.GrafanaData = h.GrafanaData() })
	require.Equal(t, int64(5), decode[api.Key](t, do(t, again, "admin", "GET", "/v1/keys/"+issued.Key.ID, "").body).UseCount)
}

// A service manager ends all programs of Grafana's service at once.
func TestTerminated(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"used","role":"Viewer"}`)
	require.Equal(t, http.StatusOK, atGate(t, gateURL(t, h), issued.Token))
	process, err := os.FindProcess(h.Pid())
	require.NoError(t, err)
	require.NoError(t, process.Signal(syscall.SIGTERM))
	eventually(t, h.Exited, "the plugin ends")
	again := start(t, func(o *plugintest.Options) { o.GrafanaData = h.GrafanaData() })
	require.Equal(t, int64(1), decode[api.Key](t, do(t, again, "admin", "GET", "/v1/keys/"+issued.Key.ID, "").body).UseCount)
}

// If Grafana is killed, the plugin must not keep the gate's port.
func TestAnOrphanEnds(t *testing.T) {
	executable, err := plugintest.Build()
	require.NoError(t, err)
	gate := freeAddress(t)
	grafana := exec.Command("sh", "-c", `"$0" >/dev/null 2>&1 & echo $!; wait`, executable)
	grafana.Env = []string{"grafana_plugin_type=datasource", "GF_PLUGIN_DATA_DIR=" + t.TempDir(), "GF_PLUGIN_GATE_LISTEN=" + gate, "TMPDIR=" + t.TempDir()}
	require.NoError(t, grafana.Start())
	listens := func() bool {
		c, err := net.Dial("tcp", gate)
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	eventually(t, listens, "the gate listens")
	require.NoError(t, grafana.Process.Kill())
	_ = grafana.Wait()
	eventually(t, func() bool { return !listens() }, "the gate's port is free")
}

package plugin_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/app"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ostiary/ostiary/pkg/plugin"
)

// Inside one process, where the race detector and the search for leaks see
// everything, instances come and go while others still answer.
func TestInstancesComeAndGo(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	grafanasLog := backend.Logger
	backend.Logger = log.NewNullLogger() // which would log every instance
	t.Cleanup(func() { backend.Logger = grafanasLog })
	env := map[string]string{"GF_PLUGIN_DATA_DIR": filepath.Join(t.TempDir(), "data"), "GF_PLUGIN_GATE_LISTEN": "127.0.0.1:0"}
	p := plugin.NewProcess(plugin.Options{
		Version: "1.2.3", LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	instances := app.NewInstanceManager(p.NewInstance)
	call := func(pc backend.PluginContext, method, path string, body []byte) int {
		i, err := instances.Get(t.Context(), pc)
		require.NoError(t, err)
		status := 0
		handler, ok := i.(backend.CallResourceHandler)
		require.True(t, ok)
		err = handler.CallResource(t.Context(), &backend.CallResourceRequest{PluginContext: pc, Method: method, Path: path, URL: path, Body: body},
			backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error { status = r.Status; return nil }))
		require.NoError(t, err)
		return status
	}
	context := func(orgID int64, change int) backend.PluginContext {
		return backend.PluginContext{
			PluginID: plugin.ID, User: &backend.User{Login: "admin", Role: "Admin"},
			OrgID: orgID, //nolint:staticcheck // Grafana sends it
			AppInstanceSettings: &backend.AppInstanceSettings{
				JSONData: fmt.Appendf(nil, `{"policy":{"defaultTtl":%d}}`, change+1), Updated: time.UnixMilli(int64(change)),
			},
		}
	}
	var working sync.WaitGroup
	for worker := range 4 {
		working.Go(func() {
			for change := range 100 {
				pc := context(int64(worker%2+1), change)
				require.Equal(t, http.StatusOK, call(pc, "GET", "v1/keys", nil))
				require.Equal(t, http.StatusCreated, call(pc, "POST", "v1/keys", fmt.Appendf(nil, `{"name":"%d-%d","role":"Agent"}`, worker, change)))
			}
		})
	}
	working.Wait()
	families, err := p.Gatherer(prometheus.NewRegistry()).Gather()
	require.NoError(t, err)
	require.NotEmpty(t, families)

	p.Close()
	require.Equal(t, http.StatusServiceUnavailable, call(context(1, 0), "GET", "v1/keys", nil), "after the end")
	goleak.VerifyNone(t, leaks)
}

func TestAProcessThatNobodyAskedOpensNothing(t *testing.T) {
	p := plugin.NewProcess(plugin.Options{LookupEnv: func(string) (string, bool) {
		t.Error("the configuration was read")
		return "", false
	}})
	p.Close()
	p.Close()
}

// Where the plugin was not installed in Grafana's directory of plugins, nobody
// knows where its data directory is.
func TestAnExecutableElsewhere(t *testing.T) {
	p := plugin.NewProcess(plugin.Options{
		Version: "1.2.3", Executable: "/opt/ostiary/gpx_ostiary_apikeys_linux_amd64", LookupEnv: func(string) (string, bool) { return "", false },
	})
	t.Cleanup(p.Close)
	i, err := p.NewInstance(t.Context(), backend.AppInstanceSettings{})
	require.NoError(t, err)
	checker, ok := i.(backend.CheckHealthHandler)
	require.True(t, ok)
	result, err := checker.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: backend.PluginContext{
		OrgID: 1, User: &backend.User{Login: "admin", Role: "Admin"}, //nolint:staticcheck // Grafana sends the number
	}})
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusError, result.Status)
	require.Contains(t, result.Message, "data_dir: is not set, and /opt/ostiary/gpx_ostiary_apikeys_linux_amd64 is not in Grafana's directory of plugins")
}

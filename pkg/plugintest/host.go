package plugintest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
)

// Options of a Host. Every one may be left out.
type Options struct {
	Executable  string            // of the plugin; that of Build
	GrafanaData string            // its data directory, where the plugin is installed; a new one, removed at the end
	Settings    map[string]string // what [plugin.ostiary-apikeys-app] in grafana.ini says: gate_listen, config …
	Env         map[string]string // further variables that Grafana sets, such as GF_INSTANCE_OTLP_ADDRESS
	Log         io.Writer         // takes the plugin's log, as JSON lines
	BasePath    string            // where Grafana is served, such as /graph
	Users       map[string]User   // who may sign in: by service-account token, or by "login:password"
	Pages       string            // a directory with pages that stand in for Grafana's own
	Plugin      string            // the built plugin, whose pages are served as well; dist
	Root        string            // root directory of the plugin's process, in which GrafanaData is; the system's
}

// User is a person or service account that Grafana knows.
type User struct {
	Login string
	Role  string // Admin, Editor, Viewer, None
	OrgID int64  // of the organization that is meant unless a request names another

	// Others are the roles in the other organizations that a person is in; a service account is in one alone.
	Others map[int64]string
}

// in is the user in an organization that a request names; not ok if the user is not in it.
func (u User) in(orgID int64) (User, bool) {
	if orgID == u.OrgID {
		return u, true
	}
	role, ok := u.Others[orgID]
	others := maps.Clone(u.Others)
	if ok {
		delete(others, orgID)
		others[u.OrgID] = u.Role
	}
	u.OrgID, u.Role, u.Others = orgID, role, others
	return u, ok
}

// Host is a running plugin, and the Grafana in front of it.
type Host struct {
	opts        Options
	server      *httptest.Server
	client      *plugin.Client
	command     *exec.Cmd
	resources   grpcplugin.ResourceClient
	diagnostics grpcplugin.DiagnosticsClient
	temporary   string

	mu       sync.Mutex
	settings map[int64]*backend.AppInstanceSettings
}

// New starts the plugin and ends it with the test.
func New(t testing.TB, opts Options) *Host {
	t.Helper()
	if opts.GrafanaData == "" {
		opts.GrafanaData = t.TempDir()
	}
	h, err := Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// Start starts the plugin for callers without a testing.TB. Close ends it.
func Start(opts Options) (*Host, error) {
	h := &Host{opts: opts, settings: map[int64]*backend.AppInstanceSettings{}}
	if err := h.start(); err != nil {
		h.Close()
		return nil, err
	}
	h.server = httptest.NewServer(h)
	return h, nil
}

func (h *Host) start() (err error) {
	if h.opts.Executable == "" {
		if h.opts.Executable, err = Build(); err != nil {
			return err
		}
	}
	if h.opts.GrafanaData == "" {
		if h.temporary, err = os.MkdirTemp("", "grafana-"); err != nil {
			return err
		}
		h.opts.GrafanaData = h.temporary
	}
	if h.opts.Log == nil {
		h.opts.Log = io.Discard
	}
	installed, err := install(h.opts.Executable, h.opts.GrafanaData)
	if err != nil {
		return err
	}
	h.command = exec.Command(strings.TrimPrefix(installed, h.opts.Root))
	h.command.Dir = strings.TrimPrefix(h.opts.GrafanaData, h.opts.Root)
	h.command.Env = h.environment()
	confine(h.command, h.opts.Root)
	h.client = plugin.NewClient(&plugin.ClientConfig{
		Cmd: h.command,
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion,
			MagicCookieKey:  grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{grpcplugin.ProtocolVersion: {
			"resource": &grpcplugin.ResourceGRPCPlugin{}, "diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
		}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		Logger:           hclog.New(&hclog.LoggerOptions{Output: h.opts.Log, JSONFormat: true, Level: hclog.Debug}),
	})
	rpc, err := h.client.Client()
	if err != nil {
		return fmt.Errorf("the plugin does not start: %w", err)
	}
	if h.resources, err = dispense[grpcplugin.ResourceClient](rpc, "resource"); err != nil {
		return err
	}
	h.diagnostics, err = dispense[grpcplugin.DiagnosticsClient](rpc, "diagnostics")
	return err
}

// environment is what Grafana gives a plugin: nothing of its own environment.
func (h *Host) environment() []string {
	env := []string{"GF_VERSION=12.3.0", "GF_PLUGIN_VERSION=" + Version}
	for _, key := range slices.Sorted(maps.Keys(h.opts.Settings)) {
		env = append(env, "GF_PLUGIN_"+strings.ToUpper(key)+"="+h.opts.Settings[key])
	}
	for _, name := range slices.Sorted(maps.Keys(h.opts.Env)) {
		env = append(env, name+"="+h.opts.Env[name])
	}
	return env
}

func dispense[T any](rpc plugin.ClientProtocol, name string) (T, error) {
	var none T
	raw, err := rpc.Dispense(name)
	if err != nil {
		return none, err
	}
	client, ok := raw.(T)
	if !ok {
		return none, fmt.Errorf("the plugin's %s is a %T", name, raw)
	}
	return client, nil
}

// Close ends the plugin as Grafana does when it stops.
func (h *Host) Close() {
	if h.server != nil {
		h.server.Close()
	}
	if h.client != nil {
		h.client.Kill()
	}
	if h.temporary != "" {
		_ = os.RemoveAll(h.temporary)
	}
}

// URL is Grafana's address, with its base path and without a slash at the end.
func (h *Host) URL() string { return h.server.URL + h.opts.BasePath }

// GrafanaData is Grafana's data directory.
func (h *Host) GrafanaData() string { return h.opts.GrafanaData }

// Pid is the plugin's process.
func (h *Host) Pid() int { return h.command.Process.Pid }

// Exited reports whether the plugin's process has ended by itself.
func (h *Host) Exited() bool { return h.client.Exited() }

// Configure sets the jsonData of an organization, as its settings page or a provisioning file does. Grafana's database
// keeps the second of it.
func (h *Host) Configure(orgID int64, jsonData string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	updated := time.Now().Truncate(time.Second)
	h.settings[orgID] = &backend.AppInstanceSettings{JSONData: []byte(jsonData), Updated: updated}
}

// Context is what Grafana sends the plugin with a request. A nil user means Grafana itself.
func (h *Host) Context(orgID int64, user *User) backend.PluginContext {
	h.mu.Lock()
	defer h.mu.Unlock()
	pc := backend.PluginContext{
		OrgID:    orgID, //nolint:staticcheck // Grafana sends it
		PluginID: PluginID, PluginVersion: Version, AppInstanceSettings: h.settings[orgID],
	}
	if pc.AppInstanceSettings == nil {
		pc.AppInstanceSettings = &backend.AppInstanceSettings{}
	}
	if user != nil {
		pc.User = &backend.User{Login: user.Login, Name: user.Login, Role: user.Role}
	}
	return pc
}

// Call passes a request to the plugin as it is, below the plugin's resources:
// without what Grafana does to it.
func (h *Host) Call(
	ctx context.Context, pc backend.PluginContext, method, target string, header http.Header, body []byte,
) (*backend.CallResourceResponse, error) {
	var whole *backend.CallResourceResponse
	err := h.callInParts(ctx, pc, method, target, header, body, func(part *backend.CallResourceResponse) {
		if whole == nil {
			whole = part
			return
		}
		whole.Body = append(whole.Body, part.Body...)
	})
	return whole, err
}

// callInParts calls the plugin and gives each part of its answer as it comes. The first has the status and the header.
func (h *Host) callInParts(
	ctx context.Context, pc backend.PluginContext, method, target string, header http.Header, body []byte,
	give func(*backend.CallResourceResponse),
) error {
	path, _, _ := strings.Cut(target, "?")
	stream, err := h.resources.CallResource(ctx, backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: pc, Method: method, Path: strings.TrimPrefix(path, "/"), URL: strings.TrimPrefix(target, "/"),
		Headers: header, Body: body,
	}))
	if err != nil {
		return err
	}
	for parts := 0; ; parts++ {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && parts > 0:
			return nil
		case err != nil:
			return err
		}
		give(backend.FromProto().CallResourceResponse(part))
	}
}

// CheckHealth asks the plugin how it is.
func (h *Host) CheckHealth(ctx context.Context, pc backend.PluginContext) (*backend.CheckHealthResult, error) {
	request := &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(pc)}
	answer, err := h.diagnostics.CheckHealth(ctx, request)
	if err != nil {
		return nil, err
	}
	return backend.FromProto().CheckHealthResponse(answer), nil
}

// CollectMetrics returns the plugin's metrics in Prometheus' text format.
func (h *Host) CollectMetrics(ctx context.Context) (string, error) {
	answer, err := h.diagnostics.CollectMetrics(ctx, &pluginv2.CollectMetricsRequest{})
	return string(answer.GetMetrics().GetPrometheus()), err
}

package plugin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/plugintest"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// block returns the block of docs/grafana.md in a language that begins so.
func block(t testing.TB, language, begins string) string {
	t.Helper()
	content, err := os.ReadFile("../../docs/grafana.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(string(content), -1) {
		if strings.HasPrefix(m[1], begins) {
			return m[1]
		}
	}
	require.Failf(t, "no such block", "%s, beginning with %s", language, begins)
	return ""
}

// section returns a section of a file like grafana.ini.
func section(t testing.TB, ini, name string) map[string]string {
	t.Helper()
	_, rest, ok := strings.Cut(ini, "["+name+"]\n")
	require.True(t, ok, "[%s] in %s", name, ini)
	values := map[string]string{}
	for line := range strings.Lines(rest) {
		if strings.HasPrefix(line, "[") {
			break
		}
		if key, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return values
}

// replaced returns text with every one of the old strings, which must be in
// it, replaced.
func replaced(t testing.TB, text string, oldNew ...string) string {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		require.Contains(t, text, oldNew[i])
	}
	return strings.NewReplacer(oldNew...).Replace(text)
}

// The files that users copy say the same as the documentation, and the plugin
// starts with them.
func TestTheFilesOfDeploy(t *testing.T) {
	ini, err := os.ReadFile("../../deploy/grafana/grafana.ini")
	require.NoError(t, err)
	endpoints, err := os.ReadFile("../../deploy/grafana/ostiary.yaml")
	require.NoError(t, err)
	documented := block(t, "ini", "[plugins]")
	for _, name := range []string{"plugins", "plugin.ostiary-apikeys-app"} {
		require.Equal(t, section(t, documented, name), section(t, string(ini), name))
	}
	require.Equal(t, "ostiary-apikeys-app", section(t, documented, "plugins")["allow_loading_unsigned_plugins"])

	settings := section(t, documented, "plugin.ostiary-apikeys-app")
	require.Equal(t, "0.0.0.0:7172", settings["gate_listen"])
	settings["gate_listen"] = freeAddress(t)
	settings["config"] = write(t, filepath.Join(t.TempDir(), filepath.Base(settings["config"])), string(endpoints))
	h := start(t, func(o *plugintest.Options) { o.Settings = settings })
	status, message, _ := health(t, h)
	require.Equal(t, "OK", status, message)
	require.FileExists(t, filepath.Join(h.GrafanaData(), "ostiary", "assertion.key"))

	var compose struct {
		Services map[string]struct {
			Image   string
			Ports   []string
			Volumes []string
		}
		Volumes map[string]any
	}
	decoder := yaml.NewDecoder(mustOpen(t, "../../docker-compose.yaml"))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&compose))
	for _, volume := range compose.Services["grafana"].Volumes {
		source, _, ok := strings.Cut(volume, ":")
		require.True(t, ok)
		if source, here := strings.CutPrefix(source, "./"); here && source != "dist" { // which a build makes
			_, err := os.Stat("../../" + source)
			require.NoError(t, err)
		}
	}

	values := chartValues(t, block(t, "yaml", "replicas: 1"))
	require.Equal(t, 1, values.Replicas, "SQLite is for one machine")
	require.True(t, values.Persistence.Enabled)
	require.Equal(t, "Recreate", values.DeploymentStrategy.Type)
	require.Regexp(t, `^https://\S+\.zip;ostiary-apikeys-app$`, values.Plugins[0])
	mounted := values.ExtraConfigmapMounts[0]
	require.Equal(t, mounted.MountPath+"/ostiary.yaml", values.Ini["plugin.ostiary-apikeys-app"]["config"])
	require.Equal(t, 7172, values.ExtraExposePorts[0].TargetPort)
	require.Equal(t, section(t, documented, "plugins"), values.Ini["plugins"])
	require.Equal(t, "0.0.0.0:7172", values.Ini["plugin.ostiary-apikeys-app"]["gate_listen"])
}

// values are those of the chart grafana/grafana that the documentation sets,
// with the names and types that they have there.
type values struct {
	Replicas             int
	Persistence          struct{ Enabled bool }
	DeploymentStrategy   struct{ Type string } `yaml:"deploymentStrategy"`
	Plugins              []string
	Ini                  map[string]map[string]string `yaml:"grafana.ini"`
	ExtraConfigmapMounts []struct {
		Name      string
		ConfigMap string `yaml:"configMap"`
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"extraConfigmapMounts"`
	ExtraExposePorts []struct {
		Name       string
		Port       int
		TargetPort int `yaml:"targetPort"`
	} `yaml:"extraExposePorts"`
}

func chartValues(t testing.TB, text string) (v values) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&v))
	return v
}

// A key opens Grafana with its role: at the gate, and through nginx with the documented file, where Grafana's own pages
// and tokens still work.
func TestAKeyOpensGrafana(t *testing.T) {
	options := section(t, block(t, "ini", "[auth.jwt]"), "auth.jwt")
	require.Equal(t, "true", options["enabled"])
	require.Equal(t, "true", options["auto_sign_up"])
	require.Equal(t, "true", options["role_attribute_strict"])
	for name := range options { // the names are those of Grafana's conf/defaults.ini
		require.Contains(t, []string{
			"enabled", "header_name", "jwk_set_file", "expect_claims", "username_claim", "auto_sign_up", "role_attribute_path", "role_attribute_strict",
		}, name)
	}
	g, h, gate := startWithGrafana(t)
	nginx := startNginx(t, g.url, gate)

	viewerKey := create(t, h, "admin", `{"name":"Admin","role":"Viewer"}`)
	editorKey := create(t, h, "admin", `{"name":"edge agents","role":"Editor"}`)
	viewer, editor := viewerKey.Token, editorKey.Token
	agent := create(t, h, "admin", `{"name":"agent","role":"Agent"}`).Token
	foreign := create(t, h, "other", `{"name":"foreign","role":"Admin"}`).Token
	for _, door := range []string{gate, nginx} {
		for token, want := range map[string]string{
			viewer: `{"path":"/api/dashboards/home","login":"` + login(viewerKey) + `","name":"Admin","role":"Viewer"}`,
			editor: `{"path":"/api/dashboards/home","login":"` + login(editorKey) + `","name":"edge agents","role":"Editor"}`,
		} {
			require.JSONEq(t, want, curl(t, "-H", "Authorization: Bearer "+token, door+"/api/dashboards/home"))
			require.JSONEq(t, want, curl(t, "-H", "X-API-Key: "+token, door+"/api/dashboards/home"))
			require.JSONEq(t, want, curl(t, "-H", "authorization: bearer "+token, "-H", "X-JWT-Assertion: forged", "-H", "X_JWT_Assertion: forged", door+"/api/dashboards/home"))
		}
		require.Contains(t, curl(t, "-H", "Authorization: Bearer "+agent, door+"/api/dashboards/home"), `"code":"forbidden"`)
		require.Contains(t, curl(t, "-H", "Authorization: Bearer "+foreign, door+"/api/dashboards/home"), `"code":"invalid_token"`, "a key of another organization")
		require.Contains(t, curl(t, "-H", "Authorization: Bearer "+viewer[:60]+"000000", door+"/api/dashboards/home"), `"code":"invalid_token"`)
	}
	// Grafana's own doors stay as they are.
	require.JSONEq(t, `{"by":"grafana","assertion":""}`, curl(t, "-H", "Authorization: Bearer glsa_own", "-H", "X-JWT-Assertion: forged", nginx+"/api/dashboards/home"))
	require.JSONEq(t, `{"by":"grafana","assertion":""}`, curl(t, nginx+"/public/build/app.js"))
	require.Contains(t, curl(t, nginx+"/api/dashboards/home"), "Unauthorized")

	// Forward authentication gives the token to a proxy.
	auth := mustRequest(t, "GET", nginx+"/gate/auth?endpoint=grafana")
	auth.Header.Set("Authorization", "Bearer "+editor)
	answer := send(t, auth)
	require.Equal(t, http.StatusOK, answer.StatusCode, answer.body)
	claims, err := g.verify(answer.Header.Get("X-Jwt-Assertion"))
	require.NoError(t, err)
	require.Equal(t, "ostiary:1:"+editorKey.Key.ID, claims["sub"])
	require.Equal(t, "ostiary-edge agents", claims["preferred_username"])
	require.InDelta(t, 60, claims["exp"].(float64)-claims["iat"].(float64), 0) //nolint:forcetypeassert // or it panics
	require.NotContains(t, answer.body, editor)

	// A revoked key opens nothing, from the next request on.
	key := editorKey.Key
	require.Equal(t, http.StatusOK, do(t, h, "admin", "POST", "/v1/keys/"+key.ID+"/revoke", "").StatusCode)
	require.Contains(t, curl(t, "-H", "Authorization: Bearer "+editor, nginx+"/api/dashboards/home"), `"code":"revoked"`)
	eventually(t, func() bool {
		return decode[api.Key](t, do(t, h, "admin", "GET", "/v1/keys/"+key.ID, "").body).LastUsedFrom == "127.0.0.1"
	}, "nginx says for whom it asks")
}

func curl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "curl", append([]string{"-sS"}, args...)...).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// startNginx serves deploy/nginx/grafana.conf and returns its address.
func startNginx(t testing.TB, app, gate string) string {
	t.Helper()
	content, err := os.ReadFile("../../deploy/nginx/grafana.conf")
	require.NoError(t, err)
	address := freeAddress(t)
	site := replaced(t, string(content), "127.0.0.1:3000", host(t, app), "127.0.0.1:7172", host(t, gate), "listen 80;", "listen "+address+";")
	dir := t.TempDir()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // the files belong to root, who runs the test
	}
	write(t, filepath.Join(dir, "site.conf"), site)
	config := write(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf(`%s
daemon off; worker_processes 1; pid %[2]s/pid; error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/fastcgi; uwsgi_temp_path %[2]s/uwsgi; scgi_temp_path %[2]s/scgi;
  include %[2]s/site.conf;
}`, user, dir))
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	log := &servertest.Output{}
	nginx := exec.Command(path, "-p", dir, "-e", "stderr", "-c", config)
	nginx.Stdout, nginx.Stderr = log, log
	require.NoError(t, nginx.Start(), "install it: sudo apt-get install --yes --no-install-recommends nginx")
	t.Cleanup(func() {
		_ = nginx.Process.Signal(syscall.SIGTERM)
		_ = nginx.Wait()
	})
	eventually(t, func() bool {
		resp, err := http.Get("http://" + address + "/public/")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	}, "nginx answers")
	return "http://" + address
}

func host(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Host
}

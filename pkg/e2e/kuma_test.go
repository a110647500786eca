package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// prometheus is a running Prometheus.
type prometheus struct{ address string }

// newPrometheus starts a Prometheus with a configuration.
func newPrometheus(t testing.TB, config string) *prometheus {
	t.Helper()
	dir, host := t.TempDir(), "127.0.0.1:"+servertest.FreePort(t)
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	servertest.Start(t, host, servertest.Tool(t, "prometheus"), "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+host, "--log.level=warn")
	p := &prometheus{"http://" + host}
	for began := time.Now(); !strings.Contains(string(get(t, p.address+"/-/ready")), "is Ready"); time.Sleep(20 * time.Millisecond) {
		require.Less(t, time.Since(began), time.Minute, "Prometheus does not become ready")
	}
	return p
}

// target is what Prometheus says of something that it scrapes.
type target struct {
	Labels     map[string]string
	Health     string
	LastError  string
	LastScrape time.Time
}

// targets returns what Prometheus scrapes, by job, as /api/v1/targets has it.
func (p *prometheus) targets(t testing.TB) map[string]target {
	t.Helper()
	var answer struct {
		Data struct{ ActiveTargets []target }
	}
	require.NoError(t, json.Unmarshal(get(t, p.address+"/api/v1/targets"), &answer))
	out := map[string]target{}
	for _, target := range answer.Data.ActiveTargets {
		out[target.Labels["job"]] = target
	}
	return out
}

// nextScrape waits until every job has been scraped once more, and returns
// how that first scrape went. One that ran out of time, on a busy machine,
// reveals nothing and does not count.
func (p *prometheus) nextScrape(t testing.TB, jobs ...string) map[string]target {
	t.Helper()
	from, out := time.Now(), map[string]target{}
	for ; len(out) < len(jobs); time.Sleep(20 * time.Millisecond) {
		require.Less(t, time.Since(from), time.Minute, "Prometheus does not scrape")
		for job, target := range p.targets(t) {
			if _, known := out[job]; !known && target.LastScrape.After(from) && !strings.Contains(target.LastError, "deadline exceeded") {
				out[job] = target
			}
		}
	}
	return out
}

// value asks Prometheus for a number.
func (p *prometheus) value(t testing.TB, query string) string {
	t.Helper()
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	require.NoError(t, json.Unmarshal(get(t, p.address+"/api/v1/query?query="+url.QueryEscape(query)), &answer))
	if len(answer.Data.Result) == 0 {
		return ""
	}
	value, _ := answer.Data.Result[0].Value[1].(string)
	return value
}

// requireHealth demands how the next scrape of every job goes.
func (p *prometheus) requireHealth(t testing.TB, health, lastError string, jobs ...string) {
	t.Helper()
	for job, target := range p.nextScrape(t, jobs...) {
		require.Equal(t, health, target.Health, "%s: %s", job, target.LastError)
		require.Contains(t, target.LastError, lastError)
	}
}

// kumaMetrics answers as Uptime Kuma does.
func kumaMetrics(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/metrics" || r.Header.Get("Authorization") != "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = w.Write([]byte("# HELP monitor_status Monitor Status (1 = UP, 0= DOWN)\n# TYPE monitor_status gauge\n" +
		"monitor_status{monitor_name=\"shop\",monitor_type=\"http\"} 1\n"))
}

// kumaKey is a key that Uptime Kuma made for the gate.
const kumaKey = "uk1_V1StGXR8_Z5jdHi6B-myTabcdefghijklmnopqrs"

// kumaWithKeys answers as Uptime Kuma 2.5 does once it has any API key: at
// /metrics it then takes no user name and password, and an empty 401 is all
// that it says.
func kumaWithKeys(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/metrics") {
		if _, password, _ := r.BasicAuth(); password != kumaKey {
			w.Header().Set("Www-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.Header.Del("Authorization")
		kumaMetrics(w, r)
	}
}

// TestUptimeKumaWithItsOwnLogin needs no nginx: the gate gives Uptime Kuma what
// it wants, and says whose 401 it is if that is wrong.
func TestUptimeKumaWithItsOwnLogin(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, kumaWithKeys)
	for _, auth := range []string{":" + kumaKey, "admin:s3cret-of-kuma"} {
		s := serveDeployed(t, "uptime-kuma/ostiary.yaml", map[string]string{"kuma.pass": "before any keys\n", "kuma.auth": auth + "\n"}, "127.0.0.1:3001", up.host(), "# upstream_auth_file", "upstream_auth_file")
		key := s.issue(api.CreateKey{Name: "prometheus", Role: "Viewer", Endpoints: []string{"kuma"}})
		got, header, body := curl(t, "-u", ":"+key.Token, s.gate+"/metrics")
		if strings.Contains(auth, kumaKey) {
			require.Equal(t, "200", got, body)
			require.Contains(t, body, "monitor_status")
			_, host, _ := strings.Cut(s.gate, "://")
			p := newPrometheus(t, servertest.Deployed(t, "uptime-kuma/prometheus.yml", "30s", "1s", "uptime.url", host, "<api key>", key.Token))
			p.requireHealth(t, "up", "", "uptime", "uptime-bearer")
			continue
		}
		require.Equal(t, "401", got)
		require.Contains(t, strings.ToLower(header), "x-ostiary-code: valid")
		require.Eventually(t, func() bool {
			return strings.Contains(s.log.String(), `msg="the upstream itself refuses requests that the gate let in" endpoint=kuma`)
		}, servertest.Patience, 10*time.Millisecond, "the log comes through a pipe of its own")
		require.NotContains(t, s.log.String(), "s3cret-of-kuma")
		s.stop()
	}
	for _, r := range up.forget() {
		require.NotContains(t, r.Header.Get("Authorization"), "ost_")
	}
}

// TestUptimeKumaBehindNginx keeps Uptime Kuma's own login: people come to its
// pages as ever, and only who asks for the metrics needs a key.
func TestUptimeKumaBehindNginx(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, kumaWithKeys)
	s := serveDeployed(t, "uptime-kuma/ostiary.yaml", map[string]string{"kuma.pass": "before any keys\n"}, "127.0.0.1:3001", up.host())
	_, gate, _ := strings.Cut(s.gate, "://")
	host := "127.0.0.1:" + servertest.FreePort(t)
	servertest.Nginx(t, host, servertest.Deployed(t, "nginx/uptime-kuma.conf", "listen 80;", "listen "+host+";", "127.0.0.1:3001", up.host(), "127.0.0.1:7172", gate,
		"OnVrMV9LRVk=", base64.StdEncoding.EncodeToString([]byte(":"+kumaKey))))
	requireStatus := func(want string, args ...string) {
		t.Helper()
		got, _, body := curl(t, args...)
		require.Equal(t, want, got, body)
	}
	metrics := "http://" + host + "/metrics"
	requireStatus("200", "-H", "Upgrade: websocket", "-H", "Connection: Upgrade", "http://"+host+"/socket.io/?transport=websocket")
	page := up.forget()
	require.Equal(t, []string{"upgrade", "websocket", ""}, []string{page[0].Header.Get("Connection"), page[0].Header.Get("Upgrade"), page[0].Header.Get("Authorization")})
	requireStatus("200", "-u", "admin:before any keys", metrics)
	key := s.issue(api.CreateKey{Name: "prometheus", Role: "Viewer", Endpoints: []string{"kuma"}})
	requireStatus("200", "-u", ":"+key.Token, metrics)
	for _, r := range up.forget() {
		require.Equal(t, "/metrics", r.URI)
	}
	requireStatus("401", "-u", "admin:before any keys", metrics)
	requireStatus("401", metrics+"/?x=1")
	requireStatus("403", "http://"+host+"/x/..//metrics", "--path-as-is")
	requireStatus("403", "-u", ":"+s.token("agent", "Agent"), metrics)
	_, header, body := curl(t, metrics)
	require.Contains(t, body, `"code":"missing_credentials"`)
	require.Equal(t, 2, strings.Count(strings.ToLower(header), "www-authenticate"), header)
	require.Empty(t, up.forget())

	// What Uptime Kuma itself refuses is said to be its doing.
	wrong := "127.0.0.1:" + servertest.FreePort(t)
	servertest.Nginx(t, wrong, servertest.Deployed(t, "nginx/uptime-kuma.conf", "listen 80;", "listen "+wrong+";", "127.0.0.1:3001", up.host(), "127.0.0.1:7172", gate))
	got, header, _ := curl(t, "-u", ":"+key.Token, "http://"+wrong+"/metrics")
	require.Equal(t, "401", got)
	require.Contains(t, strings.ToLower(header), "x-ostiary-code: valid")
	_, header, _ = curl(t, "-u", ":"+key.Token, metrics)
	require.NotContains(t, strings.ToLower(header), "x-ostiary-code")

	s.kill()
	requireStatus("503", "-u", ":"+key.Token, metrics)
}

// TestUptimeKumaFormerKeys leaves Prometheus the key that Uptime Kuma made.
func TestUptimeKumaFormerKeys(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, kumaMetrics)
	s := serveDeployed(t, "uptime-kuma/ostiary.yaml", map[string]string{"kuma.pass": "s3cret-and-long\n"}, "127.0.0.1:3001", up.host())
	database := filepath.Join(t.TempDir(), "kuma.db")
	keys := origintest.Kuma(database, "UTC", origintest.Key{Name: "prometheus"})
	newer := origintest.Kuma3(database, origintest.Key{Name: "prometheus of 3"}, origintest.Key{Name: "off", Disabled: true})
	s.takeOver("uptime-kuma", database, "--endpoint", "kuma")
	require.Equal(t, "200", status(t, s.gate+"/metrics", newer[0]))
	require.Equal(t, "200", status(t, s.gate+"/metrics", newer[0]), "also from memory")
	require.Equal(t, "401", status(t, s.gate+"/metrics", newer[1]))
	require.Equal(t, "401", status(t, s.gate+"/metrics", strings.ToLower(newer[0])))
	got, _, _ := curl(t, "-u", "admin:s3cret-and-long", s.gate+"/metrics")
	require.Equal(t, "401", got, "with keys the password had ended there, and so it has here")
	require.Equal(t, "200", status(t, s.gate+"/metrics", keys[0]), "the first time the slow hash is checked")
	_, host, _ := strings.Cut(s.gate, "://")
	p := newPrometheus(t, servertest.Deployed(t, "uptime-kuma/prometheus.yml", "30s", "1s", "uptime.url", host, "<api key>", keys[0]))
	p.requireHealth(t, "up", "", "uptime", "uptime-bearer")
	_, errs, exit := s.command(t, "key", "update", "prometheus", "--disable")
	require.Zero(t, exit, errs)
	p.requireHealth(t, "down", "401 Unauthorized", "uptime", "uptime-bearer")
}

// TestUptimeKuma lives through the handbook of Uptime Kuma with a real
// Prometheus.
func TestUptimeKuma(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, kumaMetrics)
	s := serveDeployed(t, "uptime-kuma/ostiary.yaml", map[string]string{"kuma.pass": "s3cret-and-long\n"}, "127.0.0.1:3001", up.host())
	password := func() string {
		got, _, _ := curl(t, "-u", "admin:s3cret-and-long", s.gate+"/metrics")
		return got
	}
	require.Equal(t, "200", password(), "by default, the password")

	// The first key that opens the metrics ends that.
	token := s.issue(api.CreateKey{Name: "prometheus", Role: "Viewer", Endpoints: []string{"kuma"}, ExpiresIn: "never"}).Token
	require.Equal(t, "401", password())
	gate, err := url.Parse(s.gate)
	require.NoError(t, err)
	line := strings.ReplaceAll(`curl -u":<key>" uptime.kuma/metrics`, "<key>", token)
	require.Contains(t, handbook(t, line, "connect-to", ":80:"+gate.Host), "monitor_status")
	require.Equal(t, "404", status(t, s.gate+"/dashboard", token), "a key does not open the web interface")

	jobs := []string{"uptime", "uptime-bearer"}
	p := newPrometheus(t, servertest.Deployed(t, "uptime-kuma/prometheus.yml", "30s", "1s", "uptime.url", gate.Host, "<api key>", token))
	p.requireHealth(t, "up", "", jobs...)
	for _, job := range jobs {
		require.Equal(t, "1", p.value(t, `monitor_status{job="`+job+`"}`))
	}

	// A key can be disabled for a while.
	manage := func(args ...string) string {
		t.Helper()
		out, errs, exit := s.command(t, args...)
		require.Zero(t, exit, errs)
		return out
	}
	manage("key", "update", "prometheus", "--disable")
	p.requireHealth(t, "down", "401 Unauthorized", jobs...)
	manage("key", "update", "prometheus", "--enable")
	p.requireHealth(t, "up", "", jobs...)

	// An expired key is refused, and stays in the list until somebody deletes
	// it.
	s.expire(token[4:16])
	p.requireHealth(t, "down", "401 Unauthorized", jobs...)
	require.Regexp(t, `prometheus .*expired`, manage("key", "list"))
	require.Contains(t, s.log.String(), `code=expired`, "to help people who look for the reason")
	dir, config := s.dir, filepath.Join(s.dir, "ostiary.yaml")
	s.stop()
	s = serve(t, dir, "--config", config)
	require.Regexp(t, `prometheus .*expired`, manage("key", "list"), "also after a restart")
	require.Equal(t, "401", password())
	manage("key", "delete", "prometheus", "--yes")
	require.NotContains(t, manage("key", "list"), "prometheus")

	// The password is gone for good.
	require.Equal(t, "401", password())
	s.stop()
	s = serve(t, dir, "--config", config)
	require.Equal(t, "401", password())
}

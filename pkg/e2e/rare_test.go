package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	grafana "github.com/grafana/pyroscope-go"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestTraefik runs a real Traefik with deploy/'s file: who is let in, what its service learns, what clients cannot make
// it believe, and the refusals as the gate words them.
func TestTraefik(t *testing.T) {
	t.Parallel()
	traefik := servertest.Rare(t, "traefik")
	up := newUpstream(t, nil)
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte(`gate:
  endpoints:
    - {name: service, path: /, require: read, tenant: {header: X-Scope-OrgID}}
    - {name: admin, path: /admin, require: manage, tenant: {header: X-Scope-OrgID}}
    - {name: hold, path: /hold, require: ingest, on_expired: {hold: 2h}, tenant: {header: X-Scope-OrgID}}
`), 0o600))
	s := serve(t, dir, "--config", config)
	host := "127.0.0.1:" + servertest.FreePort(t)
	dynamic, static := filepath.Join(dir, "dynamic.yaml"), filepath.Join(dir, "traefik.yaml")
	require.NoError(t, os.WriteFile(dynamic, []byte(servertest.Deployed(t, "traefik/dynamic.yaml",
		"http://127.0.0.1:7172/auth?require=read", s.gate+"/auth", "http://127.0.0.1:3001", up.URL)), 0o600))
	require.NoError(t, os.WriteFile(static, []byte(`
entryPoints: {websecure: {address: "`+host+`"}}
providers: {file: {filename: "`+dynamic+`"}}
global: {checkNewVersion: false, sendAnonymousUsage: false}
`), 0o600))
	servertest.Start(t, host, traefik, "--configFile="+static)
	viewer := s.tenantKey("viewer", "Viewer", "team-a")
	over := s.issue(api.CreateKey{Name: "over", Role: "Agent", Tenants: []string{"team-a"}, ExpiresIn: "1s"}).Token
	ask := func(path string, headers ...string) *http.Response {
		conn := dialTLS(t, host)
		defer conn.Close()
		lines := []string{"GET " + path + " HTTP/1.1", "Host: example.org"}
		for i := 0; i < len(headers); i += 2 {
			lines = append(lines, headers[i]+": "+headers[i+1])
		}
		_, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n")
		require.NoError(t, err)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		return res
	}
	bearer := []string{"Authorization", "Bearer " + viewer}
	with := func(headers ...string) []string { return append(headers, bearer...) }
	for began := time.Now(); ask("/x", bearer...).StatusCode != http.StatusOK; time.Sleep(100 * time.Millisecond) {
		require.Less(t, time.Since(began), servertest.Patience, "Traefik does not take its file")
	}
	for _, c := range []struct {
		path    string
		headers []string
		status  int
		code    string
	}{
		{"/x", nil, 401, "missing_credentials"},
		{"/x?a=b%20c", bearer, 200, ""},
		{"/x", []string{"X-API-Key", viewer}, 200, ""},
		{"/x", with("X-Scope-OrgID", "team-b"), 403, "forbidden"},
		{"/admin", bearer, 403, "forbidden"},
		{"//admin", bearer, 403, "forbidden"},
		{"/%61dmin", bearer, 403, "forbidden"},
		{"/x/%2e%2e/admin", bearer, 403, "forbidden"},
		{"/x/..;/admin", bearer, 400, "invalid_request"},
		{"/x/..%2fadmin", bearer, 400, "invalid_request"},
		{"/admin;x", bearer, 400, "invalid_request"},
		{"/admin", with("X-Original-URI", "/x", "X-Forwarded-Uri", "/x"), 403, "forbidden"},
		{"/admin", with("Connection", "X-Forwarded-Uri, X-Forwarded-Method"), 403, "forbidden"},
		{"/hold", []string{"Authorization", "Bearer " + over}, 503, "held"},
		{"/x", with("X-Ostiary-Role", "Admin", "X_Ostiary_Role", "Admin", "X_Scope_OrgID", "team-b",
			"X-Forwarded-For", "192.0.2.1",
			"X-Real-Ip", "192.0.2.1", "Forwarded", "for=192.0.2.1", "X-Forwarded-User", "root", "X-Rewrite-URL", "/admin",
			"Connection", "X-Ostiary-Role, X-Scope-OrgID"), 200, ""},
	} {
		up.forget()
		res := ask(c.path, c.headers...)
		for began := time.Now(); c.code == "held" && res.StatusCode == http.StatusOK; res = ask(c.path, c.headers...) {
			require.Less(t, time.Since(began), servertest.Patience, "the key does not expire")
			time.Sleep(100 * time.Millisecond)
			up.forget()
		}
		require.Equal(
			t,
			[]any{c.status, c.code},
			[]any{res.StatusCode, res.Header.Get("X-Ostiary-Code")},
			"%s %v",
			c.path,
			c.headers,
		)
		if c.status != http.StatusOK {
			require.Empty(t, up.forget(), c.path)
			require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
			continue
		}
		seen := up.forget()
		require.Len(t, seen, 1)
		got := seen[0].Header
		require.Equal(t, []string{"Viewer"}, got.Values("X-Ostiary-Role"))
		require.Equal(t, []string{"team-a"}, got.Values("X-Scope-OrgID"))
		for name, values := range got {
			require.NotContains(t, strings.Join(values, " "), viewer, name)
			require.NotContains(t, strings.Join(values, " "), "192.0.2.1", name)
			require.NotContains(t, name, "_")
		}
		require.Empty(t, append(got.Values("X-Forwarded-User"), got.Values("X-Rewrite-URL")...))
	}
}

// TestRealPyroscopeByTenant has Pyroscope's own client push to a real Pyroscope for two tenants, of which each finds its own
// service, and no other.
func TestRealPyroscopeByTenant(t *testing.T) {
	t.Parallel()
	server := pyroscopeProgram
	server.args = func(host, dir string) []string { // in one process whose parts find each other without a network
		args := append(withConfig(host, dir), "-architecture.storage=v1", "-write-path=ingester",
			"-ingester.lifecycler.addr=127.0.0.1", "-query-frontend.instance-addr=127.0.0.1")
		for _, ring := range []string{
			"query-scheduler.ring", "distributor.ring", "store-gateway.sharding-ring", "compactor.ring", "overrides-exporter.ring",
		} {
			args = append(args, "-"+ring+".instance-addr=127.0.0.1")
		}
		return args
	}
	host := server.start(t)
	s := serveDeployed(t, "pyroscope/ostiary.yaml", nil, "127.0.0.1:4041", host, "      kind: pyroscope\n",
		"      kind: pyroscope\n      tenant: {header: X-Scope-OrgID}\n")
	ask := func(token string, header ...string) (status int, body string) {
		now := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.gate+"/querier.v1.QuerierService/LabelValues",
			strings.NewReader(fmt.Sprintf(`{"name": "service_name", "start": %d, "end": %d}`,
				now.Add(-time.Hour).UnixMilli(), now.Add(time.Hour).UnixMilli())))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		if len(header) == 2 {
			req.Header.Set(header[0], header[1])
		}
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		content, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode, string(content)
	}
	for _, tenant := range []string{"team-a", "team-b"} {
		agent, viewer := s.tenantKey("agent of "+tenant, "Agent", tenant), s.tenantKey("viewer of "+tenant, "Viewer", tenant)
		for began := time.Now(); ; time.Sleep(time.Second) { // its parts are not there all at once
			profiler, err := grafana.Start(grafana.Config{
				ApplicationName: tenant + ".app", ServerAddress: s.gate, AuthToken: agent, //nolint:staticcheck // as its handbook says
				UploadRate: time.Hour,
			})
			require.NoError(t, err)
			work()
			profiler.Flush(true)
			require.NoError(t, profiler.Stop())
			status, body := ask(viewer)
			if strings.Contains(body, tenant+".app") {
				require.JSONEq(t, `{"names": ["`+tenant+`.app"]}`, body, "its own, and no other")
				break
			}
			require.Less(t, time.Since(began), servertest.Patience, "%d %s", status, body)
		}
		status, body := ask(viewer, "X-Scope-OrgID", "team-c")
		require.Equal(t, http.StatusForbidden, status, body)
		status, body = ask(agent)
		require.Equal(t, http.StatusForbidden, status, body)
	}
	both := s.tenantKey("viewer of both", "Viewer", "team-a", "team-b")
	status, body := ask(both, "X-Scope-OrgID", "team-b") // this storage reads one tenant at a time
	require.Equal(t, http.StatusOK, status, body)
	require.JSONEq(t, `{"names": ["team-b.app"]}`, body)
}

// dialTLS connects to a server that has just been started, and may break off at first.
func dialTLS(t testing.TB, host string) *tls.Conn {
	t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		conn, err := tls.Dial("tcp", host, &tls.Config{InsecureSkipVerify: true, ServerName: "example.org"})
		if err == nil {
			return conn
		}
		require.Less(t, time.Since(began), servertest.Patience, err)
	}
}

// lineSenders are programs that push the lines of files, each with what starts it on a file, and where it listens.
var lineSenders = map[string]func(t *testing.T, program, gate, key, log, dir string) (host string, command []string){
	"promtail": func(t *testing.T, program, gate, key, log, dir string) (string, []string) {
		config := filepath.Join(dir, "promtail.yaml")
		require.NoError(
			t,
			os.WriteFile(config, []byte(servertest.Deployed(
				t,
				"loki/promtail.yaml",
				"http://loki.example.org:3100",
				gate,
				"/etc/promtail/loki.key",
				key,
				"/var/lib/promtail/positions.yaml",
				filepath.Join(dir, "positions.yaml"),
				"/var/log/*.log",
				log,
			)), 0o600),
		)
		port := servertest.FreePort(t)
		return "127.0.0.1:" + port, []string{
			program,
			"-config.file=" + config,
			"-server.http-listen-address=127.0.0.1",
			"-server.http-listen-port=" + port,
			"-server.grpc-listen-port=0",
		}
	},
	"alloy": func(t *testing.T, program, gate, key, log, dir string) (string, []string) {
		config, host := filepath.Join(dir, "config.alloy"), "127.0.0.1:"+servertest.FreePort(t)
		quoted := regexp.MustCompile(`(?s)loki\.write "default" \{.*?\n\}\n`).FindString(document(t, "docs/loki.md"))
		require.NotEmpty(t, quoted, "the page has a block for Alloy")
		write := strings.NewReplacer("http://loki.example.org:3100", gate, "/etc/alloy/loki.key", key).Replace(quoted)
		require.NoError(t, os.WriteFile(config, []byte(`local.file_match "logs" {
  path_targets = [{"__path__" = "`+log+`", "job" = "varlogs"}]
}
loki.source.file "logs" {
  targets    = local.file_match.logs.targets
  forward_to = [loki.write.default.receiver]
}
`+write), 0o600))
		return host, []string{
			program,
			"run",
			"--disable-reporting",
			"--server.http.listen-addr=" + host,
			"--storage.path=" + dir,
			config,
		}
	},
}

// TestSendersOfLinesLoseNothing has a real Promtail and a real Alloy push to a real Loki while their key expires and
// gets a new token: every line arrives, once.
func TestSendersOfLinesLoseNothing(t *testing.T) {
	t.Parallel()
	for name, sender := range lineSenders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loseNothing(t, servertest.Rare(t, name), sender)
		})
	}
}

func loseNothing(
	t *testing.T,
	program string,
	sender func(t *testing.T, program, gate, key, log, dir string) (string, []string),
) {
	t.Helper()
	loki := lokiProgram // a copy: starting it notes its version
	s := serveDeployed(t, "loki/ostiary.yaml", nil, "127.0.0.1:3101", loki.start(t))
	dir := t.TempDir()
	key, log := filepath.Join(dir, "loki.key"), filepath.Join(dir, "it.log")
	issued := s.issue(api.CreateKey{Name: "edge", Role: "Agent", Tenants: []string{"team-a"}, ExpiresIn: "5s"})
	require.NoError(t, os.WriteFile(key, []byte(issued.Token), 0o600))
	host, command := sender(t, program, s.gate, key, log, dir)
	servertest.Start(t, host, command...)

	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	defer file.Close()
	lines := 0
	write := func() {
		for range 100 {
			lines++
			_, err := fmt.Fprintf(file, "line %d\n", lines)
			require.NoError(t, err)
		}
	}
	require.Eventually(
		t,
		func() bool { write(); return strings.Contains(s.log.String(), "code=held") },
		servertest.Patience,
		200*time.Millisecond,
		"nothing was held",
	)
	write()
	rotated, errs, exit := s.command(t, "key", "rotate", issued.Key.ID, "--expires-in", "1d", "-o", "token")
	require.Zero(t, exit, errs)
	require.NoError(t, os.WriteFile(key, []byte(strings.TrimSpace(rotated)), 0o600))
	write()
	viewer := s.tenantKey("viewer", "Viewer", "team-a")
	require.Eventually(t, func() bool { return countOf(t, s.gate, viewer) == lines }, servertest.Patience, time.Second,
		"of %d lines: %d", lines, countOf(t, s.gate, viewer))
}

// countOf asks Loki how many lines it has of Promtail.
func countOf(t testing.TB, gate, token string) int {
	t.Helper()
	query := url.Values{"query": {`sum(count_over_time({job="varlogs"}[1h]))`}}
	req, err := http.NewRequest(http.MethodGet, gate+"/loki/api/v1/query?"+query.Encode(), nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal(body, &answer), string(body))
	count := 0
	for _, one := range answer.Data.Result {
		_, err := fmt.Sscan(fmt.Sprint(one.Value[1]), &count)
		require.NoError(t, err)
	}
	return count
}

package gate

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// startNginx serves deploy/nginx/auth_request.conf with and without TLS.
func startNginx(t *testing.T, gate, app *url.URL, changes ...string) (plain, secure string) {
	t.Helper()
	certFile, keyFile, _ := servertest.Certificate(t)
	port, tlsPort := servertest.FreePort(t), servertest.FreePort(t)
	servertest.Nginx(t, "127.0.0.1:"+port, servertest.Deployed(t, "nginx/auth_request.conf", append(changes,
		"listen 80;", "listen 127.0.0.1:"+port+"; listen 127.0.0.1:"+tlsPort+" ssl; ssl_certificate "+certFile+"; ssl_certificate_key "+keyFile+";",
		"127.0.0.1:7172", gate.Host, "127.0.0.1:3001", app.Host)...))
	return "http://127.0.0.1:" + port, "https://localhost:" + tlsPort
}

func TestNginx(t *testing.T) {
	servertest.Tool(t, "curl")
	h := newHouse(t)
	app := echoUpstream(t)
	gate := mustURL(t, h.open(Options{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Failures: verify.NewFailures(0.01, 3),
	}))
	plain, secure := startNginx(t, gate, app)
	issued := h.issue(apikey.RoleViewer, func(n *apikey.NewKey) { n.Name = "Grüße" })
	key := issued.Token

	for _, line := range []string{
		`curl -sS -k -H "Authorization: Bearer $KEY" ` + secure + `/v1/version`,
		`curl -sS -k ` + strings.Replace(secure, "://", "://api_key:$KEY@", 1) + `/v1/version`,
		`curl -sS -u ":$KEY" ` + plain + `/v1/version`,
		`curl -sS -H "X-API-Key: $KEY" ` + plain + `/v1/version`,
		`curl -sS -H "X-API-Key: $KEY" -H "X-Ostiary-Role: Admin" -H "X-Forwarded-Uri: /else" -H "X-Original-URI: /else" -H "X-Forwarded-Method: a b" ` + plain + `/v1/version`,
	} {
		out, code := shell(t, key, line)
		require.Zero(t, code, line)
		require.NotContains(t, out, key[17:])
		require.Contains(t, out, `"URI":"/v1/version"`, line)
		for _, want := range []string{`"X-Ostiary-Key-Id":["` + issued.Key.ID + `"]`, `"X-Ostiary-Role":["Viewer"]`, `"X-Ostiary-Org":["1"]`, `"X-Ostiary-Key-Name":["Gr%C3%BC%C3%9Fe"]`} {
			require.Contains(t, out, want, line)
		}
	}
	got := send(t, http.MethodPost, plain+"/v1/upload", strings.Repeat("x", 1<<20), bearer(key)...)
	require.Len(t, got.echo(t).Body, 1<<20)
	for name := range got.echo(t).Header {
		require.False(t, strings.HasPrefix(name, "X-Original-") || name == "X-Forwarded-Uri" || name == "X-Forwarded-Method", name)
	}
	send(t, http.MethodPost, plain+"/v1/upload", strings.Repeat("x", 40<<20), bearer(key)...).echo(t)

	revoked := h.issue(apikey.RoleViewer)
	_, err := h.service.End(h.admin, revoked.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	agent := h.key(apikey.RoleAgent)
	wrong, _ := apikey.NewToken()
	for _, c := range []struct {
		name    string
		headers []string
		status  int
		code    string
		detail  string
	}{
		{"nothing", nil, 401, "missing_credentials", "No API key was sent."},
		{"revoked", bearer(revoked.Token), 401, "revoked", "The API key was revoked."},
		{"another role", bearer(agent), 403, "forbidden", "which does not grant read"},
		{"two keys", append(bearer(key), "X-API-Key", agent), 400, "invalid_request", "two different credentials"},
		{"wrong", bearer(wrong), 401, "invalid_token", "not known here"},
		{"wrong", bearer(wrong), 401, "invalid_token", "not known here"},
		{"wrong", bearer(wrong), 401, "invalid_token", "not known here"},
		{"too many", bearer(wrong), 429, "rate_limited", "Too many wrong keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, plain+"/v1/version", c.headers...)
			require.Equal(t, c.status, got.StatusCode, got.body)
			p := problemWithoutHeaders(t, got)
			require.Equal(t, c.code, p.Code)
			require.Equal(t, c.status, p.Status)
			require.Contains(t, p.Detail, c.detail)
			if c.status == 401 {
				challenges := got.Header.Values("Www-Authenticate")
				require.Len(t, challenges, 2, challenges)
				require.Contains(t, challenges[0], "Bearer realm=\"ostiary\"")
				require.Equal(t, c.code != "missing_credentials", strings.Contains(challenges[0], c.detail))
				require.Equal(t, basicChallenge, challenges[1])
			}
			require.Equal(t, c.status == 429, got.Header.Get("Retry-After") != "")
		})
	}
	send(t, http.MethodPost, plain+"/v1/upload?secret=1", "x", bearer(agent)...)
	require.Contains(t, h.log.String(), "method=POST path=/v1/upload client=127.0.0.1 key="+agent[4:16])
	require.NotContains(t, h.log.String(), "secret")
}

// TestProxiesPassWebSockets speaks to a service behind nginx and Caddy as a browser does.
func TestProxiesPassWebSockets(t *testing.T) {
	h := newHouse(t)
	gate := mustURL(t, h.open(Options{}))
	plain, _ := startNginx(t, gate, webSocketEcho(t))
	for _, address := range []string{plain, startCaddy(t, gate, webSocketEcho(t))} {
		conn, _, err := websocket.Dial(t.Context(), address+"/ws", &websocket.DialOptions{
			HTTPHeader: http.Header{"Authorization": {"Bearer " + h.key(apikey.RoleViewer)}}, Subprotocols: []string{"echo"},
		})
		require.NoError(t, err)
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte("hello")))
		_, got, err := conn.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, "hello", string(got))
		require.NoError(t, conn.CloseNow())
	}
}

// problemWithoutHeaders reads the answers of nginx, which are shorter.
func problemWithoutHeaders(t *testing.T, a answer) (p struct {
	Status       int
	Code, Detail string
},
) {
	t.Helper()
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), a.body)
	require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
	decode(t, a.body, &p)
	return p
}

// TestNginxByPath lets the gate's own endpoints say what each path takes.
func TestNginxByPath(t *testing.T) {
	h := newHouse(t)
	gate := mustURL(t, h.open(Options{Endpoints: monitoring}))
	plain, _ := startNginx(t, gate, echoUpstream(t), "require=read&", "")
	agent := bearer(h.key(apikey.RoleAgent))
	for path, status := range map[string]int{
		"/ingest?x=1":           200,
		"/metrics":              403,
		"/else":                 403,
		"/ingest/%2e%2e/else":   400,
		"/ingest/%252e%252e/x":  400,
		"/metrics/../ingest":    400,
		"/ingest/a%2Fb;c=d?e=f": 200,
	} {
		require.Equal(t, status, askRaw(t, plain, path, agent...), path)
	}
	require.Equal(t, 200, askRaw(t, plain, "/ingest?api_key="+agent[1][len("Bearer "):]))
	require.Equal(t, 200, askRaw(t, plain, "/metrics", "Authorization", "Basic cHJvbTpiZWZvcmUtdGhlLWZpcnN0LWtleQ=="), "prom:before-the-first-key, until a key that may read is issued")
	h.key(apikey.RoleViewer)
	require.Equal(t, 401, askRaw(t, plain, "/metrics", "Authorization", "Basic cHJvbTpiZWZvcmUtdGhlLWZpcnN0LWtleQ=="))
}

// moved are addresses that some reader takes to lie below /admin.
var moved = []string{
	"/admin", "/admin/x", "/admin#x", "/a%2fb/../admin/users", "/./admin//../users", "/./admin", "//admin", "/x/../admin", "/x/..%2fadmin", "/%61dmin", "/x/%2e%2e/admin",
	"/x/%252e%252e/admin", "/admin%2fx", "/admin;x/y", "/admin%3bx", "/admin%3fx", "/admin%23x", "/x/..;/admin", "/x/..;a=b/admin", "/x/.%2E/admin", "/x/..%5cadmin", "/x/..\\admin",
	"/admin%00", "/admin%20", "/admin.", "/x/%c0%ae%c0%ae/admin", "/admin?x", "/?/../admin", "/x/.;/../admin", "/%2fadmin", "/%2e/admin", "/;/admin", "/;x/admin", "/...//admin",
}

// requireNothingAbove asks a proxy in front of the gate for what lies below
// /admin, in every spelling, with a key that may only read. Nothing of it may
// reach the service, however that reads it.
func requireNothingAbove(t *testing.T, address string, viewer, admin []string, served func() []string) {
	t.Helper()
	r := routesOf("/", "/admin")
	for _, p := range moved {
		_ = askRaw(t, address, p, viewer...)
	}
	require.Equal(t, 200, askRaw(t, address, "/x/y?z=/../admin#x", viewer...))
	require.Equal(t, 403, askRaw(t, address, "/admin/x", viewer...))
	require.NotEmpty(t, served())
	for _, uri := range served() {
		for name, read := range readings {
			require.NotEqual(t, "/admin", r.match(http.MethodGet, cleanPath(read(uri))).Endpoint, "%s reads %q", name, uri)
		}
	}
	require.Equal(t, 200, askRaw(t, address, "/admin/x?page=2", admin...))
}

// servedBy is a service that notes what it is asked for.
func servedBy(t *testing.T) (*url.URL, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var served []string
	app := upstreamAt(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		served = append(served, r.RequestURI)
	})
	return app, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(served)
	}
}

var readAndAdmin = []Endpoint{{Name: "read", Path: "/", Require: apikey.PermissionRead}, {Name: "admin", Path: "/admin", Require: apikey.PermissionManage}}

func TestNothingAboveAKeyPassesNginx(t *testing.T) {
	h := newHouse(t)
	app, served := servedBy(t)
	plain, _ := startNginx(t, mustURL(t, h.open(Options{Endpoints: readAndAdmin})), app, "require=read&", "")
	requireNothingAbove(t, plain, bearer(h.key(apikey.RoleViewer)), bearer(h.key(apikey.RoleAdmin)), served)
}

func TestNothingAboveAKeyPassesCaddy(t *testing.T) {
	h := newHouse(t)
	for _, uri := range []string{"uri /auth?", "uri /auth"} {
		app, served := servedBy(t)
		address := startCaddy(t, mustURL(t, h.open(Options{Endpoints: readAndAdmin})), app, "uri /auth?require=read", uri)
		viewer, admin := bearer(h.key(apikey.RoleViewer)), bearer(h.key(apikey.RoleAdmin))
		requireNothingAbove(t, address, viewer, admin, served)
		before := len(served())
		for _, query := range []string{"endpoint=nope", "endpoint=read", "require=read", "%65ndpoint=read", "a=b&require=read", "require=read&require=read", "a;require=read", "org=1"} {
			require.NotEqual(t, 200, askRaw(t, address, "/admin?"+query, viewer...), query)
		}
		require.Len(t, served(), before, "nobody chooses his own rule")
		require.Equal(t, 200, askRaw(t, address, "/x?page=2", viewer...))
	}
}

func TestProxiesAreClosedWithoutTheGate(t *testing.T) {
	nobody := mustURL(t, "http://127.0.0.1:"+servertest.FreePort(t))
	nginx, _ := startNginx(t, nobody, echoUpstream(t))
	for name, address := range map[string]string{"nginx": nginx, "Caddy": startCaddy(t, nobody, echoUpstream(t))} {
		for _, headers := range [][]string{nil, {"Authorization", "Bearer x"}, {"Gate_answered", "yes"}} {
			got := ask(t, address+"/", headers...)
			require.Equal(t, http.StatusServiceUnavailable, got.StatusCode, name)
			require.Equal(t, "unavailable", problemWithoutHeaders(t, got).Code, name)
			require.Equal(t, "5", got.Header.Get("Retry-After"), name)
		}
	}
}

// TestCaddySaysThatTheServiceIsGone holds that nobody takes that for the gate's fault.
func TestCaddySaysThatTheServiceIsGone(t *testing.T) {
	h := newHouse(t)
	address := startCaddy(t, mustURL(t, h.open(Options{})), mustURL(t, "http://127.0.0.1:"+servertest.FreePort(t)))
	got := ask(t, address+"/", bearer(h.key(apikey.RoleViewer))...)
	require.Equal(t, http.StatusBadGateway, got.StatusCode)
	require.Empty(t, got.Header.Get("X-Ostiary-Code"))
}

// startCaddy serves deploy/caddy/Caddyfile.
func startCaddy(t *testing.T, gate, app *url.URL, changes ...string) (address string) {
	t.Helper()
	port := servertest.FreePort(t)
	config := filepath.Join(t.TempDir(), "Caddyfile")
	site := servertest.Deployed(t, "caddy/Caddyfile", append(changes,
		"example.org {", "http://127.0.0.1:"+port+", http://gate:"+port+" {", "127.0.0.1:7172", gate.Host, "127.0.0.1:3001", app.Host)...)
	require.NoError(t, os.WriteFile(config, []byte("{\n\tadmin off\n\tauto_https off\n}\n"+site), 0o600))
	servertest.Start(t, "127.0.0.1:"+port, servertest.Tool(t, "caddy"), "run", "--adapter", "caddyfile", "--config", config)
	return "http://127.0.0.1:" + port
}

func TestCaddy(t *testing.T) {
	h := newHouse(t)
	gate := mustURL(t, h.open(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}))
	app := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if name == "Authorization" || name == "X-Api-Key" || verify.IsIdentityHeader(name) && (r.Header.Get(name) == "Admin" || strings.Contains(r.Header.Get(name), "{")) {
				w.WriteHeader(http.StatusTeapot)
			}
		}
		_, _ = io.WriteString(w, r.RequestURI+" "+r.Header.Get("X-Ostiary-Key-Id")+" "+r.Header.Get("X-Ostiary-Role")+" "+r.Header.Get("X-Forwarded-For"))
	})
	address := startCaddy(t, gate, app)

	issued := h.issue(apikey.RoleViewer)
	got := ask(t, address+"/v1/version?x=%20", append(bearer(issued.Token),
		"X-Ostiary-Role", "Admin", "X-Ostiary-Else", "Admin", "X-Original-URI", "/else", "X-Forwarded-Uri", "/else", "X-Forwarded-For", "192.0.2.7", "X-API-Key", issued.Token)...)
	require.Equal(t, 200, got.StatusCode, got.body)
	require.Equal(t, "/v1/version?x=%20 "+issued.Key.ID+" Viewer 127.0.0.1", got.body)
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), h.uses.lastFrom())

	got = ask(t, address+"/v1/version", bearer(h.key(apikey.RoleAgent))...)
	require.Equal(t, 403, got.StatusCode)
	require.Contains(t, got.problem(t).Detail, "does not grant read")
	got = ask(t, address+"/v1/version")
	require.Equal(t, 401, got.StatusCode)
	require.Equal(t, "missing_credentials", string(got.problem(t).Code))
	require.Equal(t, []string{bearerChallenge, basicChallenge}, got.Header.Values("Www-Authenticate"))
	require.Contains(t, h.log.String(), "method=GET path=/v1/version")
}

func TestProxiesTellHowLongBodiesAre(t *testing.T) {
	h := newHouse(t)
	gate := mustURL(t, h.open(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}))
	app := upstreamAt(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	nginx, _ := startNginx(t, gate, app)
	for name, address := range map[string]string{"nginx": nginx, "caddy": startCaddy(t, gate, app)} {
		t.Run(name, func(t *testing.T) {
			key := h.key(apikey.RoleViewer, func(n *apikey.NewKey) { n.Limits.BytesPerDay = 1000 })
			require.Equal(t, 200, ask(t, address+"/v1/version", bearer(key)...).StatusCode)
			require.Equal(t, 200, send(t, http.MethodPost, address+"/v1/x", strings.Repeat("x", 1000), bearer(key)...).StatusCode)
			got := send(t, http.MethodPost, address+"/v1/x", "x", append(bearer(key), "X-Original-Content-Length", "0")...)
			require.Equal(t, 429, got.StatusCode, "which the client does not talk away")
			require.Equal(t, 200, ask(t, address+"/v1/version", bearer(key)...).StatusCode, "without a body it is let in")
		})
	}
}

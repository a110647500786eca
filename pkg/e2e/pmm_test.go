package e2e

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	rpc "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// pmmHouse is a PMM Server with Ostiary: nginx with a file that is built as
// PMM's own is and with what deploy/ puts into it, and stand-ins for what lies
// behind.
type pmmHouse struct {
	*server
	t                      testing.TB
	version                int
	port                   string // of nginx, with TLS
	certificate            string // file
	json, grafana, qan, vm *upstream
	trust                  *tls.Config
}

// version answers as pmm-managed does, and says who asked.
func version(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/auth_request" {
		pmmAuth(w, r)
		return
	}
	_, _ = fmt.Fprintf(w, `{"version":"2.41.2","path":%q,"role":%q}`, r.URL.Path, r.Header.Get("X-Ostiary-Role"))
}

// pmmAuth is PMM's own check: it knows an administrator by a password, a Viewer
// by a session, and an Editor by a token of Grafana's.
func pmmAuth(w http.ResponseWriter, r *http.Request) {
	rank := 0
	switch user, password, _ := r.BasicAuth(); {
	case user == "admin" && password == "admin", password == pmmToken, r.Header.Get("Authorization") == "Bearer "+pmmToken:
		rank = 3
	case r.Header.Get("Cookie") == "grafana_session=of-a-viewer":
		rank = 1
	}
	uri := r.Header.Get("X-Original-Uri")
	least := 3
	for prefix, rank := range map[string]int{"/v1/readyz": 0, "/v1/server/readyz": 0, "/ping": 0, "/graph": 0, "/swagger": 0, "/agent.": 0, "/v1/version": 1, "/v1/server/version": 1, "/v0/qan": 1, "/v1/qan": 1} {
		if strings.HasPrefix(uri, prefix) {
			least = rank
		}
	}
	if rank < least {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"code":16,"error":"Unauthorized","message":"Unauthorized"}`)
		return
	}
	w.Header().Set("X-Proxy-Filter", "filter-of-pmm")
}

// pmmToken is a token of a service account that PMM's Grafana made itself.
const pmmToken = "glsa_iNValIdinValiDinvalidinvalidinva_5b582697"

// pmmOwn is a server block that is built as that of PMM: what is checked where,
// what is rewritten to what, and where it goes.
const pmmOwn = `
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
upstream managed-grpc { server GRPC; keepalive 32; }
upstream managed-json { server JSON; keepalive 32; }
upstream vmproxy { server VM; keepalive 32; }
server {
  listen 127.0.0.1:PORT ssl http2;
  server_name _;
  ssl_certificate CERTIFICATE; ssl_certificate_key KEY;
  client_max_body_size 10m;
  set $maintenance_mode 0;
  if (-f /nowhere/maintenance.html) { set $maintenance_mode 1; }
  if ($maintenance_mode = 1) { return 503; }
  error_page 503 @maintenance;
  location @maintenance { auth_request off; return 503 "maintenance"; }
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;

  auth_request /auth_request;
  auth_request_set $auth_request_proxy_filter $upstream_http_x_proxy_filter;
  proxy_set_header X-Proxy-Filter $auth_request_proxy_filter;
  error_page 401 = /auth_request;
  location /auth_request {
    internal; auth_request off;
    proxy_pass http://managed-json/auth_request;
    proxy_pass_request_body off;
    proxy_set_header Content-Length 0;
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header X-Original-Uri $request_uri;
    proxy_set_header X-Original-Method $request_method;
  }
  location /pmm-ui { auth_request off; return 200 "pages"; }
  location = / { auth_request off; return 302 /graph/; }
  rewrite ^/graph$ /graph/;
  location /graph {
    proxy_cookie_path / "/;";
    proxy_pass http://GRAFANA;
    proxy_read_timeout 600; proxy_http_version 1.1;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Host $http_host;
    proxy_set_header X-Proxy-Filter $auth_request_proxy_filter;
  }
  location /prometheus { proxy_pass http://VM; proxy_http_version 1.1; proxy_set_header Connection ""; }
  location /prometheus/api/v1 { proxy_pass http://vmproxy; proxy_http_version 1.1; proxy_set_header Connection ""; }
  location /victoriametrics/ { proxy_pass http://VM/prometheus/; proxy_http_version 1.1; proxy_set_header Connection ""; client_body_buffer_size 10m; }
  location /swagger { auth_request off; return 200 "swagger"; }
  location /agent. { grpc_pass grpc://managed-grpc; client_max_body_size 0; }
  location /inventory. { grpc_pass grpc://managed-grpc; }
  location /management. { grpc_pass grpc://managed-grpc; }
  location /server. { grpc_pass grpc://managed-grpc; }
  location /v1/ { proxy_pass http://managed-json/v1/; proxy_http_version 1.1; proxy_set_header Connection ""; }
  REWRITES
}
`

// pmmRewrites are what PMM 2 and PMM 3 have of their own.
var pmmRewrites = map[int]string{
	2: `
  location /v0/qan/ { proxy_pass http://QAN/v0/qan/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Proxy-Filter $auth_request_proxy_filter; }
  location /managed/ { proxy_pass http://managed-json/; proxy_http_version 1.1; proxy_set_header Connection ""; }
  rewrite ^/ping$ /v1/readyz;
  location /logs.zip { proxy_pass http://managed-json; proxy_http_version 1.1; proxy_set_header Connection ""; }`,
	3: `
  location /v1/qan { proxy_pass http://QAN/v1/qan; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Proxy-Filter $auth_request_proxy_filter; }
  rewrite ^/ping$ /v1/server/readyz;
  rewrite ^/v1/readyz$ /v1/server/readyz;
  rewrite ^/v1/version$ /v1/server/version;
  rewrite ^/logs.zip$ /v1/server/logs.zip;
  location /v1/server/logs.zip { proxy_pass http://managed-json; proxy_http_version 1.1; proxy_set_header Connection ""; }`,
}

func newPMM(t *testing.T, number int) *pmmHouse {
	t.Helper()
	h := &pmmHouse{
		t: t, version: number, port: servertest.FreePort(t),
		json: newUpstream(t, version), grafana: newUpstream(t, nil), qan: newUpstream(t, nil), vm: newUpstream(t, nil),
	}
	h.server = serveDeployed(t, "pmm/ostiary.yaml", nil)
	certificate, key, _ := servertest.Certificate(t)
	h.certificate, h.trust = certificate, trusting(t, certificate)
	calls := managedGRPC(t)
	include := filepath.Join(t.TempDir(), "pmm.conf")
	require.NoError(t, os.WriteFile(include, []byte(servertest.Deployed(t, "nginx/pmm.conf",
		"127.0.0.1:7171", strings.TrimPrefix(h.management, "http://"), "127.0.0.1:7172", strings.TrimPrefix(h.gate, "http://"),
		"7173", servertest.FreePort(t), "127.0.0.1:7771", calls)), 0o600))

	// The line of the file's own comment puts it in its place.
	file := filepath.Join(t.TempDir(), "pmm-own.conf")
	own := strings.Replace(pmmOwn, "REWRITES", pmmRewrites[number], 1)
	own = strings.NewReplacer("PORT", h.port, "CERTIFICATE", certificate, "KEY", key, "GRPC", calls, "JSON", h.json.host(), "GRAFANA", h.grafana.host(),
		"QAN", h.qan.host(), "VM", h.vm.host()).Replace(own)
	require.NoError(t, os.WriteFile(file, []byte(own), 0o600))
	line := regexp.MustCompile(`(?m)^# {3}(sed .*)$`).FindStringSubmatch(servertest.Deployed(t, "nginx/pmm.conf"))
	require.NotNil(t, line)
	handbook(t, strings.NewReplacer("/etc/nginx/conf.d/pmm.conf", file, "/etc/nginx/ostiary/pmm.conf", include).Replace(line[1]))
	site, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(site), "include "+include)
	servertest.Nginx(t, "127.0.0.1:"+h.port, string(site))
	return h
}

// checks returns what PMM's own check was asked, and the rest that reached
// pmm-managed.
func (h *pmmHouse) checks() (asked, rest []request) {
	for _, r := range h.json.forget() {
		if strings.HasPrefix(r.URI, "/auth_request") {
			asked = append(asked, r)
		} else {
			rest = append(rest, r)
		}
	}
	return asked, rest
}

// managedGRPC answers every call with the metadata that it came with.
func managedGRPC(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(new(wrapperspb.StringValue)); err != nil {
			return err
		}
		md, _ := metadata.FromIncomingContext(stream.Context())
		return stream.SendMsg(wrapperspb.String(fmt.Sprintf("%v %v", md["x-ostiary-role"], md["authorization"])))
	}))
	go s.Serve(l) // until Stop
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// shell runs a line of the handbook, whose addresses lead to nginx.
func (h *pmmHouse) shell(line string) (stdout string) {
	h.t.Helper()
	return handbook(h.t, line, "connect-to", ":443:127.0.0.1:"+h.port, "cacert", h.certificate)
}

// decode runs a line and decodes the JSON that it prints.
func (h *pmmHouse) decode(into any, line string) {
	h.t.Helper()
	out := h.shell(line)
	require.NoError(h.t, json.Unmarshal([]byte(out), into), out)
}

// TestPMMHandbook runs the lines of PMM's handbook as they are written.
func TestPMMHandbook(t *testing.T) {
	t.Parallel()
	for number, path := range map[int]string{2: "/v1/version", 3: "/v1/server/version"} {
		t.Run(fmt.Sprintf("PMM %d", number), func(t *testing.T) {
			t.Parallel()
			pmmHandbook(t, newPMM(t, number), path)
		})
	}
}

func pmmHandbook(t *testing.T, h *pmmHouse, path string) {
	var key struct {
		ID  int64
		Key string
	}
	h.decode(&key, `curl -X POST -u api_key:`+h.adminKey()+` -H 'Content-Type: application/json' -d '{"name":"monitoring","role":"Viewer"}' https://localhost/graph/api/auth/keys`)
	put := strings.NewReplacer("<api_key>", key.Key, "API_KEY", key.Key).Replace
	for _, line := range []string{
		`curl -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/version`,
		`curl -X GET https://api_key:API_KEY@localhost/v1/version`,
		`curl --insecure -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/version`,
		`curl -H "X-Ostiary-Role: Admin" -H "Cookie: grafana_session=of-a-viewer" -u ":<api_key>" https://127.0.0.1/v1/version`,
		`curl -u "a:<api_key>" https://127.0.0.1/v1/version`,
		`curl -u "ab:<api_key>" https://127.0.0.1/v1/version`,
		`curl -H "X-API-Key: <api_key>" https://127.0.0.1/v1/version`,
	} {
		require.JSONEq(t, `{"version":"2.41.2","path":"`+path+`","role":"Viewer"}`, h.shell(put(line)), line)
	}
	asked, seen := h.checks()
	require.Empty(t, asked, "PMM's own check is not asked about a key")
	for _, r := range seen {
		require.Empty(t, r.Header.Values("Authorization"))
		require.Empty(t, r.Header.Values("X-API-Key"))
		require.Empty(t, r.Header.Values("Cookie"), "which would be somebody else's word")
		require.Equal(t, key.Key[4:16], r.Header.Get("X-Ostiary-Key-Id"))
	}

	// A 401 says to users of curl what is wrong, in the form of PMM's answers
	// and in the challenges; and curl's exit code is right with --fail.
	refused := func(line, status, reason, detail string, code int) {
		t.Helper()
		out := h.shell(put(strings.Replace(line, "curl ", "curl -i ", 1)))
		header, body, _ := strings.Cut(out, "\r\n\r\n")
		require.Equal(t, status, strings.Fields(header)[1], out)
		var answer struct {
			Code                   int
			Error, Message, Reason string
		}
		require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
		require.Equal(t, code, answer.Code)
		require.Equal(t, reason, answer.Reason)
		require.Contains(t, answer.Message, detail)
		require.Equal(t, answer.Message, answer.Error)
		header = strings.ToLower(header)
		require.Equal(t, status == "401", strings.Contains(header, `www-authenticate: bearer realm="ostiary"`), header)
		require.Equal(t, status == "401", strings.Contains(header, `www-authenticate: basic realm="ostiary"`), header)
		require.Equal(t, "22", strings.TrimSpace(h.shell(put(strings.Replace(line, "curl ", "curl --fail -o /dev/null ", 1))+" 2>/dev/null; echo $?")))
	}
	const bearer = `curl -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/version`
	refused(`curl https://api_key:ost_wrong@localhost/v1/version`, "401", "invalid_token", "not known here", 16)
	refused(`curl -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/Settings/Get`, "403", "forbidden", "does not grant manage", 7)
	refused(`curl -H "Authorization: Bearer <api_key>" -H "X-API-Key: other" https://127.0.0.1/v1/version`, "400", "invalid_request", "two different credentials", 3)
	_, err := h.client(h.adminKey()).End(t.Context(), key.Key[4:16], apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	refused(bearer, "401", "revoked", "was revoked", 16)
	require.Contains(t, h.shell(fmt.Sprintf(`curl -X DELETE -u :%s https://localhost/graph/api/auth/keys/%d`, h.adminKey(), key.ID)), "API key deleted")
	refused(bearer, "401", "invalid_token", "not known here", 16)
	asked, seen = h.checks()
	require.Empty(t, asked)
	require.Empty(t, seen)
	h.kill()
	refused(bearer, "503", "unavailable", "cannot be checked", 14)
	require.Contains(t, h.shell(`curl -u admin:admin https://127.0.0.1/v1/version`), "2.41.2", "PMM's own users need no gate")
	require.Contains(t, h.shell(`curl -u "token:`+pmmToken+`" https://127.0.0.1/v1/version`), "2.41.2", "nor do its own tokens")
}

// TestPMMOwn lets PMM's own users, sessions and tokens go where they went
// before, everywhere, and be told by PMM where they may not.
func TestPMMOwn(t *testing.T) {
	t.Parallel()
	for number := range pmmRewrites {
		t.Run(fmt.Sprintf("PMM %d", number), func(t *testing.T) {
			t.Parallel()
			h := newPMM(t, number)
			qan := map[int]string{2: "/v0/qan/Profile/GetReport", 3: "/v1/qan/metrics:getReport"}[number]
			ready := map[int]string{2: "/v1/readyz", 3: "/v1/server/readyz"}[number]
			admin, session, token, nobody := `-u admin:admin`, `-H 'Cookie: grafana_session=of-a-viewer'`, `-H 'Authorization: Bearer `+pmmToken+`'`, ``
			for _, c := range []struct {
				who, path, status, body string
				up                      *upstream
				uri                     string // there
			}{
				{admin, "/v1/version", "200", "2.41.2", h.json, ""},
				{session, "/v1/version", "200", "2.41.2", h.json, ""},
				{token, "/v1/version", "200", "2.41.2", h.json, ""},
				{"-u api_key:" + pmmToken, "/v1/inventory/Nodes/List", "200", "2.41.2", h.json, "/v1/inventory/Nodes/List"},
				{session, "/v1/inventory/Nodes/List", "401", `"code":16`, nil, ""},
				{nobody, "/v1/version", "401", `"message":"Unauthorized"`, nil, ""},
				{"-u admin:wrong", "/v1/version", "401", `"message":"Unauthorized"`, nil, ""},
				{nobody, "/ping", "200", "2.41.2", h.json, ready},
				{nobody, "/v1/readyz", "200", "2.41.2", h.json, ready},
				{session, qan, "200", "", h.qan, qan},
				{nobody, qan, "401", `"code":16`, nil, ""},
				{admin, "/prometheus/api/v1/query?query=up", "200", "", h.vm, "/prometheus/api/v1/query?query=up"},
				{session, "/prometheus/api/v1/query?query=up", "401", "", nil, ""},
				{admin + " --data-binary @/etc/hostname", "/victoriametrics/api/v1/write", "200", "", h.vm, "/prometheus/api/v1/write"},
				{nobody, "/", "302", "", nil, ""},
				{nobody, "/pmm-ui/x", "200", "pages", nil, ""},
				{nobody, "/swagger/", "200", "swagger", nil, ""},
				{session, "/graph/d/home?a=%2F", "200", "", h.grafana, "/graph/d/home?a=%2F"},
				{nobody, "/graph/login", "200", "", h.grafana, "/graph/login"},
				{admin, "/graph/api/auth/keys", "200", "", h.grafana, "/graph/api/auth/keys"},
				{admin, "/logs.zip", "200", "2.41.2", h.json, ""},
				// Forged words of who was let in go no further, and let nobody in.
				{nobody + `-H 'X-Ostiary-Key-Id: me' -H 'X-Ostiary-Role: Admin'`, "/v1/inventory/Nodes/List", "401", `"code":16`, nil, ""},
				{session + ` -H 'X-JWT-Assertion: forged' -H 'X-Ostiary-Key-Id: me'`, "/graph/api/org", "200", "", h.grafana, "/graph/api/org"},
			} {
				for _, up := range []*upstream{h.json, h.grafana, h.qan, h.vm} {
					up.forget()
				}
				out := h.shell(`curl -w '\n%{http_code}' ` + c.who + ` 'https://localhost` + c.path + `'`)
				i := strings.LastIndexByte(out, '\n')
				require.Equal(t, c.status, out[i+1:], "%s %s: %s", c.who, c.path, out)
				require.Contains(t, out[:i], c.body, "%s %s", c.who, c.path)
				if c.up == nil {
					continue
				}
				var seen []request
				if _, rest := h.checks(); c.up == h.json {
					seen = rest
				} else {
					seen = c.up.forget()
				}
				require.Len(t, seen, 1, "%s %s", c.who, c.path)
				if c.uri != "" {
					require.Equal(t, c.uri, seen[0].URI)
				}
				for name := range seen[0].Header {
					require.False(t, strings.HasPrefix(name, "X-Ostiary-") || name == "X-Jwt-Assertion", name)
				}
				if strings.HasPrefix(c.path, "/graph") || c.up == h.qan {
					require.Equal(t, "filter-of-pmm", seen[0].Header.Get("X-Proxy-Filter"), "as PMM's own check says")
				}
			}
		})
	}
}

// TestPMMFormerKeys runs the lines of the handbook with keys that PMM's
// Grafana made: those that were taken over are Ostiary's, and no longer PMM's,
// whatever PMM still knows of them.
func TestPMMFormerKeys(t *testing.T) {
	t.Parallel()
	h := newPMM(t, 3)
	database := filepath.Join(t.TempDir(), "grafana.db")
	keys := origintest.Grafana(database, origintest.Key{Name: "scripts", Role: "Viewer"}, origintest.Key{Name: "account", Role: "Admin", Account: true, New: true})
	h.takeOver("grafana", database)
	for i, role := range []string{"Viewer", "Admin"} {
		put := strings.NewReplacer("<api_key>", keys[i], "API_KEY", keys[i]).Replace
		for _, line := range []string{
			`curl -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/version`,
			`curl -X GET https://api_key:API_KEY@localhost/v1/version`,
			`curl -u service_token:API_KEY https://localhost/v1/version`,
			`curl -H "X-API-Key: API_KEY" https://localhost/v1/version`,
		} {
			require.JSONEq(t, `{"version":"2.41.2","path":"/v1/server/version","role":"`+role+`"}`, h.shell(put(line)), line)
		}
	}
	require.Contains(t, h.shell(`curl -H "Authorization: Bearer `+keys[0]+`" https://127.0.0.1/v1/Settings/Get`), "does not grant manage")
	h.shell(`curl -u api_key:` + keys[0] + ` https://127.0.0.1/graph/api/org`)
	seen := h.grafana.forget()
	require.Len(t, seen, 1)
	require.Contains(t, string(decodeSegment(t, strings.Split(seen[0].Header.Get("X-JWT-Assertion"), ".")[1])), `"role":"Viewer"`)
	require.Empty(t, seen[0].Header.Values("Authorization"))

	h.checks()
	_, err := h.client(h.adminKey()).End(t.Context(), h.key("account").ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	require.Contains(t, h.shell(`curl -H "Authorization: Bearer `+keys[1]+`" https://127.0.0.1/v1/version`), `"reason":"revoked"`)
	asked, _ := h.checks()
	require.Empty(t, asked, "PMM, whose Grafana may still know it, is not asked")
}

// pmmRules are what PMM asks for, by path: the least role.
var pmmRules = map[string]string{
	"/v1/readyz": "", "/ping": "", "/v1/Updates/Status": "", "/v1/AWSInstanceCheck": "", "/swagger/": "", "/v1/server/readyz": "", "/v1/server/leaderHealthCheck": "",

	"/v1/version": "Viewer", "/managed/v1/version": "Viewer", "/v1/user": "Viewer", "/v0/qan/Profile/GetReport": "Viewer", "/v1/inventory/Services/ListTypes": "Viewer",
	"/v1/management/Actions/Get": "Viewer", "/v1/management/Jobs/Cancel": "Viewer", "/v1/Updates/Check": "Viewer", "/v1/Platform/ServerInfo": "Viewer", "/v1/Platform/UserStatus": "Viewer",
	"/v1/server/version": "Viewer", "/v1/server/updates": "Viewer", "/v1/server/settings/readonly": "Viewer", "/v1/qan/metrics:getReport": "Viewer", "/v1/qan:exists": "Viewer",
	"/v1/users/me": "Viewer", "/v1/actions:cancelAction": "Viewer", "/v1/inventory/services:getTypes": "Viewer", "/v1/platform/contact": "Viewer", "/v1/alerting/alerts": "Viewer", "/v1/alerting/templates": "Viewer",

	"/v1/advisors": "Editor", "/v1/advisors/checks:start": "Editor", "/v1/advisors/failedServices": "Editor", "/v1/alerting/rules": "Editor",

	"/v1/inventory/Nodes/List": "Admin", "/v1/inventory/services": "Admin", "/v1/management/Node/Register": "Admin", "/v1/management/nodes": "Admin", "/v1/Updates/Start": "Admin",
	"/v1/Settings/Change": "Admin", "/v1/Platform/Connect": "Admin", "/v1/platform:connect": "Admin", "/v1/backups": "Admin", "/v1/dumps": "Admin", "/v1/server/settings": "Admin",
	"/v1/server/updates:start": "Admin", "/v1/server/logs.zip": "Admin", "/v1/accesscontrol/roles": "Admin", "/prometheus/api/v1/query": "Admin", "/victoriametrics/x": "Admin",
	"/alertmanager/api": "Admin", "/logs.zip": "Admin", "/nomad/": "Admin",

	// What no rule names, and what only looks like a rule.
	"/v1/": "Admin", "/v1/userdata": "Admin", "/v1/versions": "Admin", "/v1/readyzx": "Admin", "/V1/version": "Admin", "/v1/qan:forget": "Admin",
}

// pmmUnclear are paths that lead somewhere else than they seem to. Nobody is
// let in by them who would not be let in there.
var pmmUnclear = []string{
	"/v1/version/../Settings/Get", "/v1/version/%2e%2e/Settings/Get", "/v1/readyz/..%2FSettings/Get", "//v1//Settings/Get", "/graph/../v1/Settings/Get", "/pmm-ui/..;/v1/Settings/Get",
}

// TestPMMRules asks for every path with every role.
func TestPMMRules(t *testing.T) {
	t.Parallel()
	h := newPMM(t, 3)
	roles := []string{"Agent", "Viewer", "Editor", "Admin"} // by what they may do here
	tokens := map[string]string{}
	for _, role := range roles {
		tokens[role] = h.token("an "+role, role)
	}
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: h.trust},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ask := func(method, path, role string) int {
		req, err := http.NewRequest(method, "https://localhost:"+h.port+path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+tokens[role])
		resp, err := client.Do(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	letIn := []int{200, 302, 404} // PMM has no page for all of them
	for path, least := range pmmRules {
		enough := false
		for _, role := range roles {
			switch enough = enough || role == least; {
			case least == "":
				// PMM's own check, without the key.
				require.NotEqual(t, 403, ask(http.MethodGet, path, role), "%s as %q", path, role)
			case enough:
				require.Contains(t, letIn, ask(http.MethodGet, path, role), "%s as %q", path, role)
			default:
				require.Equal(t, 403, ask(http.MethodGet, path, role), "%s as %q", path, role)
			}
		}
	}
	for _, path := range pmmUnclear {
		for _, role := range roles[:3] {
			require.Contains(t, []int{400, 403}, ask(http.MethodGet, path, role), "%s as %q", path, role)
		}
	}
	for method, role := range map[string]string{"GET": "Viewer", "POST": "Editor", "PUT": "Editor", "DELETE": "Editor"} {
		require.Contains(t, letIn, ask(method, "/v1/alerting/templates/x", role))
		if role == "Editor" {
			require.Equal(t, 403, ask(method, "/v1/alerting/templates/x", "Viewer"))
		}
	}
	for _, r := range slices.Concat(h.json.forget(), h.grafana.forget(), h.qan.forget(), h.vm.forget()) {
		for _, token := range tokens {
			require.NotContains(t, fmt.Sprint(r.Header), token[17:])
		}
	}

	t.Run("gRPC", func(t *testing.T) {
		conn, err := grpc.NewClient("localhost:"+h.port, grpc.WithTransportCredentials(credentials.NewTLS(h.trust)))
		require.NoError(t, err)
		defer conn.Close()
		call := func(method string, md ...string) (string, error) {
			ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), md...), time.Minute)
			defer cancel()
			answer := new(wrapperspb.StringValue)
			err := conn.Invoke(ctx, method, wrapperspb.String(""), answer)
			return answer.Value, err
		}
		for method, least := range map[string]string{
			"/management.Actions/GetAction": "Viewer", "/actions.v1.ActionsService/GetAction": "Viewer", "/server.Server/CheckUpdates": "Viewer",
			"/advisors.v1.AdvisorService/ListAdvisors": "Editor", "/server.v1.ServerService/CheckUpdates": "Viewer",
			"/inventory.Nodes/ListNodes": "Admin", "/management.Node/Register": "Admin", "/server.Server/ChangeSettings": "Admin", "/agent.Agent/Connect": "Admin",
			"/agent.v1.AgentService/Connect": "Admin", "/agent.Other/Call": "Admin", "/realtimeanalytics.v1.CollectorService/Collect": "Admin",
		} {
			enough := false
			for _, role := range roles {
				enough = enough || role == least
				value, err := call(method, "authorization", "Bearer "+tokens[role], "x-ostiary-role", "Admin")
				if enough {
					require.NoError(t, err, "%s as %q", method, role)
					require.Equal(t, "["+role+"] []", value)
				} else {
					require.Equal(t, codes.PermissionDenied, rpc.Code(err), "%s as %s: %v", method, role, err)
				}
			}
			_, err := call(method, "authorization", "Bearer ost_wrong")
			require.Equal(t, codes.Unauthenticated, rpc.Code(err), "%s: %v", method, err)
		}

		// PMM's own: an agent without anything, and with a token of Grafana's.
		value, err := call("/agent.Agent/Connect", "x-ostiary-role", "Admin")
		require.NoError(t, err)
		require.Equal(t, "[] []", value)
		value, err = call("/inventory.Nodes/ListNodes", "authorization", "Bearer "+pmmToken, "x-ostiary-role", "Admin")
		require.NoError(t, err)
		require.Equal(t, "[] [Bearer "+pmmToken+"]", value)
		_, err = call("/inventory.Nodes/ListNodes", "authorization", "Bearer glsa_iNValIdinValiDinvalidinvalidinvb_5b582697")
		require.Equal(t, codes.Unauthenticated, rpc.Code(err), "%v", err)
		_, err = call("/inventory.Nodes/ListNodes")
		require.Equal(t, codes.Unauthenticated, rpc.Code(err), "%v", err)

		// One that was taken over, and what became of it.
		database := filepath.Join(t.TempDir(), "grafana.db")
		former := origintest.Grafana(database, origintest.Key{Name: "agents", Role: "Admin", Account: true, New: true}, origintest.Key{Name: "readers", Role: "Viewer", Account: true, New: true})
		h.takeOver("grafana", database)
		_, err = call("/agent.Agent/Connect", "authorization", "Bearer "+former[0])
		require.NoError(t, err)
		_, err = call("/inventory.Nodes/ListNodes", "authorization", "Bearer "+former[1])
		require.Equal(t, codes.PermissionDenied, rpc.Code(err), "%v", err)
		_, err = h.client(h.adminKey()).End(t.Context(), h.key("agents").ID, apikey.End{How: apikey.Revoke})
		require.NoError(t, err)
		_, err = call("/agent.Agent/Connect", "authorization", "Bearer "+former[0])
		require.Equal(t, codes.Unauthenticated, rpc.Code(err), "%v", err)
	})
}

// TestPMMGrafana sends keys below /graph, where PMM's keys opened Grafana:
// Grafana gets a signed word about each, and what is its own as it came.
func TestPMMGrafana(t *testing.T) {
	t.Parallel()
	h := newPMM(t, 2)
	key := h.token("dashboards", "Editor")
	for _, line := range []string{
		`curl -H "Authorization: Bearer ` + key + `" https://127.0.0.1/graph/api/org`,
		`curl https://api_key:` + key + `@localhost/graph/api/org`,
		`curl -u ":` + key + `" https://localhost/graph/api/org`,
		`curl -H "X-API-Key: ` + key + `" -H "X-JWT-Assertion: forged" https://localhost/graph/api/org`,
	} {
		h.shell(line)
		seen := h.grafana.forget()
		require.Len(t, seen, 1, line)
		require.Equal(t, "/graph/api/org", seen[0].URI)
		require.Empty(t, seen[0].Header.Values("Authorization"))
		require.Empty(t, seen[0].Header.Values("X-API-Key"))
		claims := strings.Split(seen[0].Header.Get("X-JWT-Assertion"), ".")
		require.Len(t, claims, 3, "%v", seen[0].Header)
		require.Contains(t, string(decodeSegment(t, claims[1])), `"role":"Editor"`)
	}
	former := base64.StdEncoding.EncodeToString([]byte(`{"k":"OFJ5c0dHN3RXOEtGTkpoMzlwZ2J1Z2hSWnpWNTVkV3Q","n":"old","id":1}`))
	for _, own := range []string{"Basic YWRtaW46YWRtaW4=", "Bearer " + pmmToken, "Bearer glsa_of-grafana", "Bearer " + former, ""} {
		h.shell(`curl -H "Authorization: ` + own + `" -H "X-JWT-Assertion: forged" -H "Cookie: a=b" https://localhost/graph/login`)
		seen := h.grafana.forget()
		require.Len(t, seen, 1, own)
		require.Equal(t, own, seen[0].Header.Get("Authorization"), "what was not taken over is Grafana's")
		require.Equal(t, "a=b", seen[0].Header.Get("Cookie"))
		require.Empty(t, seen[0].Header.Values("X-JWT-Assertion"))
	}
	for _, who := range []string{"", `-H "Authorization: Bearer ` + key + `"`, `-H "Authorization: Bearer ` + pmmToken + `"`} {
		h.shell(`curl --http1.1 ` + who + ` -H "Connection: Upgrade" -H "Upgrade: websocket" https://localhost/graph/api/live/ws`)
		live := h.grafana.forget()
		require.Len(t, live, 1)
		require.Equal(t, []string{"upgrade", "websocket"}, []string{live[0].Header.Get("Connection"), live[0].Header.Get("Upgrade")}, who)
	}

	require.Contains(t, h.shell(`curl -H "Authorization: Bearer `+h.token("agent", "Agent")+`" https://localhost/graph/api/org`), "forbidden")
	require.Contains(t, h.shell(`curl -H "Authorization: Bearer `+key[:65]+`-" https://localhost/graph/api/org`), "invalid_token")
	require.Empty(t, h.grafana.forget())
}

// TestPMMFlood answers 429, not 500, when an address sends too many wrong keys.
func TestPMMFlood(t *testing.T) {
	t.Parallel()
	h := newPMM(t, 3)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: h.trust}}
	ask := func(token string) *http.Response {
		req, err := http.NewRequest(http.MethodGet, "https://localhost:"+h.port+"/v1/version", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := client.Do(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return resp
	}
	began := time.Now()
	resp := ask("ost_wrong")
	for ; resp.StatusCode == http.StatusUnauthorized; resp = ask("ost_wrong") {
		require.Less(t, time.Since(began), time.Minute, "nothing ends the flood")
	}
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	require.NotEmpty(t, resp.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, ask(h.adminKey()).StatusCode, "a good key is let in all the same")
}

// decodeSegment decodes a part of a JSON Web Token.
func decodeSegment(t testing.TB, segment string) []byte {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(segment)
	require.NoError(t, err)
	return content
}

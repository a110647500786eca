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
	"path/filepath"
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

	"github.com/ostiary/ostiary/pkg/origin/origintest"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// pmmHouse is a PMM Server with Ostiary: nginx in front, as deploy/ says, and
// stand-ins for what lies behind.
type pmmHouse struct {
	*server
	t             testing.TB
	port          string // of nginx, with TLS
	certificate   string // file
	json, grafana *upstream
	trust         *tls.Config
}

// version answers as pmm-managed does, and says who asked.
func version(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, `{"version":"2.41.2","path":%q,"role":%q}`, r.URL.Path, r.Header.Get("X-Ostiary-Role"))
}

func newPMM(t *testing.T) *pmmHouse {
	t.Helper()
	h := &pmmHouse{t: t, port: servertest.FreePort(t), json: newUpstream(t, version), grafana: newUpstream(t, nil)}
	h.server = serveDeployed(t, "pmm/ostiary.yaml", nil)
	certificate, key, _ := servertest.Certificate(t)
	h.certificate, h.trust = certificate, trusting(t, certificate)
	servertest.Nginx(t, "127.0.0.1:"+h.port, servertest.Deployed(t, "nginx/pmm.conf",
		"listen 443 ", "listen 127.0.0.1:"+h.port+" ",
		"/srv/nginx/certificate.crt", certificate, "/srv/nginx/certificate.key", key,
		"127.0.0.1:7171", strings.TrimPrefix(h.management, "http://"), "127.0.0.1:7172", strings.TrimPrefix(h.gate, "http://"), "127.0.0.1:7771", managedGRPC(t),
		"127.0.0.1:7772", h.json.host(), "127.0.0.1:3000", h.grafana.host()))
	return h
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
	h := newPMM(t)
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
		`curl -H "X-Ostiary-Role: Admin" -u ":<api_key>" https://127.0.0.1/v1/version`,
	} {
		require.JSONEq(t, `{"version":"2.41.2","path":"/v1/version","role":"Viewer"}`, h.shell(put(line)), line)
	}
	for _, r := range h.json.forget() {
		require.Empty(t, r.Header.Values("Authorization"))
		require.Equal(t, key.Key[4:16], r.Header.Get("X-Ostiary-Key-Id"))
	}

	// A 401 tells who uses curl what is wrong, in the form of PMM's answers
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
		if status == "401" {
			header = strings.ToLower(header)
			require.Contains(t, header, `www-authenticate: bearer realm="ostiary"`)
			require.Contains(t, header, `www-authenticate: basic realm="ostiary"`)
		}
		require.Equal(t, "22", strings.TrimSpace(h.shell(put(strings.Replace(line, "curl ", "curl --fail -o /dev/null ", 1))+" 2>/dev/null; echo $?")))
	}
	const bearer = `curl -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/version`
	refused(`curl https://127.0.0.1/v1/version`, "401", "missing_credentials", "No API key was sent", 16)
	refused(`curl https://api_key:wrong@localhost/v1/version`, "401", "invalid_token", "not known here", 16)
	refused(`curl -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/Settings/Get`, "403", "forbidden", "does not grant manage", 7)
	refused(`curl -H "Authorization: Bearer <api_key>" -H "X-API-Key: other" https://127.0.0.1/v1/version`, "400", "invalid_request", "two different credentials", 3)
	_, err := h.client(h.adminKey()).Revoke(t.Context(), key.Key[4:16], false)
	require.NoError(t, err)
	refused(bearer, "401", "revoked", "was revoked", 16)
	require.Contains(t, h.shell(fmt.Sprintf(`curl -X DELETE -u :%s https://localhost/graph/api/auth/keys/%d`, h.adminKey(), key.ID)), "API key deleted")
	refused(bearer, "401", "invalid_token", "not known here", 16)
	require.Contains(t, h.shell(`curl https://localhost/graph/api/auth/keys`), "Unauthorized")
	require.Empty(t, h.json.forget())
	h.kill()
	refused(bearer, "503", "unavailable", "cannot be checked", 14)
}

// TestPMMFormerKeys runs the lines of the handbook with keys that PMM's
// Grafana made.
func TestPMMFormerKeys(t *testing.T) {
	t.Parallel()
	h := newPMM(t)
	database := filepath.Join(t.TempDir(), "grafana.db")
	keys := origintest.Grafana(database, origintest.Key{Name: "scripts", Role: "Viewer"}, origintest.Key{Name: "account", Role: "Admin", Account: true, New: true})
	h.takeOver("grafana", database)
	for i, role := range []string{"Viewer", "Admin"} {
		put := strings.NewReplacer("<api_key>", keys[i], "API_KEY", keys[i]).Replace
		for _, line := range []string{
			`curl -H "Authorization: Bearer <api_key>" https://127.0.0.1/v1/version`,
			`curl -X GET https://api_key:API_KEY@localhost/v1/version`,
		} {
			require.JSONEq(t, `{"version":"2.41.2","path":"/v1/version","role":"`+role+`"}`, h.shell(put(line)), line)
		}
	}
	require.Contains(t, h.shell(`curl -H "Authorization: Bearer `+keys[0]+`" https://127.0.0.1/v1/Settings/Get`), "does not grant manage")
	h.shell(`curl -u api_key:` + keys[0] + ` https://127.0.0.1/graph/api/org`)
	seen := h.grafana.forget()
	require.Len(t, seen, 1)
	require.Contains(t, string(decodeSegment(t, strings.Split(seen[0].Header.Get("X-JWT-Assertion"), ".")[1])), `"role":"Viewer"`)
}

// pmmRules are what PMM asks for, by path: the least role.
var pmmRules = map[string]string{
	"/v1/readyz": "", "/ping": "", "/v1/Updates/Status": "", "/v1/AWSInstanceCheck": "", "/swagger/": "", "/v1/server/readyz": "", "/v1/server/leaderHealthCheck": "",

	"/v1/version": "Viewer", "/managed/v1/version": "Viewer", "/v1/user": "Viewer", "/v0/qan/Profile/GetReport": "Viewer", "/v1/inventory/Services/ListTypes": "Viewer",
	"/v1/management/Actions/Get": "Viewer", "/v1/management/Jobs/Cancel": "Viewer", "/v1/Updates/Check": "Viewer", "/v1/Platform/ServerInfo": "Viewer", "/v1/Platform/UserStatus": "Viewer",
	"/v1/server/version": "Viewer", "/v1/server/updates": "Viewer", "/v1/server/settings/readonly": "Viewer", "/v1/qan/metrics:getReport": "Viewer", "/v1/qan:exists": "Viewer",
	"/v1/users/me": "Viewer", "/v1/actions:cancelAction": "Viewer", "/v1/inventory/services:getTypes": "Viewer", "/v1/platform/contact": "Viewer", "/v1/alerting/alerts": "Viewer",

	"/v1/advisors": "Editor", "/v1/advisors/checks:start": "Editor", "/v1/advisors/failedServices": "Editor", "/v1/alerting/rules": "Editor", "/v1/alerting/templates": "Editor",

	"/v1/inventory/Nodes/List": "Admin", "/v1/inventory/services": "Admin", "/v1/management/Node/Register": "Admin", "/v1/management/nodes": "Admin", "/v1/Updates/Start": "Admin",
	"/v1/Settings/Change": "Admin", "/v1/Platform/Connect": "Admin", "/v1/platform:connect": "Admin", "/v1/backups": "Admin", "/v1/dumps": "Admin", "/v1/server/settings": "Admin",
	"/v1/server/updates:start": "Admin", "/v1/server/logs.zip": "Admin", "/v1/accesscontrol/roles": "Admin", "/prometheus/api/v1/query": "Admin", "/victoriametrics/x": "Admin",
	"/alertmanager/api": "Admin", "/logs.zip": "Admin", "/nomad/": "Admin",

	// What no rule names, and what only looks like a rule.
	"/": "Admin", "/v1/": "Admin", "/v1/userdata": "Admin", "/v1/versions": "Admin", "/v1/readyzx": "Admin", "/V1/version": "Admin",
	"/v1/version/../Settings/Get": "Admin", "/v1/version/%2e%2e/Settings/Get": "Admin", "/v1/readyz/..%2FSettings/Get": "Admin", "//v1//Settings/Get": "Admin", "/v1/Settings/../version": "Viewer",
}

// TestPMMRules asks for every path with every role.
func TestPMMRules(t *testing.T) {
	t.Parallel()
	h := newPMM(t)
	roles := []string{"", "Agent", "Viewer", "Editor", "Admin"} // by what they may do here
	tokens := map[string]string{}
	for _, role := range roles[1:] {
		tokens[role] = h.token("an "+role, role)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: h.trust}}
	for path, least := range pmmRules {
		enough := least == ""
		for _, role := range roles {
			enough = enough || role == least
			want := 403
			switch {
			case enough:
				want = 200
			case role == "":
				want = 401
			}
			req, err := http.NewRequest(http.MethodGet, "https://localhost:"+h.port+path, nil)
			require.NoError(t, err)
			if role != "" {
				req.Header.Set("Authorization", "Bearer "+tokens[role])
			}
			resp, err := client.Do(req)
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			require.Equal(t, want, resp.StatusCode, "%s as %q", path, role)
		}
	}

	t.Run("gRPC", func(t *testing.T) {
		conn, err := grpc.NewClient("localhost:"+h.port, grpc.WithTransportCredentials(credentials.NewTLS(h.trust)))
		require.NoError(t, err)
		defer conn.Close()
		for method, least := range map[string]string{
			"/agent.Agent/Connect": "", "/server.Server/UpdateStatus": "", "/server.v1.ServerService/AWSInstanceCheck": "",
			"/management.Actions/GetAction": "Viewer", "/actions.v1.ActionsService/GetAction": "Viewer", "/server.Server/CheckUpdates": "Viewer", "/qan.v1.QANService.x/y": "Viewer",
			"/advisors.v1.AdvisorService/ListAdvisors": "Editor",
			"/inventory.Nodes/ListNodes":               "Admin", "/management.Node/Register": "Admin", "/server.Server/ChangeSettings": "Admin", "/agent.Other/Call": "Admin",
		} {
			enough := least == ""
			for _, role := range roles {
				enough = enough || role == least
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if role != "" {
					ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+tokens[role], "x-ostiary-role", "Admin")
				}
				answer := new(wrapperspb.StringValue)
				err := conn.Invoke(ctx, method, wrapperspb.String(""), answer)
				cancel()
				switch {
				case enough:
					require.NoError(t, err, "%s as %q", method, role)
					if least != "" {
						require.Equal(t, "["+role+"] []", answer.Value)
					} else {
						require.Equal(t, "[] []", answer.Value)
					}
				case role == "":
					require.Equal(t, codes.Unauthenticated, rpc.Code(err), "%s: %v", method, err)
				default:
					require.Equal(t, codes.PermissionDenied, rpc.Code(err), "%s as %s: %v", method, role, err)
				}
			}
		}
	})
}

// TestPMMGrafana sends keys below /graph, where PMM's keys opened Grafana:
// Grafana gets a signed word about each, and what is its own as it came.
func TestPMMGrafana(t *testing.T) {
	t.Parallel()
	h := newPMM(t)
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
	for _, own := range []string{"Basic YWRtaW46YWRtaW4=", "Bearer glsa_of-grafana", ""} {
		h.shell(`curl -H "Authorization: ` + own + `" -H "X-JWT-Assertion: forged" https://localhost/graph/login`)
		seen := h.grafana.forget()
		require.Len(t, seen, 1)
		require.Equal(t, own, seen[0].Header.Get("Authorization"))
		require.Empty(t, seen[0].Header.Values("X-JWT-Assertion"))
	}
	h.shell(`curl --http1.1 -H "Connection: Upgrade" -H "Upgrade: websocket" https://localhost/graph/api/live/ws`)
	live := h.grafana.forget()
	require.Len(t, live, 1)
	require.Equal(t, []string{"upgrade", "websocket"}, []string{live[0].Header.Get("Connection"), live[0].Header.Get("Upgrade")})

	require.Contains(t, h.shell(`curl -H "Authorization: Bearer `+h.token("agent", "Agent")+`" https://localhost/graph/api/org`), "forbidden")
	require.Contains(t, h.shell(`curl -H "Authorization: Bearer `+key[:65]+`-" https://localhost/graph/api/org`), "invalid_token")
	former := base64.StdEncoding.EncodeToString([]byte(`{"k":"OFJ5c0dHN3RXOEtGTkpoMzlwZ2J1Z2hSWnpWNTVkV3Q","n":"old","id":1}`))
	for _, line := range []string{`-H "Authorization: Bearer ` + former + `"`, `-u api_key:` + former, `-u :` + former} {
		require.Contains(t, h.shell(`curl `+line+` https://localhost/graph/api/org`), "invalid_token", "one of Grafana's former keys, which was not taken over")
	}
	require.Empty(t, h.grafana.forget())
}

// TestPMMFlood answers 429, not 500, when an address sends too many wrong keys.
func TestPMMFlood(t *testing.T) {
	t.Parallel()
	h := newPMM(t)
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
	resp := ask("wrong")
	for ; resp.StatusCode == http.StatusUnauthorized; resp = ask("wrong") {
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

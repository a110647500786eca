package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// lightrunHouse is a server with the endpoints of Lightrun, over TLS with the
// certificate that it made itself.
type lightrunHouse struct {
	*server
	t           *testing.T
	up          *upstream
	certificate string // file
	http        *http.Client
}

func newLightrun(t *testing.T, replace ...string) *lightrunHouse {
	t.Helper()
	h := &lightrunHouse{t: t, up: newUpstream(t, lightrunAnswers)}
	h.server = serveDeployed(t, "lightrun/ostiary.yaml", nil, append(replace, "127.0.0.1:8080", h.up.host())...)
	h.certificate = filepath.Join(h.dir, "data", "gate.crt")
	h.http = &http.Client{Transport: &http.Transport{TLSClientConfig: trusting(t, h.certificate)}}
	return h
}

// lightrunAnswers takes the place of Lightrun's server.
func lightrunAnswers(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/metrics/"):
		_, _ = fmt.Fprintf(w, "# TYPE lightrun_up gauge\nlightrun_up 1\n")
	case strings.HasPrefix(r.URL.Path, "/scim/v2"):
		w.Header().Set("Content-Type", "application/scim+json")
		w.Header().Set("ETag", `W/"3694e05e9dff590"`)
		switch r.Method {
		case http.MethodPost:
			w.Header().Set("Location", r.Header.Get("X-Forwarded-Proto")+"://"+r.Host+"/scim/v2/Users/2819c223")
			w.WriteHeader(http.StatusCreated)
		case http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"2819c223","userName":"bjensen@example.com"}`)
	}
}

// ask sends a request with a key, and returns the status and the answer.
func (h *lightrunHouse) ask(token, method, uri, contentType, body string) (*http.Response, string) {
	h.t.Helper()
	req, err := http.NewRequest(method, h.gate+uri, strings.NewReader(body))
	require.NoError(h.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := h.http.Do(req)
	require.NoError(h.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	return resp, string(answer)
}

// requireAnswer demands a status, and for refusals a code.
func (h *lightrunHouse) requireAnswer(token, method, uri string, want int, code string) {
	h.t.Helper()
	resp, body := h.ask(token, method, uri, "", "")
	require.Equal(h.t, want, resp.StatusCode, "%s %s: %s", method, uri, body)
	if code != "" {
		var p api.Problem
		require.NoError(h.t, json.Unmarshal([]byte(body), &p), body)
		require.Equal(h.t, code, string(p.Code))
	}
}

// scimRequests are those of RFC 7644, as identity providers send them.
var scimRequests = []struct {
	method, uri, body string
	want              int
}{
	{"GET", "/scim/v2/ServiceProviderConfig", "", 200},
	{"GET", "/scim/v2/Users?filter=userName%20eq%20%22bjensen%40example.com%22&startIndex=1&count=100", "", 200},
	{"POST", "/scim/v2/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen@example.com","name":{"givenName":"Barbara","familyName":"Jensen"},"active":true}`, 201},
	{"GET", "/scim/v2/Users/2819c223?attributes=userName", "", 200},
	{"PUT", "/scim/v2/Users/2819c223", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"2819c223","userName":"bjensen@example.com","displayName":"Bärbel"}`, 200},
	{"PATCH", "/scim/v2/Users/2819c223", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`, 200},
	{"POST", "/scim/v2/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"displayName sw \"smith\"","count":10}`, 201},
	{"POST", "/scim/v2/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":1,"Operations":[{"method":"DELETE","path":"/Users/2819c223"}]}`, 201},
	{"DELETE", "/scim/v2/Users/2819c223", "", 204},
}

// TestLightrunSCIM provisions through the gate: every kind of request arrives
// as it was sent, and its answer comes back.
func TestLightrunSCIM(t *testing.T) {
	t.Parallel()
	h := newLightrun(t)
	scim := h.issue(api.CreateKey{Name: "okta", Role: "Admin", Endpoints: []string{"scim"}})
	for _, r := range scimRequests {
		resp, body := h.ask(scim.Token, r.method, r.uri, "application/scim+json", r.body)
		require.Equal(t, r.want, resp.StatusCode, body)
		require.Equal(t, `W/"3694e05e9dff590"`, resp.Header.Get("ETag"))
		if r.method == http.MethodPost {
			require.Equal(t, h.gate+"/scim/v2/Users/2819c223", resp.Header.Get("Location"), "which leads back through the gate")
		}
		if r.want != 204 {
			require.Equal(t, "application/scim+json", resp.Header.Get("Content-Type"))
			require.Contains(t, body, `"id":"2819c223"`)
		}
		seen := h.up.forget()
		require.Len(t, seen, 1)
		require.Equal(t, []string{r.method, r.uri, r.body, "application/scim+json"}, []string{seen[0].Method, seen[0].URI, string(seen[0].Body), seen[0].Header.Get("Content-Type")})
		require.Empty(t, seen[0].Header.Values("Authorization"))
		require.Equal(t, "okta", seen[0].Header.Get("X-Ostiary-Key-Name"))
	}

	// It opens nothing else, and takes a manager's key.
	for _, uri := range []string{"/metrics/server", "/metrics/agents", "/agents/default"} {
		h.requireAnswer(scim.Token, "GET", uri, 403, "forbidden")
	}
	_, err := h.client(scim.Token).Keys(t.Context(), client.KeyQuery{})
	require.ErrorContains(t, err, "limited to certain endpoints", "not even the management of keys")
	h.requireAnswer(h.token("editor", "Editor"), "GET", "/scim/v2/Users", 403, "forbidden")
	h.requireAnswer("", "GET", "/scim/v2/Users", 401, "missing_credentials")
	require.Empty(t, h.up.forget())
}

// TestLightrunKeys has the life of a key as Lightrun's handbook describes it.
func TestLightrunKeys(t *testing.T) {
	t.Parallel()
	h := newLightrun(t)
	key := h.issue(api.CreateKey{Name: "prometheus", Role: "Viewer", Endpoints: []string{"metrics-server"}})
	require.Equal(t, 90*24*time.Hour, key.Key.ExpiresAt.Sub(key.Key.CreatedAt), "the default")
	month := h.issue(api.CreateKey{Name: "for a month", Role: "Viewer", ExpiresIn: "30d"})
	require.Equal(t, 30*24*time.Hour, month.Key.ExpiresAt.Sub(month.Key.CreatedAt))
	_, errs, exit := h.command(t, "key", "create", "--name", "too long", "--expires-in", "400d")
	require.Equal(t, 2, exit, errs)
	require.Contains(t, errs, "365")

	// Only managers make, revoke and see keys.
	for _, role := range []string{"Editor", "Viewer", "Agent"} {
		other := h.client(h.token("a "+role, role))
		_, err := other.Create(t.Context(), api.CreateKey{Name: "mine"})
		require.ErrorContains(t, err, "Admin", role)
		_, err = other.End(t.Context(), key.Key.ID, apikey.End{How: apikey.Revoke})
		require.ErrorContains(t, err, "Admin", role)
		_, err = other.Keys(t.Context(), client.KeyQuery{})
		require.ErrorContains(t, err, "Admin", role)
	}

	// To delete a key is one act, and counts from the next request on.
	h.requireAnswer(key.Token, "GET", "/metrics/server", 200, "")
	out, errs, exit := h.command(t, "key", "delete", "prometheus", "--yes")
	require.Zero(t, exit, errs)
	require.Contains(t, out, `Deleted "prometheus"`)
	h.requireAnswer(key.Token, "GET", "/metrics/server", 401, "invalid_token")
	out, _, _ = h.command(t, "key", "list")
	require.NotContains(t, out, "prometheus")
	out, _, _ = h.command(t, "audit", "--key", key.Key.ID)
	require.Contains(t, out, "delete", "the trail remembers")

	// A key that is revoked and kept says why it is denied.
	_, errs, exit = h.command(t, "key", "revoke", "for a month", "--yes")
	require.Zero(t, exit, errs)
	h.requireAnswer(month.Token, "GET", "/metrics/server", 401, "revoked")

	// Keys belong to an organization: to any other they are unknown.
	other := newLightrun(t, "org: 1", "org: 2")
	other.requireAnswer(other.token("viewer of 1", "Viewer"), "GET", "/metrics/server", 401, "invalid_token")
	require.Empty(t, other.up.forget())
}

// TestLightrunPrometheus scrapes two endpoints, each with a key that opens it
// alone.
func TestLightrunPrometheus(t *testing.T) {
	t.Parallel()
	h := newLightrun(t)
	keys := map[string]string{}
	for _, endpoint := range []string{"metrics-server", "metrics-agents"} {
		keys[endpoint] = h.issue(api.CreateKey{Name: endpoint, Role: "Viewer", Endpoints: []string{endpoint}}).Token
	}
	h.requireAnswer(keys["metrics-server"], "GET", "/metrics/agents", 403, "forbidden")
	h.requireAnswer(keys["metrics-agents"], "GET", "/metrics/server", 403, "forbidden")
	h.requireAnswer(keys["metrics-agents"], "GET", "/scim/v2/Users", 403, "forbidden")

	gate, err := url.Parse(h.gate)
	require.NoError(t, err)
	p := newPrometheus(t, servertest.Deployed(t, "lightrun/prometheus.yml", "30s", "1s", "lightrun.url:8443", gate.Host, "ostiary.crt", h.certificate,
		"<server key>", keys["metrics-server"], "<agents key>", keys["metrics-agents"]))
	jobs := []string{"lightrun-server", "lightrun-agents"}
	p.requireHealth(t, "up", "", jobs...)
	_, errs, exit := h.command(t, "key", "delete", "metrics-agents", "--yes")
	require.Zero(t, exit, errs)
	scraped := p.nextScrape(t, jobs...)
	require.Equal(t, "up", scraped["lightrun-server"].Health)
	require.Equal(t, "down", scraped["lightrun-agents"].Health)
	require.Contains(t, scraped["lightrun-agents"].LastError, "401 Unauthorized")
}

// TestLightrunPools manages the keys of agent pools apart from the system's.
func TestLightrunPools(t *testing.T) {
	t.Parallel()
	h := newLightrun(t)
	do := func(args ...string) string {
		t.Helper()
		out, errs, exit := h.command(t, args...)
		require.Zero(t, exit, errs)
		return strings.TrimSpace(out)
	}
	do("pool", "create", "--name", "default")
	do("pool", "create", "--name", "payments", "--description", "the tills")
	agents := map[string]string{}
	for _, pool := range []string{"default", "payments"} {
		agents[pool] = do("key", "create", "--name", pool+"-1", "--pool", pool, "-o", "token")
	}
	system := do("key", "create", "--name", "system", "--role", "Agent", "-o", "token")

	// A key of one pool opens nothing of another.
	opens := func(token string, want int, code, uri string) {
		t.Helper()
		h.requireAnswer(token, "POST", uri, want, code)
	}
	opens(agents["default"], 200, "", "/agents/default/report")
	opens(agents["default"], 403, "forbidden", "/agents/payments/report")
	opens(agents["payments"], 200, "", "/agents/payments/report")
	opens(agents["payments"], 403, "forbidden", "/agents/default/report")
	opens(system, 403, "forbidden", "/agents/default/report")
	opens(h.adminKey(), 403, "forbidden", "/agents/payments/report")

	// A pool's keys are listed, rotated and revoked apart from all others.
	list := do("key", "list", "--pool", "payments")
	require.Contains(t, list, "payments-1")
	require.NotContains(t, list, "default-1")
	require.NotContains(t, list, "system")
	var rotated api.RotatedPool
	require.NoError(t, json.Unmarshal([]byte(do("pool", "rotate", "payments", "--overlap", "1h", "-o", "json")), &rotated))
	require.Len(t, rotated.Keys, 1)
	opens(agents["payments"], 200, "", "/agents/payments/report")
	opens(rotated.Keys[0].Token, 200, "", "/agents/payments/report")
	opens(rotated.Keys[0].Token, 403, "forbidden", "/agents/default/report")
	do("pool", "revoke", "payments", "--yes")
	opens(agents["payments"], 401, "revoked", "/agents/payments/report")
	opens(rotated.Keys[0].Token, 401, "revoked", "/agents/payments/report")
	opens(agents["default"], 200, "", "/agents/default/report")
	h.requireAnswer(do("key", "create", "--name", "viewer", "--role", "Viewer", "-o", "token"), "GET", "/metrics/server", 200, "")

	// And pools are removed on their own.
	do("pool", "delete", "payments", "--yes")
	require.NotContains(t, do("pool", "list"), "payments")
	require.Contains(t, do("pool", "list"), "default")
}

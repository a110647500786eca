package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/plugintest"
)

// grafana stands in for a Grafana with the documented section [auth.jwt]: it does with a token what Grafana's source
// says, with the library that it uses.
type grafana struct {
	options map[string]string
	keys    func() jose.JSONWebKeySet
	url     string
	users   userTable
}

// startWithGrafana starts the plugin with the documented file, and a Grafana with the documented section in which people
// have these users already.
func startWithGrafana(t *testing.T, people ...*user) (g *grafana, h *plugintest.Host, gate string) {
	t.Helper()
	g = &grafana{options: section(t, block(t, "ini", "[auth.jwt]"), "auth.jwt"), users: userTable{rows: people}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.url = server.URL
	config := replaced(t, block(t, "yaml", "# /etc/grafana/ostiary.yaml"), "http://127.0.0.1:3000", g.url)
	h = start(t, with("config", write(t, filepath.Join(t.TempDir(), "ostiary.yaml"), config)))
	gate = gateURL(t, h)
	g.keys = func() (set jose.JSONWebKeySet) { // as it was fetched from the gate into jwk_set_file
		answer := send(t, mustRequest(t, "GET", gate+"/.well-known/jwks.json"))
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.NoError(t, json.Unmarshal([]byte(answer.body), &set))
		return set
	}
	return g, h, gate
}

// login is that of the user that Grafana makes for a key.
func login(issued api.IssuedKey) string { return "ostiary:1:" + strings.ToLower(issued.Key.ID) }

// userTable has Grafana's tables user and user_auth, the latter where auth_module is jwt.
type userTable struct {
	mu   sync.Mutex
	rows []*user
}

type user struct{ login, email, name, role, authID string }

// sync finds whom a token is for, as UserSync does: who is linked to its subject, or else whose login or address the
// configured claim is, or else somebody new. Login, name and role are then as the token says.
func (u *userTable) sync(sub, login, name, role string) user {
	u.mu.Lock()
	defer u.mu.Unlock()
	login = strings.ToLower(login)
	i := slices.IndexFunc(u.rows, func(r *user) bool { return r.authID == sub })
	if i < 0 {
		i = slices.IndexFunc(u.rows, func(r *user) bool { return r.login == login || r.email == login })
	}
	if i < 0 {
		i, u.rows = len(u.rows), append(u.rows, &user{})
	}
	u.rows[i].login, u.rows[i].name, u.rows[i].role, u.rows[i].authID = login, name, role, sub
	return *u.rows[i]
}

func (g *grafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/public/") || r.Header.Get("Authorization") == "Bearer glsa_own" {
		fmt.Fprintf(w, `{"by":"grafana","assertion":%q}`, r.Header.Get("X-Jwt-Assertion"))
		return
	}
	claims, err := g.verify(r.Header.Get(g.options["header_name"]))
	if r.Header.Get("Authorization") != "" || err != nil {
		http.Error(w, fmt.Sprintf(`{"message":"Unauthorized: %v"}`, err), http.StatusUnauthorized)
		return
	}
	claim := func(name string) string { text, _ := claims[name].(string); return text }
	role := claim(g.options["role_attribute_path"])
	switch role {
	case "Admin", "Editor", "Viewer", "None":
	default:
		http.Error(w, `{"message":"Invalid Role in claim"}`, http.StatusForbidden)
		return
	}
	u := g.users.sync(claim("sub"), claim(g.options["username_claim"]), claim("name"), role)
	_ = json.NewEncoder(w).Encode(map[string]string{"path": r.URL.Path, "login": u.login, "name": u.name, "role": u.role})
}

func (g *grafana) verify(token string) (claims map[string]any, err error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return nil, err
	}
	keys := g.keys()
	found := keys.Key(parsed.Headers[0].KeyID)
	if len(found) == 0 {
		return nil, fmt.Errorf("no keys found")
	}
	var registered jwt.Claims
	if err := parsed.Claims(found[0], &claims, &registered); err != nil {
		return nil, err
	}
	var expected map[string]string
	if err := json.Unmarshal([]byte(g.options["expect_claims"]), &expected); err != nil {
		return nil, err
	}
	if claims["sub"] == "" {
		return nil, fmt.Errorf("missing mandatory 'sub' claim in JWT")
	}
	return claims, registered.Validate(jwt.Expected{Issuer: expected["iss"], AnyAudience: jwt.Audience{expected["aud"]}, Time: time.Now()})
}

// A key is a user of its own in Grafana, under any name: never a person who exists, by a login, by an address or
// by a subject of another's tokens, and never the user of a key that was deleted.
func TestAKeyIsNobodyWhoExists(t *testing.T) {
	names := []string{"root", "Edge", "x@example.com", "ostiary:1:edge", "sub-of-root"}
	var people []*user
	for _, name := range names {
		name = strings.ToLower(name)
		for _, taken := range []string{name, "ostiary-" + name} {
			people = append(people, &user{login: taken, role: "Admin"}, &user{email: taken, role: "Admin"}, &user{authID: taken, role: "Admin"})
		}
	}
	before := make([]user, len(people))
	for i, p := range people {
		before[i] = *p
	}
	g, h, gate := startWithGrafana(t, people...)
	for _, name := range names {
		for range 2 {
			issued := create(t, h, "admin", fmt.Sprintf(`{"name":%q,"role":"Viewer"}`, name))
			want := fmt.Sprintf(`{"path":"/api/user","login":%q,"name":%q,"role":"Viewer"}`, login(issued), name)
			users := len(g.users.rows)
			for range 2 {
				require.JSONEq(t, want, curl(t, "-H", "Authorization: Bearer "+issued.Token, gate+"/api/user"))
			}
			require.Len(t, g.users.rows, users+1)
			require.Equal(t, http.StatusNoContent, do(t, h, "admin", "DELETE", "/v1/keys/"+issued.Key.ID, "").StatusCode)
		}
	}
	for i, p := range people {
		require.Equal(t, before[i], *p, "this person is still as before")
	}
}

package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// endpointAttack is what somebody does to the rows of the endpoints "wide" and "narrow".
type endpointAttack struct {
	name, statement string
	wideGone        bool   // the wide endpoint is not in force afterwards either
	alias           string // a name that only the attacker gave
	copied          bool   // narrow stays in force, and there is another of its paths
}

var endpointAttacks = []endpointAttack{
	{name: "removed", statement: `DELETE FROM settings WHERE name = 'narrow'`},
	{name: "all removed", statement: `DELETE FROM settings`, wideGone: true},
	{name: "opened", statement: `UPDATE settings SET value = replace(value, 'manage', 'read')`},
	{name: "opened to anyone", statement: `UPDATE settings SET value = replace(value, 'manage', 'none')`},
	{name: "moved away", statement: `UPDATE settings SET value = replace(value, '/api/admin', '/elsewhere')`},
	{name: "given to another organization", statement: `UPDATE settings SET org_id = 7 WHERE name = 'narrow'`},
	{name: "renamed", alias: "other", statement: `UPDATE settings SET name = 'other' WHERE name = 'narrow'`},
	{name: "of another kind", statement: `UPDATE settings SET kind = 'nothing' WHERE name = 'narrow'`},
	{name: "unreadable", statement: `UPDATE settings SET value = 'x' WHERE name = 'narrow'`},
	{name: "unmarked", statement: `UPDATE settings SET mark_pepper = '' WHERE name = 'narrow'`},
	{name: "made older", statement: `UPDATE settings SET created_at = 1 WHERE name = 'narrow'`},
	{name: "swapped", wideGone: true, statement: `UPDATE settings SET name = 'x' WHERE name = 'narrow'; ` +
		`UPDATE settings SET name = 'narrow' WHERE name = 'wide'; ` + `UPDATE settings SET name = 'wide' WHERE name = 'x'`},
	{name: "copied", copied: true, alias: "other", statement: `INSERT INTO settings SELECT org_id, kind, 'other',
		replace(replace(value, 'narrow', 'other'), 'manage', 'read'), created_at, created_by, changed_at, changed_by,
		mark_pepper, mark FROM settings WHERE name = 'narrow'`},
}

// Who removes, changes or copies the row of an endpoint opens none of its paths and not its name, which would otherwise
// be those of a wider endpoint, and a name that a proxy alone knows.
func TestWhoRemovesAnEndpointOpensNothing(t *testing.T) {
	t.Parallel()
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		for _, attack := range endpointAttacks {
			t.Run(attack.name, func(t *testing.T) {
				dir := t.TempDir()
				db := writableStore(t, engine, dir, pg)
				tamperWithEndpoints(t, dir, db, &attack)
			})
		}
	})
}

func tamperWithEndpoints(t *testing.T, dir string, db *writable, attack *endpointAttack) {
	up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(up.Close)
	start := func() *server {
		return serve(t, dir, "--store", db.store, "--gate.endpoints_in_store", "--gate.upstreams", "127.0.0.1")
	}
	s := start()
	c := s.client(s.adminKey())
	viewer, err := c.Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
	require.NoError(t, err)
	for _, e := range []api.EndpointSpec{
		{Name: "wide", Path: "/api", Require: "read", Upstream: up.URL},
		{Name: "narrow", Path: "/api/admin", Require: "manage", Upstream: up.URL},
	} {
		_, err := c.CreateEndpoint(t.Context(), e)
		require.NoError(t, err)
	}
	inForce := []string{byPermission} // which the proxy's own word replaces
	require.Equal(t, inForce, openDoors(t, s, viewer.Token, "/api/admin/x", "narrow"), "it takes an Admin")
	require.Len(t, openDoors(t, s, viewer.Token, "/api/x", "wide"), doors)

	look := func(s *server) {
		t.Helper()
		if attack.alias != "" {
			require.Empty(t, openDoors(t, s, s.adminKey(), "/elsewhere", attack.alias))
		}
		if attack.copied {
			require.Equal(t, inForce, openDoors(t, s, viewer.Token, "/api/admin/x", "narrow"))
		} else {
			require.Empty(t, openDoors(t, s, s.adminKey(), "/api/admin/x", "narrow"))
		}
		open := doors
		if attack.wideGone {
			open = 0
		}
		require.Len(t, openDoors(t, s, viewer.Token, "/api/x", "wide"), open)
	}
	db.run(t, attack.statement)
	require.Eventually(t, func() bool {
		health, err := c.Health(t.Context())
		require.NoError(t, err)
		return health.Status == api.StatusDegraded
	}, 20*time.Second, 10*time.Millisecond, "a look now and then finds it")
	look(s)
	if !attack.copied {
		_, _, said := ask(http.MethodGet, s.gate+"/api/admin/x", viewer.Token, "")
		require.Contains(t, said, "narrow is not in force")
		require.Contains(t, said, "something else than Ostiary")
		require.Eventually(t, func() bool {
			denials, err := c.Denials(t.Context(), client.DenialQuery{Endpoint: "narrow"})
			require.NoError(t, err)
			return len(denials.Denials) > 0
		}, 20*time.Second, 10*time.Millisecond)
	}
	s.stop()
	s = start()
	c = s.client(s.adminKey())
	look(s)

	list, err := c.Endpoints(t.Context())
	require.NoError(t, err)
	for _, e := range list.Endpoints {
		if e.Shadowed != "" {
			require.NoError(t, c.DeleteEndpoint(t.Context(), e.Name))
		}
	}
	if !attack.copied && !attack.wideGone {
		require.Empty(t, openDoors(t, s, viewer.Token, "/api/admin/x", "narrow"), "an Admin's removal opens nothing either")
		_, err := c.UpdateEndpoint(t.Context(), "wide", api.EndpointChange{"paths": []string{"/api/admin"}})
		require.NoError(t, err)
		require.Equal(t, []string{"proxy", "auth by path", "Envoy"}, openDoors(t, s, viewer.Token, "/api/admin/x", "narrow"),
			"by an Admin's word, but for the name")
	}
}

// The doors that openDoors knows.
const (
	doors        = 7
	byPermission = "auth by name and permission"
)

// openDoors are those at which a key is let in at a path, or by the name of an endpoint.
func openDoors(t *testing.T, s *server, token, path, name string) (open []string) {
	t.Helper()
	add := func(door string, is bool) {
		if is {
			open = append(open, door)
		}
	}
	get := func(target string, header ...string) bool {
		return getWith(t, s.gate+target, append(header, "Authorization", "Bearer "+token)...) == http.StatusOK
	}
	add("proxy", get(path))
	add("auth by path", get("/auth", "X-Original-URI", path, "X-Original-Method", "GET"))
	add("auth by name", get("/auth?endpoint="+name))
	add(byPermission, get("/auth?require=read&endpoint="+name))
	add("Envoy", envoyLetsIn(t, s, token, path, nil))
	v, err := s.client(token).Verify(t.Context(), api.VerifyRequest{Token: token, Endpoint: name})
	require.NoError(t, err)
	add("verify", v.Valid)
	add("Envoy by name", envoyLetsIn(t, s, token, path, map[string]string{"endpoint": name}))
	return open
}

// getWith asks with a header, and returns the status.
func getWith(t *testing.T, target string, header ...string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

// envoyLetsIn asks as Envoy does.
func envoyLetsIn(t *testing.T, s *server, token, path string, extensions map[string]string) bool {
	t.Helper()
	conn, err := grpc.NewClient(strings.TrimPrefix(s.gate, "http://"),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	answer, err := authv3.NewAuthorizationClient(conn).Check(t.Context(), &authv3.CheckRequest{
		Attributes: &authv3.AttributeContext{ContextExtensions: extensions,
			Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{
				Method: http.MethodGet, Path: path, Headers: map[string]string{"authorization": "Bearer " + token},
			}}},
	})
	require.NoError(t, err)
	return answer.GetStatus().GetCode() == 0
}

package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// What an Admin removes stays closed at every door, by its name and at its paths, also below a wider endpoint: after a
// restart, when audit.keep has removed what the trail said of it, and when somebody puts its row back. It opens when it
// is made again, or when the configuration file holds it.
func TestAnEndpointThatAnAdminRemovesStaysClosed(t *testing.T) {
	t.Parallel()
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		dir := t.TempDir()
		removeByAdmin(t, dir, writableStore(t, engine, dir, pg))
	})
}

func removeByAdmin(t *testing.T, dir string, db *writable) {
	up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(up.Close)
	start := func(args ...string) *server {
		return serve(t, dir, append(args, "--store", db.store, "--gate.endpoints_in_store", "--gate.upstreams",
			"127.0.0.1")...)
	}
	s := start()
	c := s.client(s.adminKey())
	viewer, err := c.Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
	require.NoError(t, err)
	specs := []api.EndpointSpec{
		{Name: "wide", Path: "/api", Require: "read", Upstream: up.URL},
		{Name: "narrow", Path: "/api/admin", Require: "manage", Upstream: up.URL},
		{Name: "apart", Path: "/apart", Paths: []api.EndpointPath{{Path: "/further"}}, Require: "read", Upstream: up.URL},
	}
	for _, e := range specs {
		_, err := c.CreateEndpoint(t.Context(), e)
		require.NoError(t, err)
	}
	db.run(t, `CREATE TABLE before AS SELECT * FROM settings`)
	for _, name := range []string{"narrow", "apart"} {
		require.NoError(t, c.DeleteEndpoint(t.Context(), name))
	}
	look := func() {
		t.Helper()
		for _, token := range []string{viewer.Token, s.adminKey()} {
			require.Empty(t, openDoors(t, s, token, "/api/admin/x", "narrow"))
			require.Empty(t, openDoors(t, s, token, "/apart/x", "apart"))
			require.Empty(t, openDoors(t, s, token, "/further", "apart"))
		}
		require.Len(t, openDoors(t, s, viewer.Token, "/api/x", "wide"), doors)
	}
	look()
	_, _, said := ask(http.MethodGet, s.gate+"/api/admin/x", s.adminKey(), "")
	require.Contains(t, said, "narrow is not in force")
	require.Contains(t, said, "makes an endpoint of that name")
	list, err := c.Endpoints(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Endpoints, 1)
	require.Len(t, list.Removed, 2)
	require.Equal(t, "apart", list.Removed[0].Name)
	require.Equal(t, []string{"/apart", "/further"}, list.Removed[0].Paths)
	require.Contains(t, list.Removed[0].Removed.By, "admin")
	health, err := c.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, api.StatusOK, health.Status, "nothing is wrong with that")
	require.ErrorContains(t, c.DeleteEndpoint(t.Context(), "narrow"), "was removed")

	s.stop()
	s = start("--audit.keep", "1s")
	c = s.client(s.adminKey())
	look()
	require.Eventually(t, func() bool {
		trail, err := c.Audit(t.Context(), client.AuditQuery{Action: "createEndpoint"})
		require.NoError(t, err)
		return len(trail.Entries) == 0
	}, 60*time.Second, 100*time.Millisecond, "the trail is trimmed")
	look()
	s.stop()
	s = start()
	c = s.client(s.adminKey())
	look()

	// Who kept the rows can put them back, and opens nothing.
	db.run(t, `INSERT INTO settings SELECT * FROM before WHERE name = 'apart'`)
	require.Eventually(t, func() bool {
		health, err := c.Health(t.Context())
		require.NoError(t, err)
		return health.Status == api.StatusDegraded
	}, 20*time.Second, 10*time.Millisecond)
	look()
	require.NoError(t, c.DeleteEndpoint(t.Context(), "apart"))
	look()

	// It is made again, by name or by path.
	_, err = c.CreateEndpoint(t.Context(), specs[2])
	require.NoError(t, err)
	require.Len(t, openDoors(t, s, viewer.Token, "/apart/x", "apart"), doors)
	list, err = c.Endpoints(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Removed, 1)
	specs[1].Name, specs[1].Require = "other", "read"
	_, err = c.CreateEndpoint(t.Context(), specs[1])
	require.NoError(t, err)
	require.Len(t, openDoors(t, s, viewer.Token, "/api/admin/x", "other"), doors)
	require.Equal(t, []string{"proxy", "auth by path", "Envoy"}, openDoors(t, s, viewer.Token, "/api/admin/x", "narrow"),
		"its name stays closed")
	s.stop()

	// The operator's word goes before.
	file := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(file, []byte("gate: {endpoints: [{name: narrow, path: /new, require: read, upstream: \""+
		up.URL+"\"}]}\n"), 0o600))
	s = start("--config", file)
	require.Len(t, openDoors(t, s, viewer.Token, "/new", "narrow"), doors)
}

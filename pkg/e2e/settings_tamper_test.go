package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// Who removes or changes the row of a policy does not get the policy that was there before somebody narrowed it: nothing
// is issued until all of it is set again.
func TestWhoRemovesAPolicyOpensNothing(t *testing.T) {
	t.Parallel()
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		for _, running := range []bool{true, false} {
			for name, statement := range map[string]string{
				"removed": `DELETE FROM settings`, "changed": `UPDATE settings SET value = '{}'`,
				"moved": `UPDATE settings SET org_id = 7`, "unreadable": `UPDATE settings SET value = 'x'`,
			} {
				t.Run(fmt.Sprintf("running %t, %s", running, name), func(t *testing.T) {
					dir := t.TempDir()
					db := writableStore(t, engine, dir, pg)
					tamperWithSettings(t, dir, db, statement, running)
				})
			}
		}
	})
}

func tamperWithSettings(t *testing.T, dir string, db *writable, statement string, running bool) {
	start := func() *server { return serve(t, dir, "--store", db.store, "--gate.endpoints_in_store") }
	s := start()
	c := s.client(s.adminKey())
	key, err := c.Create(t.Context(), api.CreateKey{Name: "a", Role: "Viewer"})
	require.NoError(t, err)
	span := func(s api.Span) *api.Span { return &s }
	whole := api.UpdatePolicy{DefaultTTL: span("10d"), MaxTTL: span("20d"), Roles: &[]string{"Viewer"}}
	_, err = c.UpdatePolicy(t.Context(), whole)
	require.NoError(t, err)
	_, err = c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read"})
	require.NoError(t, err)
	if !running {
		s.stop()
	}
	db.run(t, statement+`; UPDATE counter SET seq = seq + 1; UPDATE counter SET settings = seq`)
	if !running {
		s = start()
		c = s.client(s.adminKey())
	}
	require.Eventually(t, func() bool {
		p, err := c.Policy(t.Context())
		require.NoError(t, err)
		return p.Problem != ""
	}, 20*time.Second, 10*time.Millisecond)

	conflict := func(err error, text string) {
		t.Helper()
		require.Equal(t, apikey.CodeConflict, apikey.ErrorCode(err))
		require.ErrorContains(t, err, text)
	}
	_, err = c.Create(t.Context(), api.CreateKey{Name: "b", Role: "Admin"})
	conflict(err, "ostiary policy set")
	_, err = c.Rotate(t.Context(), key.Key.ID, api.RotateKey{})
	conflict(err, "ostiary policy set")
	role := "Editor"
	_, err = c.Update(t.Context(), key.Key.ID, api.UpdateKey{Role: &role}, false)
	conflict(err, "ostiary policy set")
	_, err = c.UpdatePolicy(t.Context(), api.UpdatePolicy{MaxTTL: span("20d")})
	conflict(err, "defaultTtl, roles")
	require.Equal(t, http.StatusOK, askGate(s, key.Token), "keys that are there stay good")
	list, err := c.Endpoints(t.Context())
	require.NoError(t, err)
	require.Contains(t, list.Endpoints[0].Shadowed, "something else than Ostiary")

	health, err := c.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, api.StatusDegraded, health.Status)
	require.GreaterOrEqual(t, health.Replica.Forged, 2)
	s.logged("a setting in the store is not as Ostiary wrote it", health.Replica.Forged)
	stdout, stderr, exit := s.command(t, "store", "check", "--data-dir", filepath.Join(dir, "data"), "--store", db.store)
	require.Equal(t, 1, exit, stdout)
	require.Contains(t, stderr, "the policy of organization 1")
	require.Contains(t, stderr, `the endpoint "things" of organization 1`)

	_, err = c.UpdatePolicy(t.Context(), whole)
	require.NoError(t, err)
	_, err = c.Create(t.Context(), api.CreateKey{Name: "c", Role: "Viewer"})
	require.NoError(t, err)
	require.NoError(t, c.DeleteEndpoint(t.Context(), "things"))
	list, err = c.Endpoints(t.Context())
	require.NoError(t, err)
	require.Empty(t, list.Endpoints)
}

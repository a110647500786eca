package e2e

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// What something else removed from the store is named by `audit verify`, while servers run, and what Ostiary removed is
// not.
func TestRemovedRowsAreNamed(t *testing.T) {
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		dir := t.TempDir()
		db := writableStore(t, engine, dir, pg)
		removeRows(t, dir, db)
	})
}

// A key of which something deletes the row is denied by the servers that run, within a second or so, and so are all
// where all rows go.
func TestADeletedRowDenies(t *testing.T) {
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		dir := t.TempDir()
		db := writableStore(t, engine, dir, pg)
		s := serve(t, dir, "--store", db.store, "--failures.per_second", "0")
		c := s.client(s.adminKey())
		tokens, ids := map[string]string{}, map[string]string{}
		for _, name := range []string{"deleted", "kept", "rotated"} {
			key, err := c.Create(t.Context(), api.CreateKey{Name: name, Role: "Viewer"})
			require.NoError(t, err)
			tokens[name], ids[name] = key.Token, key.Key.ID
		}
		rotated, err := c.Rotate(t.Context(), ids["rotated"], api.RotateKey{})
		require.NoError(t, err)
		good := func(token string) bool {
			return getWith(t, s.gate+"/auth", "Authorization", "Bearer "+token) == http.StatusOK
		}
		denied := func(token string) {
			t.Helper()
			require.Eventually(t, func() bool { return !good(token) }, 20*time.Second, 10*time.Millisecond)
		}
		require.True(t, good(tokens["deleted"]))
		db.run(t, `DELETE FROM keys WHERE name = 'deleted'`)
		denied(tokens["deleted"])
		require.True(t, good(tokens["kept"]))
		require.True(t, good(rotated.Token))
		db.run(t, `DELETE FROM keys WHERE id = '`+ids["rotated"]+`'`)
		denied(tokens["rotated"])
		denied(rotated.Token)
		if engine == "postgres" {
			db.run(t, `TRUNCATE keys CASCADE`)
		} else {
			db.run(t, `DELETE FROM keys`)
		}
		denied(tokens["kept"])
		denied(s.adminKey())
	})
}

func removeRows(t *testing.T, dir string, db *writable) {
	s := serve(t, dir, "--store", db.store, "--gate.endpoints_in_store")
	c := s.client(s.adminKey())
	made := map[string]string{}
	for _, name := range []string{"deleted", "robbed", "kept"} {
		key, err := c.Create(t.Context(), api.CreateKey{Name: name, Role: "Viewer"})
		require.NoError(t, err)
		made[name] = key.Key.ID
		_, err = c.Rotate(t.Context(), key.Key.ID, api.RotateKey{})
		require.NoError(t, err)
		_, err = c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: name, Path: "/" + name, Require: "read"})
		require.NoError(t, err)
	}
	_, err := c.End(t.Context(), made["deleted"], apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	require.NoError(t, c.DeleteEndpoint(t.Context(), "deleted"))
	verify := func() (stdout string, exit int) {
		stdout, _, exit = s.command(t, "audit", "verify", "--data-dir", filepath.Join(dir, "data"), "--store", db.store)
		return stdout, exit
	}
	stdout, exit := verify()
	require.Zero(t, exit, stdout)
	id := made["robbed"]
	db.run(t, `DELETE FROM tokens WHERE number = (SELECT number FROM keys WHERE id = '`+id+`'); `+
		`DELETE FROM usage WHERE number = (SELECT number FROM keys WHERE id = '`+id+`'); `+
		`DELETE FROM keys WHERE id = '`+id+`'; `+`DELETE FROM settings WHERE name = 'robbed'`)
	stdout, exit = verify()
	require.Equal(t, 1, exit, stdout)
	require.Regexp(t, `rowless .*rotate +`+id+` +robbed .*is about a key that is not in the store any more`, stdout)
	require.Contains(t, stdout, "is about the endpoint robbed, which is not in the store any more")
	for _, name := range []string{"deleted", "kept"} {
		require.NotContains(t, stdout, made[name])
		require.NotContains(t, stdout, "endpoint "+name)
	}
}

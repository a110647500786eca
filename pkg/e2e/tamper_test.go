package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// attack is what somebody does who can write to the database, and has neither
// the pepper nor a key that may manage.
type attack struct {
	name   string
	before func(c *changes, key *api.IssuedKey) // what the key's owner did
	sql    string                               // ID is the key's, ADMIN that of an Admin key
	sent   string                               // instead of the key's token
	replay bool                                 // put the rows back that the key had before, instead of sql
}

// changes makes changes as an Admin.
type changes struct {
	t *testing.T
	s *server
}

func (c *changes) end(id string, how apikey.Ending) {
	_, err := c.s.client(c.s.adminKey()).End(c.t.Context(), id, apikey.End{How: how})
	require.NoError(c.t, err)
}

// pause disables a key for an hour.
func pause(c *changes, k *api.IssuedKey) {
	_, err := c.s.client(c.s.adminKey()).Update(c.t.Context(), k.Key.ID, api.UpdateKey{Enabled: new(bool), DisabledFor: "1h"}, false)
	require.NoError(c.t, err)
}

// The attacker's own token, which he can hash as Uptime Kuma does.
const plantedToken = "uk1_kuQ0T5ZKkJ5K2wKsl7a0yCZ3vYc1mXb2N4Qe5f6G"

func attacks(t *testing.T) []attack {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(strings.TrimPrefix(plantedToken, "uk1_")), bcrypt.MinCost)
	require.NoError(t, err)
	planted := fmt.Sprintf(`{"system":%q,"handle":"1","hash":%q}`, origin.UptimeKuma, hash)
	return []attack{
		{name: "raise the role", sql: `UPDATE keys SET role = 'Admin' WHERE id = 'ID'`},
		{name: "move to another organization", sql: `UPDATE keys SET org_id = 2 WHERE id = 'ID'; UPDATE usage SET org_id = 2 WHERE number = (SELECT number FROM keys WHERE id = 'ID')`},
		{name: "another name", sql: `UPDATE keys SET name = 'root', name_folded = 'root' WHERE id = 'ID'`},
		{name: "no end", sql: `UPDATE keys SET expires_at = 0, ends_at = 0 WHERE id = 'ID'`},
		{name: "no restriction", sql: `UPDATE keys SET allowed_cidrs = '' WHERE id = 'ID'`},
		{name: "another tenant", sql: `UPDATE keys SET tenants = 'other' WHERE id = 'ID'`},
		{name: "any tenant", sql: `UPDATE keys SET tenants = '*' WHERE id = 'ID'`},
		{name: "no tenant", sql: `UPDATE keys SET tenants = '' WHERE id = 'ID'`},
		{name: "no limits", sql: `UPDATE keys SET limits = '' WHERE id = 'ID'`},
		{name: "a higher limit", sql: `UPDATE keys SET limits = 'requestsPerSecond=1001' WHERE id = 'ID'`},
		{name: "another owner", sql: `UPDATE keys SET owner = 'root' WHERE id = 'ID'`},
		{name: "another label", sql: `UPDATE keys SET labels = 'team=root' WHERE id = 'ID'`},
		{name: "nothing of it", sql: `UPDATE keys SET owner = '', labels = '', tenants = '', limits = '' WHERE id = 'ID'`},
		{name: "enable earlier", before: pause, sql: `UPDATE keys SET disabled_until = 1 WHERE id = 'ID'`},
		{name: "let a disabled key come back", before: func(c *changes, k *api.IssuedKey) { c.end(k.Key.ID, apikey.Disable) },
			sql: `UPDATE keys SET disabled_until = 1 WHERE id = 'ID'`},
		{name: "enable", before: func(c *changes, k *api.IssuedKey) { c.end(k.Key.ID, apikey.Disable) }, sql: `UPDATE keys SET enabled = 1 WHERE id = 'ID'`},
		{name: "undo a revocation", before: func(c *changes, k *api.IssuedKey) { c.end(k.Key.ID, apikey.Revoke) }, sql: `UPDATE keys SET revoked_at = 0 WHERE id = 'ID'`},
		{name: "undo the end of a token", before: func(c *changes, k *api.IssuedKey) {
			_, err := c.s.client(c.s.adminKey()).Rotate(c.t.Context(), k.Key.ID, api.RotateKey{Overlap: "0"})
			require.NoError(c.t, err)
		}, sql: `UPDATE tokens SET expires_at = 0, revoked_at = 0 WHERE id = 'ID'`},
		{name: "give the token to an Admin", sql: `UPDATE tokens SET number = (SELECT number FROM keys WHERE id = 'ADMIN'), place = 99 WHERE id = 'ID'`},
		{name: "put the token's digest into an Admin's", sql: `UPDATE tokens SET digest = (SELECT digest FROM tokens WHERE id = 'ID') WHERE id = 'ADMIN'; DELETE FROM tokens WHERE id = 'ID'; UPDATE tokens SET id = 'ID' WHERE id = 'ADMIN'`},
		{name: "exchange ids with an Admin", sql: `UPDATE tokens SET id = 'aaaaaaaaaaaa' WHERE id = 'ADMIN'; UPDATE tokens SET id = 'ADMIN' WHERE id = 'ID'; UPDATE tokens SET id = 'ID' WHERE id = 'aaaaaaaaaaaa'`},
		{name: "plant a hash on an Admin", sql: `UPDATE tokens SET origin = '` + planted + `' WHERE id = 'ADMIN'`, sent: plantedToken},
		{name: "plant a hash on a key and raise it", sql: `UPDATE tokens SET origin = '` + planted + `' WHERE id = 'ID'; UPDATE keys SET role = 'Admin' WHERE id = 'ID'`, sent: plantedToken},
		{name: "add a token to an Admin", sql: `INSERT INTO tokens (number, place, id, digest, pepper_id, hint, created_at, created_by, expires_at, revoked_at, origin)
			SELECT number, 99, 'bbbbbbbbbbbb', digest, pepper_id, hint, created_at, created_by, expires_at, revoked_at, '` + planted + `' FROM tokens WHERE id = 'ADMIN'`, sent: plantedToken},
		{name: "put back what was revoked", replay: true, before: func(c *changes, k *api.IssuedKey) { c.end(k.Key.ID, apikey.Revoke) }},
		{name: "put back what was disabled", replay: true, before: func(c *changes, k *api.IssuedKey) { c.end(k.Key.ID, apikey.Disable) }},
		{name: "put back what was disabled for a while", replay: true, before: pause},
		{name: "put back what was deleted", replay: true, before: func(c *changes, k *api.IssuedKey) { c.end(k.Key.ID, apikey.Delete) }},
		{name: "put back a token that was replaced", replay: true, before: func(c *changes, k *api.IssuedKey) {
			_, err := c.s.client(c.s.adminKey()).Rotate(c.t.Context(), k.Key.ID, api.RotateKey{Overlap: "0"})
			require.NoError(c.t, err)
		}},
		{name: "put back what was narrowed", replay: true, before: func(c *changes, k *api.IssuedKey) {
			_, err := c.s.client(c.s.adminKey()).Update(c.t.Context(), k.Key.ID, api.UpdateKey{Tenants: &[]string{"other"}}, false)
			require.NoError(c.t, err)
		}},
		{name: "put back what was narrowed and revoked", replay: true, before: func(c *changes, k *api.IssuedKey) {
			name := "renamed " + k.Key.ID
			_, err := c.s.client(c.s.adminKey()).Update(c.t.Context(), k.Key.ID, api.UpdateKey{Name: &name}, false)
			require.NoError(c.t, err)
			c.end(k.Key.ID, apikey.Revoke)
		}},
		{name: "take the mark away", sql: `UPDATE keys SET role = 'Admin', mark_pepper = '', mark = '' WHERE id = 'ID'`},
		{name: "take an Admin's mark", sql: `UPDATE keys SET role = 'Admin', mark_pepper = (SELECT mark_pepper FROM keys AS a WHERE a.id = 'ADMIN'), mark = (SELECT mark FROM keys AS a WHERE a.id = 'ADMIN') WHERE id = 'ID'`},
	}
}

// An attacker who can write to the database, but has no pepper, gets no further than to
// have keys denied: while the server runs, and when it starts.
func TestWhoCanWriteToTheStoreOpensNothing(t *testing.T) {
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		for _, running := range []bool{true, false} {
			t.Run(fmt.Sprintf("running %t", running), func(t *testing.T) {
				dir := t.TempDir()
				db := writableStore(t, engine, dir, pg)
				tamper(t, dir, db, running)
			})
		}
	})
}

// writable is a database that somebody else can write to.
type writable struct{ driver, source, store string }

// inEachEngine runs a test with each kind of store, and a PostgreSQL of its own.
func inEachEngine(t *testing.T, test func(t *testing.T, engine string, pg *pgtest.Server)) {
	t.Helper()
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { test(t, engine, pg) })
	}
}

// writableStore is the store of a data directory: a file in it, or a database of its own.
func writableStore(t *testing.T, engine, dir string, pg *pgtest.Server) *writable {
	t.Helper()
	if engine == "postgres" {
		address, err := pg.NewDatabase()
		require.NoError(t, err)
		return &writable{driver: "pgx", source: address, store: address}
	}
	return &writable{driver: "sqlite3", store: "sqlite",
		source: filepath.Join(dir, "data", "ostiary.db") + "?_busy_timeout=10000&_txlock=immediate"}
}

// run runs statements, and lets replicas look at some keys again: in one transaction, because a replica that saw the
// counter before the keys would not look.
func (w *writable) run(t *testing.T, text string, ids ...string) {
	t.Helper()
	db, err := sql.Open(w.driver, w.source)
	require.NoError(t, err)
	statements := strings.Split(text, "; ")
	for _, id := range ids {
		statements = append(statements, `UPDATE counter SET seq = seq + 1`, `UPDATE keys SET seq = (SELECT seq FROM counter) WHERE id = '`+id+`'`)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, statement := range statements {
		if w.driver == "sqlite3" {
			statement = strings.ReplaceAll(statement, "mark = ''", "mark = x''")
		}
		_, err := tx.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, tx.Commit())
	require.NoError(t, db.Close())
}

// What is done to the rows of a key that are put back later as they are now.
const (
	saveRows = `CREATE TABLE keys_ID AS SELECT * FROM keys WHERE id = 'ID'; ` +
		`CREATE TABLE tokens_ID AS SELECT t.* FROM tokens AS t JOIN keys_ID USING (number); ` +
		`CREATE TABLE usage_ID AS SELECT u.* FROM usage AS u JOIN keys_ID USING (number)`
	putBackRows = `DELETE FROM tokens WHERE number IN (SELECT number FROM keys_ID); ` +
		`DELETE FROM usage WHERE number IN (SELECT number FROM keys_ID); DELETE FROM keys WHERE id = 'ID'; ` +
		`INSERT INTO keys SELECT * FROM keys_ID; INSERT INTO usage SELECT * FROM usage_ID; ` +
		`INSERT INTO tokens SELECT * FROM tokens_ID`
)

// replacing puts an id in place of a word, also in names of tables.
func replacing(word, id, text string) string {
	return strings.NewReplacer("_"+word, "_"+strings.ToLower(id), "'"+word+"'", "'"+id+"'").Replace(text)
}

func tamper(t *testing.T, dir string, db *writable, running bool) {
	s := serve(t, dir, "--store", db.store, "--failures.per_second", "0")
	c := s.client(s.adminKey())
	untouched, err := c.Create(t.Context(), api.CreateKey{Name: "untouched", Role: "Viewer"})
	require.NoError(t, err)
	type prey struct {
		attack
		admin, key *api.IssuedKey
	}
	var all []prey
	for i, a := range attacks(t) {
		admin, err := c.Create(t.Context(), api.CreateKey{Name: fmt.Sprint("admin ", i), Role: "Admin"})
		require.NoError(t, err)
		key, err := c.Create(t.Context(), api.CreateKey{
			Name: fmt.Sprint("key ", i), Role: "Viewer", AllowedCIDRs: []string{"127.0.0.0/8"},
			Owner: "grace", Labels: map[string]string{"team": "sre"}, Tenants: []string{"mine"}, Limits: apikey.Limits{RequestsPerSecond: 1000},
		})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, askGate(s, key.Token))
		if a.replay {
			db.run(t, replacing("ID", key.Key.ID, saveRows))
			a.sql = putBackRows
		}
		if a.before != nil {
			a.before(&changes{t, s}, key)
		}
		all = append(all, prey{a, admin, key})
	}
	if !running {
		s.stop()
	}
	for _, p := range all {
		db.run(t, replacing("ID", p.key.Key.ID, replacing("ADMIN", p.admin.Key.ID, p.sql)), p.key.Key.ID, p.admin.Key.ID)
	}
	if !running {
		s = serve(t, dir, "--store", db.store, "--failures.per_second", "0")
	}

	for _, p := range all {
		sent := p.key.Token
		if p.sent != "" {
			sent = p.sent
		}
		require.Eventually(t, func() bool {
			status, _, body := ask(http.MethodGet, s.gate+"/auth?require=read", sent, "")
			return status == http.StatusUnauthorized && strings.Contains(body, "invalid_token")
		}, 20*time.Second, 10*time.Millisecond, p.name)
		for _, way := range []string{s.gate + "/auth?require=manage", s.management + "/api/plugins/ostiary-apikeys-app/resources/v1/keys"} {
			status, _, body := ask(http.MethodGet, way, sent, "")
			require.Contains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests}, status, "%s: %s", p.name, body)
		}
	}
	require.Equal(t, http.StatusOK, askGate(s, untouched.Token))

	health, err := s.client(s.adminKey()).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, api.StatusDegraded, health.Status)
	require.GreaterOrEqual(t, health.Replica.Forged, len(all))
	s.logged("is not as Ostiary wrote it", health.Replica.Forged)
	require.Equal(t, health.Replica.Forged, strings.Count(s.log.String(), "is not as Ostiary wrote it"), "once each")
	stdout, stderr, exit := s.command(t, "store", "check", "--data-dir", filepath.Join(dir, "data"), "--store", db.store)
	require.Equal(t, 1, exit, stdout)
	require.Equal(t, health.Replica.Forged, strings.Count(stderr, "is not as Ostiary wrote it"), stderr)

	// Nothing blesses such a key but to delete it.
	forged := all[0].key.Key.ID
	description := "x"
	_, err = s.client(s.adminKey()).Update(t.Context(), forged, api.UpdateKey{Description: &description}, false)
	require.Equal(t, apikey.CodeConflict, apikey.ErrorCode(err))
	_, err = s.client(s.adminKey()).Rotate(t.Context(), forged, api.RotateKey{})
	require.Equal(t, apikey.CodeConflict, apikey.ErrorCode(err))
	_, err = s.client(s.adminKey()).End(t.Context(), forged, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	after, err := s.client(s.adminKey()).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, health.Replica.Forged-1, after.Replica.Forged)
}

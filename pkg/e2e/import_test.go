package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// imported runs "ostiary import" on the server's data.
func (s *server) imported(from, database string, args ...string) string {
	s.t.Helper()
	cmd := ostiary(append([]string{"import", "--from", from, database, "--data-dir", filepath.Join(s.dir, "data"), "--yes"}, args...)...)
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, string(out))
	return string(out)
}

// auth asks the gate and returns the status and the code of a refusal.
func (s *server) auth(query, token string) (status int, code string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.gate+"/auth?"+query, nil)
	require.NoError(s.t, err)
	req.SetBasicAuth("any", token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	require.NoError(s.t, res.Body.Close())
	return res.StatusCode, res.Header.Get("X-Ostiary-Code")
}

// requireAuth fails unless the gate answers with a code; "" lets in.
func (s *server) requireAuth(want, query, token string) {
	s.t.Helper()
	status, code := s.auth(query, token)
	require.Equal(s.t, want, code, "status %d", status)
	require.Equal(s.t, want == "", status == http.StatusOK)
}

// fastest is the shortest time of some requests with a token that is let in.
func (s *server) fastest(query, token string) time.Duration {
	s.t.Helper()
	fastest := time.Hour
	for range 50 {
		began := time.Now()
		s.requireAuth("", query, token)
		fastest = min(fastest, time.Since(began))
	}
	return fastest
}

// key returns the key with a name.
func (s *server) key(name string) api.Key {
	s.t.Helper()
	list, err := s.client(s.adminKey()).Keys(s.t.Context(), client.KeyQuery{Search: name})
	require.NoError(s.t, err)
	i := slices.IndexFunc(list.Keys, func(k api.Key) bool { return k.Name == name })
	require.NotEqual(s.t, -1, i, "there is no key %s", name)
	return list.Keys[i]
}

// change updates the key with a name.
func (s *server) change(name string, u api.UpdateKey) {
	s.t.Helper()
	_, err := s.client(s.adminKey()).Update(s.t.Context(), s.key(name).ID, u, false)
	require.NoError(s.t, err)
}

// Keys of other systems go on working at the gate, with their old tokens: at
// their first use, from then on as fast as any other, and after a restart.
func TestKeysOfOtherSystemsGoOnWorking(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	grafana := origintest.Grafana(in("grafana.db"),
		origintest.Key{Name: "viewer", Role: "Viewer"},
		origintest.Key{Name: "account", Role: "Admin", Account: true, New: true},
		origintest.Key{Name: "off", Role: "Editor", Account: true, Disabled: true})
	pyroscope := origintest.Pyroscope(in("pyroscope.db"),
		origintest.Key{Name: "pyro-agent", Role: "Agent"}, origintest.Key{Name: "pyro-unused", Role: "Admin"}, origintest.Key{Name: "pyro-deleted", Role: "Agent"})
	s := serve(t, dir)
	require.Contains(t, s.imported("grafana", in("grafana.db")), "Took over 3 keys")
	require.Contains(t, s.imported("pyroscope", in("pyroscope.db")), "Took over 3 keys")
	soon := time.Now().Add(30 * time.Second).Truncate(time.Second)
	kuma := origintest.Kuma(in("kuma.db"), "Asia/Tokyo", origintest.Key{Name: "prom"}, origintest.Key{Name: "prom-soon", Expires: soon})
	require.Contains(t, s.imported("uptime-kuma", in("kuma.db"), "--endpoint", "kuma"), "Took over 2 keys")

	s.token("made after those", "Agent") // before its answer goes out, the gate has read what another process wrote
	s.requireAuth("", "require=read", grafana[0])
	s.requireAuth("forbidden", "require=write", grafana[0])
	s.requireAuth("", "require=manage", grafana[1])
	s.requireAuth("disabled", "require=read", grafana[2])
	s.requireAuth("", "require=ingest", pyroscope[0])
	s.requireAuth("forbidden", "require=read", pyroscope[0])
	s.requireAuth("", "endpoint=kuma&require=read", kuma[0])
	s.requireAuth("forbidden", "endpoint=other&require=read", kuma[0])
	s.requireAuth("", "require=ingest", pyroscope[2])
	for _, token := range []string{grafana[0], pyroscope[0], kuma[0]} {
		s.requireAuth("invalid_token", "", token[:len(token)-1])
	}
	me, err := s.client(grafana[1]).Whoami(t.Context())
	require.NoError(t, err, "the Admin key of Grafana manages keys here")
	require.Equal(t, "account", me.Login)

	// A check of bcrypt takes 60 ms on this machine or another; after the
	// first use, requests are faster than any such check.
	began := time.Now()
	_, err = bcrypt.GenerateFromPassword([]byte("x"), bcrypt.DefaultCost)
	require.NoError(t, err)
	slow := time.Since(began)
	require.Less(t, s.fastest("require=ingest", pyroscope[0]), slow/4)
	require.Less(t, s.fastest("endpoint=kuma&require=read", kuma[0]), slow/4)

	_, err = s.client(s.adminKey()).End(t.Context(), s.key("pyro-deleted").ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	s.requireAuth("invalid_token", "require=ingest", pyroscope[2])
	s.stop()

	// What was seen is kept as a digest; what was not, as the slow hash.
	s = serve(t, dir)
	require.NotContains(t, s.imported("pyroscope", in("pyroscope.db")), "taken over as", "the second time there is nothing to do")
	s.requireAuth("invalid_token", "require=ingest", pyroscope[2])
	began = time.Now()
	s.requireAuth("", "require=ingest", pyroscope[0])
	t.Logf("first request after the start: %s; a check of bcrypt: %s", time.Since(began), slow)
	require.Less(t, s.fastest("require=ingest", pyroscope[0]), slow/4)
	s.requireAuth("", "require=manage", pyroscope[1])

	// From here on they are keys like any other.
	off, on := false, true
	s.change("viewer", api.UpdateKey{Enabled: &off})
	s.requireAuth("disabled", "require=read", grafana[0])
	s.change("viewer", api.UpdateKey{Enabled: &on})
	s.requireAuth("", "require=read", grafana[0])
	s.change("off", api.UpdateKey{Enabled: &on})
	s.requireAuth("", "require=write", grafana[2])
	_, err = s.client(s.adminKey()).End(t.Context(), s.key("pyro-agent").ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	s.requireAuth("revoked", "require=ingest", pyroscope[0])
	s.expire(s.key("account").ID)
	s.requireAuth("expired", "require=manage", grafana[1])
	require.Eventually(t, func() bool { _, code := s.auth("endpoint=kuma&require=read", kuma[1]); return code == "expired" }, servertest.Patience, 100*time.Millisecond)
	require.GreaterOrEqual(t, time.Now(), soon)
	require.Eventually(t, func() bool { return s.key("viewer").UseCount > 0 }, servertest.Patience, 50*time.Millisecond)
	s.stop()

	for _, token := range append(append(grafana, pyroscope...), kuma...) {
		secret := token[len(token)-20:]
		require.NotContains(t, s.log.String(), secret)
		files, err := filepath.Glob(in("data/*"))
		require.NoError(t, err)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NotContains(t, string(content), secret, file)
		}
	}
}

// A flood of wrong tokens for a key that was not used yet learns nothing of it, and disturbs nobody else.
func TestAFloodOfSlowTokensDisturbsNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tokens := origintest.Kuma(filepath.Join(dir, "kuma.db"), "", origintest.Key{Name: "target"}, origintest.Key{Name: "bystander"})
	s := serve(t, dir)
	s.imported("uptime-kuma", filepath.Join(dir, "kuma.db"))
	ours := s.token("ours", "Viewer")
	require.Eventually(t, func() bool { status, _ := s.auth("require=read", ours); return status == http.StatusOK }, servertest.Patience, 10*time.Millisecond)

	codes := map[string]int{}
	var mu sync.Mutex
	var flood sync.WaitGroup
	for worker := range 8 {
		flood.Go(func() {
			for i := range 10 {
				_, code := s.auth("require=read", fmt.Sprintf("uk1_%020d%020d", worker, i))
				mu.Lock()
				codes[code]++
				mu.Unlock()
			}
		})
	}
	for range 20 {
		s.requireAuth("", "require=read", ours)
	}
	flood.Wait()
	t.Logf("wrong tokens: %v", codes)
	require.Equal(t, 80, codes["invalid_token"]+codes["unavailable"], "as tokens that there are not: %v", codes)
	s.requireAuth("", "require=read", tokens[1])
	require.Eventually(t, func() bool { status, _ := s.auth("require=read", tokens[0]); return status == http.StatusOK },
		servertest.Patience, 100*time.Millisecond, "the right token is let in when the flood is over")
	require.NotContains(t, s.log.String(), tokens[0])
}

// The same with a store in PostgreSQL.
func TestKeysOfOtherSystemsGoIntoPostgreSQL(t *testing.T) {
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	dir := t.TempDir()
	tokens := origintest.Grafana(filepath.Join(dir, "grafana.db"),
		origintest.Key{Name: "reader", Role: "Viewer"}, origintest.Key{Name: "reader too", Role: "Viewer", Account: true, New: true})
	s := serve(t, dir, "--store", pg.URL("postgres"))
	s.token("reader", "Agent")
	require.Contains(t, s.imported("grafana", filepath.Join(dir, "grafana.db"), "--store", pg.URL("postgres")), `is named "reader (from grafana 1)"`)
	for _, token := range tokens {
		require.Eventually(t, func() bool { status, _ := s.auth("require=read", token); return status == http.StatusOK }, servertest.Patience, 10*time.Millisecond)
	}
	s.stop()
	s = serve(t, dir, "--store", pg.URL("postgres"))
	for _, token := range tokens {
		s.requireAuth("", "require=read", token)
	}
	require.Contains(t, s.imported("grafana", filepath.Join(dir, "grafana.db"), "--store", pg.URL("postgres")), "Took over no keys, skipped 2 keys")
}

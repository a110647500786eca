package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// nginxBehind starts an nginx that answers with the path and wants a login at /locked, and returns its address.
func nginxBehind(t *testing.T) string {
	t.Helper()
	address := "127.0.0.1:" + servertest.FreePort(t)
	servertest.Nginx(t, address, `server {
		listen `+address+`;
		location / { return 200 "$request_method $request_uri for $http_x_ostiary_key_name"; }
		location /away { return 302 http://169.254.169.254/; }
		location /locked { auth_basic own; auth_basic_user_file none; }
	}`)
	return address
}

// deployed returns a file of deploy/endpoints with another address in place of the one in it.
func deployed(t *testing.T, name, address string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	text := strings.ReplaceAll(document(t, "deploy/endpoints/"+name), "127.0.0.1:8080", address)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// The documented way, with the real programs: an operator who lists what may be, an Admin who makes an endpoint with the
// command line, and a client that gets through to nginx.
func TestAnEndpointIsMadeWithoutAShell(t *testing.T) {
	up := nginxBehind(t)
	s := serve(t, t.TempDir(), "--config", deployed(t, "ostiary.yaml", up))
	run := func(args ...string) (out string, code int) {
		cmd := ostiary(append([]string{"endpoint"}, args...)...)
		cmd.Env = append(cmd.Environ(), "OSTIARY_URL="+s.management, "OSTIARY_API_KEY_FILE="+filepath.Join(s.dir, "admin.key"))
		text, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState == nil {
			require.NoError(t, err)
		}
		return string(text), cmd.ProcessState.ExitCode()
	}
	things := deployed(t, "things.yaml", up)
	out, code := run("check", "-f", things)
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "It answers with 200.")
	out, code = run("create", "-f", things)
	require.Equal(t, 0, code, out)

	c := s.client(s.adminKey())
	issued, err := c.Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
	require.NoError(t, err)
	status, _, text := ask(http.MethodGet, s.gate+"/things/a?b=c", issued.Token, "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "GET /things/a?b=c for viewer", text)
	status, _, _ = ask(http.MethodPost, s.gate+"/things/a", issued.Token, "x")
	require.Equal(t, http.StatusForbidden, status)

	out, code = run("check", "locked", "--path", "/l", "--require", "read", "--upstream", "http://"+up+"/locked")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "wants a login of its own")
	out, code = run("check", "away", "--path", "/a", "--require", "read", "--upstream", "http://"+up+"/away")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "302")
	for _, forbidden := range []string{
		"http://127.0.0.1:1", "http://localhost:22", "http://169.254.169.254", "http://[::ffff:127.0.0.1]:22", "http://2130706433:22", "http://0.0.0.0:22",
		s.management, s.gate, "http://user:pw@" + up, "unix:///var/run/docker.sock", "file:///etc/passwd", "http://10.2.0.1",
	} {
		out, code = run("create", "bad", "--path", "/bad", "--require", "read", "--upstream", forbidden)
		require.Equal(t, 2, code, "%s: %s", forbidden, out)
		require.Contains(t, out, "--upstream", forbidden)
	}
	require.Eventually(t, func() bool { // as soon as the use of the path is written down
		out, code = run("check", "things", "--clear", "methods", "--require", "manage")
		return code == 0 && strings.Contains(out, "viewer")
	}, servertest.Patience, 100*time.Millisecond)
	out, code = run("update", "things", "--clear", "methods", "--require", "manage")
	require.Equal(t, 2, code, "nobody can be asked, and a key would be refused: %s", out)
	require.Contains(t, out, "viewer")
	out, code = run("update", "things", "--clear", "methods", "--require", "manage", "--yes")
	require.Equal(t, 0, code, out)
	status, _, _ = ask(http.MethodGet, s.gate+"/things/a", issued.Token, "")
	require.Equal(t, http.StatusForbidden, status)
}

// Three gates on one PostgreSQL follow every change.
func TestEndpointsReachEveryGate(t *testing.T) {
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	up := nginxBehind(t)
	servers := serveTogether(t, 3, pg.URL("postgres"), "--config", deployed(t, "ostiary.yaml", up))
	admin := servers[0].adminKey()
	issued, err := servers[0].client(admin).Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
	require.NoError(t, err)
	everywhere := func(want int) {
		t.Helper()
		for _, s := range servers {
			require.Eventually(t, func() bool {
				status, _, _ := ask(http.MethodGet, s.gate+"/things", issued.Token, "")
				return status == want
			}, servertest.Patience, time.Millisecond)
		}
	}
	_, err = servers[0].client(admin).CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read", Upstream: "http://" + up})
	require.NoError(t, err)
	everywhere(http.StatusOK)
	_, err = servers[1].client(admin).UpdateEndpoint(t.Context(), "things", api.EndpointChange{"require": "manage"})
	require.NoError(t, err)
	everywhere(http.StatusForbidden)
	span := api.Span("30d")
	_, err = servers[2].client(admin).UpdatePolicy(t.Context(), api.UpdatePolicy{MaxTTL: &span})
	require.NoError(t, err)
	for _, s := range servers {
		require.Eventually(t, func() bool {
			p, err := s.client(admin).Policy(t.Context())
			return err == nil && p.MaxTTL == 30*86400
		}, servertest.Patience, time.Millisecond)
	}
	require.NoError(t, servers[2].client(admin).DeleteEndpoint(t.Context(), "things"))
	everywhere(http.StatusNotFound)
}

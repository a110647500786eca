package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// copyStore runs "ostiary store copy" and returns what it says.
func copyStore(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := ostiary(append([]string{"store", "copy"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err = cmd.Run()
	return out.String(), complaints.String(), err
}

// TestAServerMovesToPostgresAndBack copies the store of a server that was in
// use, runs a server on the copy, and goes back.
func TestAServerMovesToPostgresAndBack(t *testing.T) {
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := serve(t, dir)
	reader, revoked := s.token("reader", "Viewer"), s.token("was revoked", "Viewer")
	admin := s.client(s.adminKey())
	page, err := admin.Keys(t.Context(), client.KeyQuery{Limit: 100, Sort: "number"})
	require.NoError(t, err)
	require.Len(t, page.Keys, 3)
	_, err = admin.End(t.Context(), page.Keys[2].ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, askGate(s, reader))
	s.stop()

	addressFile := filepath.Join(dir, "address")
	require.NoError(t, os.WriteFile(addressFile, []byte(strings.Replace(pg.URL("postgres"), "postgres@", "postgres:s3cret@", 1)+"\n"), 0o600))
	stdout, stderr, err := copyStore(t, "--from", "sqlite", "--to", "@"+addressFile, "--data-dir", data)
	require.NoError(t, err, stderr)
	require.Regexp(t, `(?m)^keys +3 +3 +[0-9a-f]{64}$`, stdout)
	require.Contains(t, stderr, "comparing keys: ")
	require.Contains(t, stderr, "One thing is not in it: the pepper.")
	require.NotContains(t, stdout+stderr, "s3cret")
	again, stderr, err := copyStore(t, "--from", "sqlite", "--to", "@"+addressFile, "--data-dir", data)
	require.NoError(t, err, stderr)
	require.Regexp(t, `(?m)^keys +3 +0 `, again)

	_, stderr, err = copyStore(t, "--from", "@"+addressFile, "--to", pg.URL("postgres"))
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode())
	require.Contains(t, stderr, "--to: the store to copy to is the very store to copy from")

	s = serve(t, dir, "--store-file", addressFile) // with the same pepper
	_, stderr, err = copyStore(t, "--from", "@"+addressFile, "--to", "sqlite:"+filepath.Join(dir, "live.db"))
	require.Error(t, err)
	require.Regexp(t, `cannot be copied: a server has the store open; stop it first\n$`, stderr)
	require.NoFileExists(t, filepath.Join(dir, "live.db"))
	require.Equal(t, http.StatusOK, askGate(s, reader))
	require.Equal(t, http.StatusUnauthorized, askGate(s, revoked))
	admin = s.client(s.adminKey())
	moved, err := admin.Keys(t.Context(), client.KeyQuery{Limit: 100, Sort: "number"})
	require.NoError(t, err)
	require.Len(t, moved.Keys, 3)
	for i, k := range moved.Keys[:2] {
		require.Equal(t, page.Keys[i].ID, k.ID)
		require.Equal(t, page.Keys[i].Number, k.Number)
	}
	trail, err := admin.Audit(t.Context(), client.AuditQuery{Limit: 100})
	require.NoError(t, err)
	var actions []string
	for _, e := range trail.Entries {
		actions = append(actions, string(e.Action))
	}
	require.Equal(t, []string{"signIn", "copyStore", "copyStore", "revoke", "create", "create", "signIn", "create"}, actions)
	issued, err := admin.Create(t.Context(), api.CreateKey{Name: "made later", Role: "Viewer"})
	require.NoError(t, err)
	require.EqualValues(t, 4, issued.Key.Number)
	s.stop()
	require.NotContains(t, s.log.String()+s.out.String(), "s3cret")

	_, stderr, err = copyStore(t, "--from", "sqlite", "--to", "@"+addressFile, "--data-dir", data)
	require.Error(t, err)
	require.Contains(t, stderr, "has changes that the other lacks", "the old store must not overwrite the new one")
	_, stderr, err = copyStore(t, "--from", "@"+addressFile, "--to", "sqlite", "--data-dir", data)
	require.NoError(t, err, stderr)
	s = serve(t, dir)
	require.Equal(t, http.StatusOK, askGate(s, reader))
	require.Equal(t, http.StatusUnauthorized, askGate(s, revoked))
	require.Equal(t, http.StatusOK, askGate(s, issued.Token))
}

// TestAPasswordInTheAddressIsNotShown looks for it where it might turn up.
func TestAPasswordInTheAddressIsNotShown(t *testing.T) {
	const password = "correct-horse-battery"
	address := "postgres://me:" + password + "@127.0.0.1:1/keys"
	for name, cmd := range map[string][]string{
		"an argument":    {"serve", "--store", address, "--data-dir", t.TempDir()},
		"a typing error": {"serve", "--store", address + "?sslmode=maybe", "--data-dir", t.TempDir()},
		"two stores":     {"serve", "--store", address, "--store-file", "/nonexistent", "--data-dir", t.TempDir()},
		"a copy":         {"store", "copy", "--from", address, "--to", "sqlite", "--data-dir", t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := ostiary(cmd...).CombinedOutput()
			require.Error(t, err)
			require.NotContains(t, string(out), password)
			require.NotEmpty(t, out)
		})
	}
}

package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestOpenTofuKeepsItsState has OpenTofu keep its state behind the gate, with methods of its own (LOCK, UNLOCK) and a
// key as the password. A key that only reads sees the state and cannot lock it; a revoked one sees nothing.
func TestOpenTofuKeepsItsState(t *testing.T) {
	t.Parallel()
	tofu := servertest.Rare(t, "tofu")
	up := httptest.NewServer(new(stateStore))
	t.Cleanup(up.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte(`gate:
  endpoints:
    - name: state
      path: /state
      upstream: `+up.URL+`
      methods: {GET: read, POST: write, DELETE: write, LOCK: write, UNLOCK: write}
`), 0o600))
	s := serve(t, dir, "--config", config)
	state := s.gate + "/state/a"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.tf"), []byte(`
terraform {
  backend "http" {
    address        = "`+state+`"
    lock_address   = "`+state+`"
    unlock_address = "`+state+`"
    username       = "tofu"
  }
}
resource "terraform_data" "x" { input = "hello" }
output "o" { value = terraform_data.x.output }
`), 0o600))
	run := func(key string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), tofu, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "TF_HTTP_PASSWORD="+key, "CHECKPOINT_DISABLE=1")
		out, err := cmd.CombinedOutput()
		require.NotContains(t, string(out), key[17:])
		return string(out), err
	}
	writer := s.issue(api.CreateKey{Name: "tofu", Role: "Editor"})
	reader := s.issue(api.CreateKey{Name: "reads", Role: "Viewer"})

	out, err := run(writer.Token, "init", "-no-color")
	require.NoError(t, err, out)
	out, err = run(writer.Token, "apply", "-no-color", "-auto-approve")
	require.NoError(t, err, out)
	require.Contains(t, out, `o = "hello"`)

	out, err = run(reader.Token, "init", "-no-color", "-reconfigure")
	require.NoError(t, err, out)
	out, err = run(reader.Token, "output", "-no-color")
	require.NoError(t, err, out)
	require.Contains(t, out, `o = "hello"`)
	out, err = run(reader.Token, "apply", "-no-color", "-auto-approve")
	require.Error(t, err)
	require.Contains(t, out, "invalid auth")

	_, err = s.client(s.adminKey()).End(t.Context(), writer.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	out, err = run(writer.Token, "init", "-no-color", "-reconfigure")
	require.Error(t, err)
	require.Contains(t, out, "requires auth")
}

// stateStore is what OpenTofu calls a backend of the type http.
type stateStore struct {
	mu          sync.Mutex
	state, lock []byte
}

// ServeHTTP keeps a state and a lock.
func (s *stateStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodGet && s.state == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		_, _ = w.Write(s.state)
	case r.Method == http.MethodPost:
		s.state = body
	case r.Method == "LOCK" && s.lock != nil:
		w.WriteHeader(http.StatusLocked)
		_, _ = w.Write(s.lock)
	case r.Method == "LOCK":
		s.lock = body
	case r.Method == "UNLOCK":
		s.lock = nil
	}
}

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// serveDeployed starts a server with a file of deploy/, in which addresses
// are replaced, old, new, …. Files are put next to it, by name.
func serveDeployed(t testing.TB, name string, files map[string]string, replace ...string) *server {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte(servertest.Deployed(t, name, replace...)), 0o600))
	for file, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
	}
	return serve(t, dir, "--config", config)
}

// issue makes a key.
func (s *server) issue(k api.CreateKey) *api.IssuedKey {
	s.t.Helper()
	issued, err := s.client(s.adminKey()).Create(s.t.Context(), k)
	require.NoError(s.t, err)
	return issued
}

// token makes a key with a role and returns its token.
func (s *server) token(name, role string) string {
	s.t.Helper()
	return s.issue(api.CreateKey{Name: name, Role: role}).Token
}

// takeOver imports the keys of a system, and returns once the gate knows
// them.
func (s *server) takeOver(from, database string, args ...string) {
	s.t.Helper()
	s.imported(from, database, args...)
	s.token("made after those of "+from, "Agent") // before its answer goes out, the gate has caught up
}

// expire makes a key expire now, and returns once it has.
func (s *server) expire(id string) {
	s.t.Helper()
	soon := time.Now().Add(1500 * time.Millisecond).UTC().Truncate(time.Second).Add(time.Second)
	expiry := api.Expiry(soon.Format(time.RFC3339))
	_, err := s.client(s.adminKey()).Update(s.t.Context(), id, api.UpdateKey{ExpiresAt: expiry}, false)
	require.NoError(s.t, err)
	time.Sleep(time.Until(soon))
}

// request is one that somebody saw.
type request struct {
	Method, URI string
	Header      http.Header
	Body        []byte
}

// recorder keeps the requests that pass it.
type recorder struct {
	mu   sync.Mutex
	seen []request
}

// take reads a request, keeps it, and leaves it as it was.
func (rec *recorder) take(t testing.TB, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("the body of %s %s breaks off: %v", r.Method, r.URL.Path, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.seen = append(rec.seen, request{r.Method, r.RequestURI, r.Header.Clone(), body})
}

// forget returns what was seen, and starts over.
func (rec *recorder) forget() []request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	seen := rec.seen
	rec.seen = nil
	return seen
}

// empty reports whether nothing was seen.
func (rec *recorder) empty() bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return len(rec.seen) == 0
}

// upstream is a service that keeps what passes the gate, and answers with 200. What the gate asks it itself is not kept.
type upstream struct {
	recorder
	URL string
}

func newUpstream(t testing.TB, answer http.HandlerFunc) *upstream {
	t.Helper()
	up := new(upstream)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "ostiary" {
			up.take(t, r)
		}
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	up.URL = server.URL
	return up
}

// host is the upstream's address without the scheme.
func (up *upstream) host() string { return up.URL[len("http://"):] }

// newTap listens between a client and the gate and keeps what the client
// sends.
func newTap(t testing.TB, gate string) *upstream {
	t.Helper()
	target, err := url.Parse(gate)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }}
	return newUpstream(t, proxy.ServeHTTP)
}

// requireSame demands that what was sent arrived, in any order: method,
// path, query, type and every byte of the body. Nothing else may have
// arrived.
func requireSame(t testing.TB, sent, arrived []request) {
	t.Helper()
	whole := func(list []request) (out []string) {
		for _, r := range list {
			out = append(out, r.Method+" "+r.URI+" "+r.Header.Get("Content-Type")+"\n"+string(r.Body))
		}
		slices.Sort(out)
		return out
	}
	if len(sent) != len(arrived) {
		t.Fatalf("of %d requests %d arrived", len(sent), len(arrived))
	}
	a, b := whole(sent), whole(arrived)
	for i := range a {
		if a[i] != b[i] { // of which a diff would show nothing
			t.Fatalf("request %d did not arrive as it was sent: %d bytes, %d bytes", i, len(a[i]), len(b[i]))
		}
	}
}

// trusting is the TLS of a client that trusts the certificate in a file alone.
func trusting(t testing.TB, file string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(file)
	require.NoError(t, err)
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	require.True(t, config.RootCAs.AppendCertsFromPEM(pem))
	return config
}

// handbook runs a line with curl as a handbook has it. Settings of curl, name,
// value, name, value, …, say where the addresses in it lead and which
// certificates are trusted.
func handbook(t testing.TB, line string, settings ...string) (stdout string) {
	t.Helper()
	home, rc := t.TempDir(), "silent\nshow-error\nmax-time = 30\n"
	for i := 0; i < len(settings); i += 2 {
		rc += fmt.Sprintf("%s = %q\n", settings[i], settings[i+1])
	}
	require.NoError(t, os.WriteFile(filepath.Join(home, ".curlrc"), []byte(rc), 0o600))
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = append(os.Environ(), "CURL_HOME="+home)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", line, out)
	return string(out)
}

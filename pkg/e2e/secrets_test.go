package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// witness keeps everything that may be seen by others than a key's holder,
// with the name of the place.
type witness struct {
	mu   sync.Mutex
	seen map[string][]byte
}

func (w *witness) see(place string, what []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[place] = append(append(w.seen[place], '\n'), what...)
}

// holds returns the places in which a token, or a good part of its secret,
// can be read: plain, escaped or in base64.
func (w *witness) holds(token string) (places []string) {
	secret := token[17:60]
	for place, what := range w.seen {
		for _, form := range []string{secret[:24], secret[19:], base64.StdEncoding.EncodeToString([]byte(":" + token))[4:40]} {
			if bytes.Contains(what, []byte(form)) {
				places = append(places, place)
				break
			}
		}
	}
	return places
}

// TestSecretsStaySecret drives every route, command and failure with tokens
// that it knows, and then looks for them wherever the server leaves traces.
func TestSecretsStaySecret(t *testing.T) {
	w := &witness{seen: map[string][]byte{}}
	upstream := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		dump := fmt.Sprintf("%s %s %v", r.Method, r.URL, r.Header)
		w.see("upstream", []byte(dump))
		_, _ = io.WriteString(rw, "ok")
	}))
	defer upstream.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte(fmt.Sprintf(`
gate:
  schemes: [StackState]
  endpoints:
    - {name: open, path: /ingest, require: ingest, upstream: %[1]q, query: api_key}
    - {name: read, path: /read, require: read, upstream: %[1]q}
    - {name: dead, path: /dead, require: read, upstream: "http://127.0.0.1:1"}
`, upstream.URL)), 0o600))
	s := serve(t, dir, "--config", config, "--failures.burst", "1000", "--failures.per-second", "1000")
	tokens := []string{s.adminKey()}
	tokens = append(tokens, manage(t, s)...)

	for i, token := range tokens {
		misuseAPI(t, w, s, tokens[0], token, i)
		tokens = append(tokens, misuseKeyAPIs(t, w, s, tokens[0], token, i)...)
		misuseGate(t, w, s, token)
		tokens = append(tokens, misuseCommands(t, w, s, tokens[0], token)...)
	}

	admin := s.client(tokens[0])
	audit, err := admin.Audit(t.Context(), client.AuditQuery{Limit: 500})
	require.NoError(t, err)
	require.NotEmpty(t, audit.Entries)
	w.see("audit", []byte(fmt.Sprintf("%+v", audit.Entries)))
	w.see("metrics", get(t, s.management+"/metrics"))
	s.stop()
	w.see("log", []byte(s.log.String()))
	w.see("stdout", []byte(s.out.String()))
	require.NotContains(t, s.log.String(), "panic")
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "data"), func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s can be opened by others", path)
		if !d.IsDir() {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			w.see(filepath.Base(path), content)
		}
		return nil
	}))

	for _, place := range []string{"upstream", "log", "ostiary.db", "pepper", "metrics", "audit", "answers", "stderr"} {
		require.NotEmpty(t, w.seen[place], "nothing was seen of %s", place)
	}
	for _, token := range tokens {
		require.Empty(t, w.holds(token), "token of %s", token[:16])
	}
	// The search itself finds what it should.
	w.see("proof", []byte(url.QueryEscape("x"+tokens[0])))
	require.Equal(t, []string{"proof"}, w.holds(tokens[0]))
}

// manage makes keys in every state and returns their tokens.
func manage(t *testing.T, s *server) (tokens []string) {
	c := s.client(s.adminKey())
	create := func(name, role string) *api.IssuedKey {
		issued, err := c.Create(t.Context(), api.CreateKey{Name: name, Role: role})
		require.NoError(t, err)
		tokens = append(tokens, issued.Token)
		return issued
	}
	off := false
	create("agent", "Agent")
	create("viewer", "Viewer")
	disabled := create("disabled", "Viewer")
	_, err := c.Update(t.Context(), disabled.Key.ID, api.UpdateKey{Enabled: &off}, false)
	require.NoError(t, err)
	revoked := create("revoked", "Viewer")
	_, err = c.End(t.Context(), revoked.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	deleted := create("deleted", "Viewer")
	_, err = c.End(t.Context(), deleted.Key.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	rotated := create("rotated", "Agent")
	issued, err := c.Rotate(t.Context(), rotated.Key.ID, api.RotateKey{Overlap: "0"})
	require.NoError(t, err)
	return append(tokens, issued.Token)
}

// misuseAPI sends a token to every route of the resource API, in every place
// where it does not belong.
func misuseAPI(t *testing.T, w *witness, s *server, admin, token string, i int) {
	base := s.management + api.BasePath
	bodies := []string{
		fmt.Sprintf(`{"name":%q,"role":"Viewer"}`, token),
		fmt.Sprintf(`{"name":"n%d","role":%q}`, i, token),
		fmt.Sprintf(`{"name":"m%d","role":"Viewer","description":"see %s"}`, i, token),
		fmt.Sprintf(`{"name":"o%d","role":"Viewer","pool":%q,"endpoints":[%q],"allowedCidrs":[%q],"expiresIn":%q}`, i, token, token, token, token),
		fmt.Sprintf(`{"name":"p%d","role":"Viewer","expiresAt":%q}`, i, token),
		fmt.Sprintf(`{%q:1}`, token),
		fmt.Sprintf(`{"overlap":%q}`, token),
		fmt.Sprintf(`{"token":%q,"permission":%q}`, token, token),
		fmt.Sprintf(`{"token":%q,"endpoint":%q}`, token, token),
		fmt.Sprintf(`{"token":%q}`, token),
		fmt.Sprintf(`{"token":[%q`, token),
		token,
	}
	paths := []string{"/v1/keys", "/v1/keys/" + token, "/v1/keys/" + token + "/revoke", "/v1/keys/" + token + "/rotate", "/v1/verify", "/v1/" + token}
	for _, path := range paths {
		for _, body := range bodies {
			for _, method := range []string{"POST", "PATCH", "DELETE"} {
				send(t, w, method, base+path, body, "Bearer "+admin)
			}
		}
	}
	for _, query := range []string{"q", "state", "role", "pool", "sort", "cursor", "limit", "keyId", "api_key"} {
		send(t, w, "GET", base+"/v1/keys?"+query+"="+token, "", "Bearer "+admin)
		send(t, w, "GET", base+"/v1/audit?"+query+"="+token, "", "Bearer "+admin)
	}
	for _, path := range []string{"/v1/whoami", "/v1/policy", "/v1/health", "/v1/keys", "/openapi.json"} {
		for _, authorization := range []string{"Bearer " + token, "Bearer " + token[:50], "Basic " + token, "Digest " + token, basic("api_key:" + token), basic(token + ":x")} {
			send(t, w, "GET", base+path, "", authorization)
		}
	}
	send(t, w, "GET", s.management+"/"+token, "", "Bearer "+token)
	send(t, w, "GET", s.management+"/metrics?x="+token, "", "Bearer "+token)
}

// misuseGate sends a token to the gate in every way, good and bad.
func misuseGate(t *testing.T, w *witness, s *server, token string) {
	for _, path := range []string{"/ingest", "/read/x", "/dead", "/auth", "/auth?require=manage", "/none", "/read/%2e%2e/%2e%2e/x", "/" + token, "/auth?endpoint=" + token, "/auth?require=" + token} {
		for _, authorization := range []string{"", "Bearer " + token, "Bearer " + token[:60] + "zzzzzz", "StackState " + token, basic("api_key:" + token), basic(":" + token), "Bearer"} {
			send(t, w, "GET", s.gate+path, "", authorization)
			send(t, w, "POST", s.gate+path, "x", authorization, "X-Api-Key", token)
		}
		join := "?"
		if strings.Contains(path, "?") {
			join = "&"
		}
		send(t, w, "GET", s.gate+path+join+"api_key="+token, "", "")
		send(t, w, "GET", s.gate+path, "", "Bearer "+token, "X-Original-URI", "/ingest?api_key="+token)
		send(t, w, "GET", s.gate+path, "", "Bearer "+token, "X-Original-URI", "/"+token, "X-Original-Method", token)
		send(t, w, "GET", s.gate+path, "", "Bearer "+token, "X-Ostiary-Role", token)
	}
}

// misuseCommands gives a token to every command, in every place. It returns
// the tokens that the commands made.
func misuseCommands(t *testing.T, w *witness, s *server, admin, token string) (made []string) {
	run := func(stdin string, args ...string) string {
		cmd := ostiary(append(args, "--url", s.management)...)
		cmd.Env = append(cmd.Env, "OSTIARY_API_KEY="+admin, "XDG_CONFIG_HOME="+t.TempDir())
		cmd.Stdin = strings.NewReader(stdin)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run() // most of these must fail
		w.see("stderr", errs.Bytes())
		return out.String()
	}
	name := "cli-" + token[4:16]
	issued := strings.TrimSpace(run("", "key", "create", "--name", name, "--role", "Agent", "-o", "token"))
	require.Len(t, issued, len(token))
	rotated := strings.TrimSpace(run("", "key", "rotate", name, "-o", "token"))
	require.Len(t, rotated, len(token))
	for _, args := range [][]string{
		{"key", "create", "--name", token}, {"key", "create", "--name", "x", "--role", token}, {"key", "get", token}, {"key", "update", token, "--name", "x"},
		{"key", "revoke", token, "--yes"}, {"key", "delete", token, "--yes"}, {"key", "rotate", token, "--overlap", token}, {"key", "verify", token},
		{"key", "list", "--state", token}, {"key", "list", "--search", token}, {"audit", "--key", token}, {"ingestion-api-key", "delete", "--id", token},
		{"key", "list", "--url", "http://127.0.0.1:1/" + token}, {"context", "add", token, "--url", "http://" + token + "@127.0.0.1:1"}, {token}, {"key", token}, {"serve", "--listen", token},
		{"key", "list", "--api-key", token}, {"key", "list", "--api-key", token + "x"},
	} {
		w.see("stdout of commands", []byte(run(token, args...)))
	}
	for _, permission := range []string{"", "ingest", "manage"} {
		w.see("stdout of commands", []byte(run(token, "key", "verify", "--permission", permission, "-o", "json")))
	}
	file := filepath.Join(t.TempDir(), "leak.txt")
	require.NoError(t, os.WriteFile(file, []byte("password = "+token+"\n"), 0o600))
	w.see("stdout of commands", []byte(run("", "scan", file)))
	return []string{issued, rotated}
}

func basic(userPassword string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(userPassword))
}

// send makes a request and keeps the answer, unless it is one that may hold a
// token. No mistake of a client may be a fault of the server.
func send(t *testing.T, w *witness, method, address, body, authorization string, headers ...string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NotEqual(t, http.StatusInternalServerError, resp.StatusCode, "%s %s: %s", method, req.URL.Path, answer)
	if resp.StatusCode == http.StatusCreated {
		require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		return
	}
	w.see("answers", answer)
	w.see("answers", []byte(fmt.Sprint(resp.Header)))
}

func get(t testing.TB, address string) []byte {
	t.Helper()
	resp, err := http.Get(address)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return body
}

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// token is what no error may hold.
const token = "ost_0123456789AB_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg0NPppe"

const id = "0123456789AB"

// serve starts a server whose API answers with handle, and returns its
// address.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func newClient(t *testing.T, address string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(address, append([]client.Option{client.WithBearer(token)}, opts...)...)
	require.NoError(t, err)
	return c
}

// answer writes JSON as Ostiary does.
func answer(w http.ResponseWriter, v any) { api.Write(w, http.StatusOK, v) }

var whoami = api.Whoami{Login: "admin", OrgID: 1, Permissions: []string{}}

func TestAddresses(t *testing.T) {
	const path = "/api/plugins/ostiary-apikeys-app/resources"
	for address, want := range map[string]string{
		"http://127.0.0.1:7171":             "http://127.0.0.1:7171" + path,
		"http://[::1]:7171/\n":              "http://[::1]:7171" + path,
		"https://pmm.example.org/graph":     "https://pmm.example.org/graph" + path,
		"https://pmm.example.org/graph//":   "https://pmm.example.org/graph" + path,
		"https://example.org" + path:        "https://example.org" + path,
		"https://example.org/a%20b" + path:  "https://example.org/a%20b" + path,
		"HTTPS://example.org" + path + "/":  "https://example.org" + path,
		"https://example.org/api/plugins/x": "https://example.org/api/plugins/x" + path,
	} {
		c, err := client.New(address)
		require.NoError(t, err, address)
		require.Equal(t, want, c.Address())
	}
	for _, address := range []string{
		"", "127.0.0.1:7171", "example.org", "ftp://example.org", "http://", "http://:7171", "https:example.org", "http://a b/",
		"https://admin:hush@example.org", "https://hush@example.org", "https://example.org?key=hush", "https://example.org#hush", "http://example.org?",
	} {
		_, err := client.New(address)
		require.ErrorContains(t, err, "the server's address must", address)
		require.NotContains(t, err.Error(), "hush")
	}
}

func TestBadOptions(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(garbage, []byte("no certificate"), 0o600))
	for want, opts := range map[string][]client.Option{
		"API key is empty":            {client.WithBearer(" \n")},
		"characters that no key has":  {client.WithBearer("hush\r\nX-Evil: 1")},
		"must not be empty or hold":   {client.WithBasic("a:b", "hush")},
		"two credentials":             {client.WithBearer(token), client.WithBasic("admin", "hush")},
		"is negative":                 {client.WithTimeout(-1)},
		"cannot be read":              {client.WithCAFile(garbage + "x")},
		"holds no certificate in PEM": {client.WithCAFile(garbage)},
		"give either it or TLS":       {client.WithHTTPClient(&http.Client{}), client.WithInsecure()},
	} {
		_, err := client.New("http://127.0.0.1:1", opts...)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hush")
		require.NotContains(t, err.Error(), token)
	}
}

func TestWhatIsSent(t *testing.T) {
	var seen *http.Request
	var body string
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		seen, body = r, string(data)
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w, map[string]any{"id": id, "key": api.Key{ID: id}, "token": token, "keys": []int{}, "entries": []int{}, "code": "valid", "valid": true, "roles": []string{}, "orgId": 1})
	})
	c := newClient(t, address+"/graph", client.WithUserAgent("ostiary-test/1"))
	name := "x"
	for want, call := range map[string]func() error{
		"GET /v1/keys ": func() error { _, err := c.Keys(t.Context(), client.KeyQuery{}); return err },
		"GET /v1/keys?count=true&cursor=c&limit=7&pool=-&q=a+b&role=Agent&sort=-name&state=active ": func() error {
			_, err := c.Keys(t.Context(), client.KeyQuery{State: "active", Role: "Agent", Pool: api.NoPool, Search: "a b", Sort: "-name", Cursor: "c", Limit: 7, Count: true})
			return err
		},
		"GET /v1/keys/" + id + " ":                  func() error { _, err := c.Key(t.Context(), id); return err },
		`POST /v1/keys {"name":"x","role":"Agent"}`: func() error { _, err := c.Create(t.Context(), api.CreateKey{Name: "x", Role: "Agent"}); return err },
		"PATCH /v1/keys/" + id + ` {"name":"x"}`:    func() error { _, err := c.Update(t.Context(), id, api.UpdateKey{Name: &name}, false); return err },
		"PATCH /v1/keys/" + id + "?force=true {}":   func() error { _, err := c.Update(t.Context(), id, api.UpdateKey{}, true); return err },
		"POST /v1/keys/" + id + "/revoke ":          func() error { _, err := c.End(t.Context(), id, apikey.End{How: apikey.Revoke}); return err },
		"POST /v1/keys/" + id + "/revoke?force=true ": func() error {
			_, err := c.End(t.Context(), id, apikey.End{How: apikey.Revoke, Force: true})
			return err
		},
		"PATCH /v1/keys/" + id + ` {"enabled":false}`:     func() error { _, err := c.End(t.Context(), id, apikey.End{How: apikey.Disable}); return err },
		"DELETE /v1/keys/" + id + "/tokens/" + id + " ":   func() error { return c.EndToken(t.Context(), id, id) },
		"POST /v1/keys/" + id + `/rotate {"overlap":"0"}`: func() error { _, err := c.Rotate(t.Context(), id, api.RotateKey{Overlap: "0"}); return err },
		"DELETE /v1/keys/" + id + " ":                     func() error { _, err := c.End(t.Context(), id, apikey.End{How: apikey.Delete}); return err },
		"DELETE /v1/keys/" + id + "?force=true ": func() error {
			_, err := c.End(t.Context(), id, apikey.End{How: apikey.Delete, Force: true})
			return err
		},
		`POST /v1/verify {"token":"t"}`: func() error { _, err := c.Verify(t.Context(), api.VerifyRequest{Token: "t"}); return err },
		"GET /v1/audit?cursor=c&keyId=" + id + "&limit=2 ": func() error {
			_, err := c.Audit(t.Context(), client.AuditQuery{KeyID: id, Cursor: "c", Limit: 2})
			return err
		},
		"GET /v1/audit?action=revoke&actor=a+b&since=2027-01-31T12%3A00%3A00Z ": func() error {
			_, err := c.Audit(t.Context(), client.AuditQuery{Action: "revoke", Actor: "a b", Since: time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)})
			return err
		},
		"GET /v1/policy ": func() error { _, err := c.Policy(t.Context()); return err },
		"GET /v1/whoami ": func() error { _, err := c.Whoami(t.Context()); return err },
	} {
		require.NoError(t, call(), want)
		got := strings.TrimPrefix(seen.URL.RequestURI(), "/graph"+api.BasePath)
		require.Equal(t, want, seen.Method+" "+got+" "+body)
		require.Equal(t, "Bearer "+token, seen.Header.Get("Authorization"))
		require.Equal(t, "ostiary-test/1", seen.Header.Get("User-Agent"))
		require.Contains(t, seen.Header.Get("Accept"), "application/json")
		if body != "" {
			require.Equal(t, "application/json", seen.Header.Get("Content-Type"))
			require.True(t, json.Valid([]byte(body)))
		}
	}

	basic, err := client.New(address, client.WithBasic("admin", "pass:word"))
	require.NoError(t, err)
	_, err = basic.Whoami(t.Context())
	require.NoError(t, err)
	user, password, _ := seen.BasicAuth()
	require.Equal(t, [2]string{"admin", "pass:word"}, [2]string{user, password})
	anonymous, err := client.New(address)
	require.NoError(t, err)
	_, err = anonymous.Whoami(t.Context())
	require.NoError(t, err)
	require.Empty(t, seen.Header.Get("Authorization"))
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, whoami) }))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(caFile, certificate, 0o600))
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	for name, opt := range map[string]client.Option{
		"CA file":  client.WithCAFile(caFile),
		"insecure": client.WithInsecure(),
		"config":   client.WithTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}),
		"client":   client.WithHTTPClient(server.Client()),
	} {
		got, err := newClient(t, server.URL, opt).Whoami(t.Context())
		require.NoError(t, err, name)
		require.Equal(t, "admin", got.Login)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	_, err := newClient(t, server.URL, client.WithTLSConfig(config), client.WithCAFile(caFile)).Whoami(t.Context())
	require.NoError(t, err, "the CA file comes on top")
	require.True(t, config.RootCAs.Equal(x509.NewCertPool()), "and the caller's own is left alone")

	wrongName := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, whoami) })
	for want, c := range map[string]*client.Client{
		"as the CA file":             newClient(t, server.URL),
		"host name that the cert":    newClient(t, wrongName, client.WithCAFile(caFile)),
		"use http:// if the server":  newClient(t, strings.Replace(plain, "http:", "https:", 1)),
		"use https:// in the addres": newClient(t, strings.Replace(server.URL, "https:", "http:", 1)),
	} {
		_, err := c.Whoami(t.Context())
		var tlsError *client.TLSError
		require.ErrorAs(t, err, &tlsError, want)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), token)
	}
}

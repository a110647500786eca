package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// A password opens an endpoint until the first key that may use it is made,
// and never again: not when all keys are gone, and not after a restart.
func TestAPasswordUntilTheFirstKey(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusTeapot) // the credential was passed on
		}
	}))
	defer upstream.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kuma.pass"), []byte("s3cret-and-long\n"), 0o600))
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
gate:
  endpoints:
    - {name: kuma, path: /metrics, require: read, upstream: %q, basic_until_first_key: {username: prom, password_file: kuma.pass}}
`, upstream.URL), 0o600))
	s := serve(t, dir, "--config", config)
	scrape := func(user string) string {
		t.Helper()
		got, _, _ := curl(t, "-u", user, s.gate+"/metrics")
		return got
	}
	require.Equal(t, "200", scrape("prom:s3cret-and-long"), "the server's own Admin key does not count")
	require.Equal(t, "401", scrape("prom:wrong"))
	require.Equal(t, "401", scrape("other:s3cret-and-long"))

	c := s.client(s.adminKey())
	for _, k := range []api.CreateKey{{Name: "agent", Role: "Agent"}, {Name: "elsewhere", Role: "Viewer", Endpoints: []string{"other"}}} {
		_, err := c.Create(t.Context(), k)
		require.NoError(t, err)
		require.Equal(t, "200", scrape("prom:s3cret-and-long"), "%s may not use the endpoint", k.Name)
	}
	first, err := c.Create(t.Context(), api.CreateKey{Name: "prometheus", Role: "Viewer"})
	require.NoError(t, err)
	require.Equal(t, "401", scrape("prom:s3cret-and-long"))
	require.Equal(t, "200", scrape(":"+first.Token))

	_, err = c.End(t.Context(), first.Key.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	require.Equal(t, "401", scrape("prom:s3cret-and-long"), "the key is gone, and the password stays out")
	s.stop()
	s = serve(t, dir, "--config", config)
	require.Equal(t, "401", scrape("prom:s3cret-and-long"))
}

// auth.ingestion.enabled: flag over environment over file.
func TestIngestionCanBeOpen(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte("auth: {ingestion: {enabled: false}}\n"), 0o600))
	for _, c := range []struct {
		env, flag, want string
	}{
		{want: "200"},
		{env: "true", want: "401"},
		{env: "true", flag: "--auth.ingestion.enabled=false", want: "200"},
		{env: "false", flag: "--auth.ingestion.enabled", want: "401"},
	} {
		t.Setenv("OSTIARY_AUTH_INGESTION_ENABLED", c.env)
		if c.env == "" {
			require.NoError(t, os.Unsetenv("OSTIARY_AUTH_INGESTION_ENABLED"))
		}
		args := []string{"--config", config}
		if c.flag != "" {
			args = append(args, c.flag)
		}
		s := serve(t, dir, args...)
		got, _, _ := curl(t, s.gate+"/auth?require=ingest")
		require.Equal(t, c.want, got, "%+v", c)
		got, _, _ = curl(t, s.gate+"/auth?require=read")
		require.Equal(t, "401", got, "only ingestion is ever open")
		s.stop()
	}
}

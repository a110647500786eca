package servertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Deployed returns a file of deploy/ with its addresses replaced: old, new,
// old, new, …. Every old one must be there. The test must belong to a package
// two directories below the project's own.
func Deployed(t testing.TB, name string, replace ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	require.NoError(t, err)
	for i := 0; i < len(replace); i += 2 {
		require.Contains(t, string(content), replace[i], "deploy/%s", name)
	}
	return strings.NewReplacer(replace...).Replace(string(content))
}

// Nginx serves sites, which are server blocks and other directives of the http block, until the test ends, and waits
// until it takes connections at address.
func Nginx(t testing.TB, address, sites string) {
	t.Helper()
	dir := t.TempDir()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // the files belong to root, who runs the test
	}
	config := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site.conf"), []byte(sites), 0o600))
	require.NoError(t, os.WriteFile(config, []byte(user+`
daemon off; worker_processes 1; pid `+dir+`/pid; error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path `+dir+`/body;
	proxy_temp_path `+dir+`/proxy;
	fastcgi_temp_path `+dir+`/fastcgi;
	uwsgi_temp_path `+dir+`/uwsgi;
	scgi_temp_path `+dir+`/scgi;
  include `+dir+`/site.conf;
}`), 0o600))
	Start(t, address, Tool(t, "nginx"), "-p", dir, "-e", "stderr", "-c", config)
}

package client_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/client"
)

// Where requests go that cannot leave the machine, and where they look as if
// they did not.
func TestOnThisMachine(t *testing.T) {
	for _, address := range []string{
		"http://127.0.0.1:7171", "http://127.0.0.1", "http://127.255.1.2:80/graph", "http://localhost:7171", "http://LocalHost", "http://localhost.:7171",
		"http://[::1]:7171", "http://[0:0:0:0:0:0:0:1]", "http://[::ffff:127.0.0.1]:7171", "http://[::ffff:7f00:1]", "http://0.0.0.0:7171", "http://[::]:7171",
		"http://[::1%25lo]:7171", " http://127.0.0.1:7171 ", "HTTP://127.0.0.1", "http://127.0.0.1.:7171",
	} {
		require.True(t, client.OnThisMachine(address), address)
		require.False(t, client.Exposed(address), address)
	}
	for _, address := range []string{
		"http://127.evil.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://evil.example/127.0.0.1", "http://localhost@evil.example",
		"http://127.0.0.1:80@evil.example", "http://evil.example#localhost", "http://evil.example?localhost", "http://xlocalhost", "http://localhost..", "http://10.0.0.1",
		"http://128.0.0.1", "http://[2001:db8::1]", "http://[::ffff:10.0.0.1]", "http://[::ffff:0:127.0.0.1]", "http://[64:ff9b::7f00:1]", "http://127.1", "http://2130706433", "http://0x7f000001",
		"http://0177.0.0.1", "http://127.0.0.256", "http://１２７.0.0.1", "http://printer.local", "http://ip6-localhost", "http://a.localhost",
	} {
		require.False(t, client.OnThisMachine(address), address)
		require.True(t, client.Exposed(address), address)
	}
	for _, address := range []string{"", "localhost:7171", "http://", "http://[::1", "http://local host", "ftp://evil.example", "https://evil.example", "://"} {
		require.False(t, client.Exposed(address), "nothing can be sent there, or not in the clear: %s", address)
	}
	require.False(t, client.OnThisMachine("https://evil.example"))
	require.True(t, client.OnThisMachine("https://127.0.0.1"))
}

// A proxy that the environment names hears nothing of what stays here, however
// the address is written. Its variable is read once a process, so that this is a
// process of its own.
func TestNoProxyForThisMachine(t *testing.T) {
	const be = "OSTIARY_TEST_BEHIND_PROXY"
	if os.Getenv(be) != "" {
		for address := range strings.FieldsSeq(os.Getenv(be)) {
			c, err := client.New(address, client.WithBearer("secret"))
			require.NoError(t, err)
			_, err = c.Whoami(t.Context())
			require.Error(t, err)
		}
		return
	}
	heard := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.URL.Host }))
	t.Cleanup(proxy.Close)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestNoProxyForThisMachine$")
	cmd.Env = append(os.Environ(), "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=",
		be+"=http://0.0.0.0:1 http://localhost.:1 http://127.0.0.1:1 http://[::ffff:127.0.0.1]:1 http://other.invalid")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "other.invalid", <-heard)
	require.Empty(t, heard)
}

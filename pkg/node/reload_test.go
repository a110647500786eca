package node_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// reloaded is a node whose configuration changes.
type reloaded struct {
	*node.Node
	t    *testing.T
	dir  string
	args []string
	log  *servertest.Output
	seen int
	key  string // a Viewer's
}

func startToReload(t *testing.T, yaml string, args ...string) *reloaded {
	t.Helper()
	r := &reloaded{t: t, dir: t.TempDir(), log: new(servertest.Output)}
	r.args = append([]string{"--data-dir=" + filepath.Join(r.dir, "data"), "--listen=127.0.0.1:0", "--gate.listen=127.0.0.1:0"}, args...)
	r.Node = startNode(t, r.source(yaml), node.Options{Bootstrap: true, Logger: slog.New(slog.NewTextHandler(r.log, nil))})
	c, err := client.New(r.ManagementURL(), client.WithBearer(r.FirstKey().Token))
	require.NoError(t, err)
	issued, err := c.Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
	require.NoError(t, err)
	r.key = issued.Token
	return r
}

func (r *reloaded) source(yaml string) config.Source {
	src := source(r.t, "x: 1", nil, r.args...)
	src.File = filepath.Join(r.dir, "ostiary.yaml")
	require.NoError(r.t, os.WriteFile(src.File, []byte(yaml), 0o600))
	return src
}

// reload takes up another file, and returns what is logged then.
func (r *reloaded) reload(yaml string) (log string, err error) {
	r.t.Helper()
	r.seen = len(r.log.String())
	cfg, err := config.Load(r.source(yaml))
	if err == nil {
		err = r.Reload(cfg)
	}
	return r.log.String()[r.seen:], err
}

func (r *reloaded) auth(query string) int { return get(r.t, r.GateURL()+"/auth?"+query, r.key) }

func TestReloadTakesUpTheEndpoints(t *testing.T) {
	r := startToReload(t, "gate: {endpoints: [{name: a, path: /a, require: read}, {name: b, path: /b, require: manage}]}")
	require.Equal(t, http.StatusOK, r.auth("endpoint=a"))
	require.Equal(t, http.StatusForbidden, r.auth("endpoint=b"))

	log, err := r.reload("gate: {headers: [X-Mine], endpoints: [{name: b, path: /b, require: read}, {name: c, path: /c, require: manage}]}")
	require.NoError(t, err)
	require.Contains(t, log, `endpoints="~ b, + c, - a" settings=gate.headers`)
	require.Equal(t, http.StatusOK, r.auth("endpoint=b"))
	require.Equal(t, http.StatusForbidden, r.auth("endpoint=c"))
	c, err := client.New(r.ManagementURL(), client.WithBearer(r.FirstKey().Token))
	require.NoError(t, err)
	verdict, err := c.Verify(t.Context(), api.VerifyRequest{Token: r.key, Endpoint: "c"})
	require.NoError(t, err)
	require.Equal(t, "forbidden", verdict.Code, "management knows the new endpoints as well")

	log, err = r.reload("gate: {headers: [X-Mine], endpoints: [{name: b, path: /b, require: read}, {name: c, path: /c, require: manage}]}")
	require.NoError(t, err)
	require.Contains(t, log, "changes=none")
}

// What counts after a restart alone is named, and does not count before, or
// silently later.
func TestReloadNamesWhatTakesARestart(t *testing.T) {
	r := startToReload(t, "policy: {max_ttl: 30d}")
	for range 2 {
		log, err := r.reload("policy: {max_ttl: 60d}\nlog: {level: debug}\ntls: {self_signed: true}\nstore: 'postgres://me:s3cret@db/keys'\ngate: {endpoints: [{name: a, path: /a, require: read}]}")
		require.NoError(t, err)
		require.Contains(t, log, "after a restart alone")
		require.Contains(t, log, `settings="store, tls.self_signed, policy.max_ttl, log.level"`)
		require.NotContains(t, log, "s3cret")
		require.Equal(t, http.StatusOK, r.auth("endpoint=a"), "the rest is taken up")
	}
	log, err := r.reload("policy: {max_ttl: 30d}")
	require.NoError(t, err)
	require.NotContains(t, log, "restart")
}

func TestReloadWithAMistakeLeavesAllAsItWas(t *testing.T) {
	dir := t.TempDir()
	put := func(name string) {
		crt, key := selfMade(t, name)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "gate.crt"), crt, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "gate.key"), key, 0o600))
	}
	put("one.example.com")
	files := "tls: {cert_file: '" + filepath.Join(dir, "gate.crt") + "', key_file: '" + filepath.Join(dir, "gate.key") + "'}"
	old := "gate: {" + files + ", endpoints: [{name: a, path: /a, require: read}]}"
	r := startToReload(t, old)
	open := func() *tls.Conn {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(r.GateURL(), "https://"), &tls.Config{InsecureSkipVerify: true})
		require.NoError(t, err)
		return conn
	}
	kept := open()
	defer kept.Close()

	put("two.example.com")
	for yaml, says := range map[string][]string{
		"gate: {" + files + ", endpoints: [{name: a, path: /a, require: manage}, {name: b, path: b, require: all, upstream: x}]}": {
			"gate.endpoints[1].path", "gate.endpoints[1].require", "gate.endpoints[1].upstream",
		},
		"gate: {tls: {cert_file: none.crt, key_file: none.key}, endpoints: []}": {"gate.tls.cert_file: ", "gate.tls.key_file: "},
		"gate: [":  {"cannot be read"},
		"":         {"ostiary.yaml is empty", "{}"},
		"# gate\n": {"ostiary.yaml is empty"},
		"lisen: x": {"did you mean listen?"},
	} {
		_, err := r.reload(yaml)
		for _, text := range says {
			require.ErrorContains(t, err, text)
		}
		require.NoError(t, known(t, r.GateURL()).VerifyHostname("one.example.com"), "the certificate that is there is not taken up either")
	}
	require.Equal(t, http.StatusOK, getInsecure(t, r.GateURL()+"/auth?endpoint=a", r.key))

	log, err := r.reload(old)
	require.NoError(t, err)
	require.Contains(t, log, "certificates=gate")
	require.NoError(t, known(t, r.GateURL()).VerifyHostname("two.example.com"))
	require.NoError(t, kept.SetDeadline(time.Now().Add(time.Minute)))
	_, err = kept.Write([]byte("GET /auth?endpoint=a HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer " + r.key + "\r\n\r\n"))
	require.NoError(t, err)
	answer := make([]byte, len("HTTP/1.1 200 OK"))
	_, err = io.ReadFull(kept, answer)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 200 OK", string(answer), "a connection from before goes on")
}

// getInsecure is get at a listener whose certificate nobody vouches for.
func getInsecure(t *testing.T, url, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	res, err := c.Do(request)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

// selfMade returns the files of a certificate.
func selfMade(t *testing.T, name string) (crt, key []byte) {
	t.Helper()
	dir := t.TempDir()
	_, err := certificate.Serve(certificate.Files{SelfSigned: true, Names: []string{name}}, dir, "x", "", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	crt, err = os.ReadFile(filepath.Join(dir, "x.crt"))
	require.NoError(t, err)
	key, err = os.ReadFile(filepath.Join(dir, "x.key"))
	require.NoError(t, err)
	return crt, key
}

// known returns the certificate that a listener shows.
func known(t *testing.T, url string) *x509.Certificate {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}

// A private key that others may read is warned of, and served all the same.
func TestATLSKeyThatOthersMayRead(t *testing.T) {
	dir := t.TempDir()
	crt, key := selfMade(t, "one.example.com")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gate.crt"), crt, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gate.key"), key, 0o600))
	yaml := "gate: {tls: {cert_file: '" + filepath.Join(dir, "gate.crt") + "', key_file: '" + filepath.Join(dir, "gate.key") + "'}}"
	r := startToReload(t, yaml)
	require.NotContains(t, r.log.String(), "can be read by others", "a certificate is no secret")
	require.NoError(t, os.Chmod(filepath.Join(dir, "gate.key"), 0o640))
	log, err := r.reload(yaml)
	require.NoError(t, err)
	require.Contains(t, log, "setting=gate.tls.key_file")
	require.Contains(t, log, "can be read by others (0640)")
	require.NoError(t, known(t, r.GateURL()).VerifyHostname("one.example.com"))
}

package certificate_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/certificate"
)

var quiet = slog.New(slog.DiscardHandler)

func leafOf(t *testing.T, served *certificate.Served) *x509.Certificate {
	t.Helper()
	cert, err := served.TLS().GetCertificate(&tls.ClientHelloInfo{})
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	require.NoError(t, err)
	return leaf
}

func TestASelfMadeCertificateIsKept(t *testing.T) {
	dir := t.TempDir()
	served, err := certificate.Serve(certificate.Files{SelfSigned: true}, dir, "gate", "192.0.2.9:7172", quiet)
	require.NoError(t, err)
	made := served.Known()
	require.Regexp(t, `^([0-9A-F]{2}:){31}[0-9A-F]{2}$`, made.Fingerprint)
	leaf := leafOf(t, served)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "192.0.2.9"} {
		require.NoError(t, leaf.VerifyHostname(name))
	}
	again, err := certificate.Serve(certificate.Files{SelfSigned: true}, dir, "gate", "192.0.2.9:7172", quiet)
	require.NoError(t, err)
	require.Equal(t, made, again.Known())
	require.Equal(t, filepath.Join(dir, "gate.crt"), made.File)
	info, err := os.Stat(filepath.Join(dir, "gate.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.WriteFile(filepath.Join(dir, "gate.key"), []byte("x"), 0o600))
	_, err = certificate.Serve(certificate.Files{SelfSigned: true}, dir, "gate", "", quiet)
	require.ErrorContains(t, err, "remove it and its key", "it is never replaced silently: clients may have pinned it")
	_, err = certificate.Serve(certificate.Files{CertFile: "none.pem", KeyFile: "none.key"}, dir, "gate", "", quiet)
	require.ErrorContains(t, err, "none.pem")
}

// A name that is asked for later needs another certificate; all others stay.
func TestASelfMadeCertificateTakesFurtherNames(t *testing.T) {
	dir := t.TempDir()
	serve := func(names ...string) (leaf *x509.Certificate, fingerprint string) {
		served, err := certificate.Serve(certificate.Files{SelfSigned: true, Names: names}, dir, "gate", "", quiet)
		require.NoError(t, err)
		return leafOf(t, served), served.Known().Fingerprint
	}
	_, first := serve()
	leaf, second := serve("Gate.example.com", "192.0.2.7", "2001:db8::7", "*.inner.example.com", "localhost")
	require.NotEqual(t, first, second)
	for _, name := range []string{"localhost", "127.0.0.1", "gate.example.com", "192.0.2.7", "2001:db8::7", "a.inner.example.com"} {
		require.NoError(t, leaf.VerifyHostname(name))
	}
	require.Error(t, leaf.VerifyHostname("other.example.com"))
	_, again := serve("gate.EXAMPLE.com", "2001:DB8:0::7")
	require.Equal(t, second, again, "it has these names")
	_, again = serve()
	require.Equal(t, second, again, "which is no reason to make another")
}

func TestCheckName(t *testing.T) {
	for _, good := range []string{"gate", "gate.example.com", "10.0.0.1", "::1", "*.example.com", "host_1", "xn--bcher-kva.example"} {
		require.NoError(t, certificate.CheckName(good))
	}
	for _, bad := range []string{"", "https://gate", "gate:7172", "a..b", "-a", "a-", "*", "a.*.b", "büro.example", "a b", "[::1]", strings.Repeat("a", 64)} {
		require.Error(t, certificate.CheckName(bad), bad)
	}
}

// pairFor returns the files of a certificate with a name, which Ostiary made.
func pairFor(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	dir := t.TempDir()
	_, err := certificate.Serve(certificate.Files{SelfSigned: true, Names: []string{name}}, dir, "x", "", quiet)
	require.NoError(t, err)
	cert, err = os.ReadFile(filepath.Join(dir, "x.crt"))
	require.NoError(t, err)
	key, err = os.ReadFile(filepath.Join(dir, "x.key"))
	require.NoError(t, err)
	return cert, key
}

// watched serves a certificate from files that a test changes.
type watched struct {
	*certificate.Served
	files certificate.Files
	log   *bytes.Buffer
}

func watch(t *testing.T) *watched {
	t.Helper()
	dir := t.TempDir()
	w := &watched{files: certificate.Files{CertFile: filepath.Join(dir, "a.pem"), KeyFile: filepath.Join(dir, "a.key")}, log: &bytes.Buffer{}}
	w.put(t, "one.example.com")
	var err error
	w.Served, err = certificate.Serve(w.files, dir, "gate", "", slog.New(slog.NewTextHandler(w.log, nil)))
	require.NoError(t, err)
	return w
}

// put writes the certificate of another name, with the dates of the one before.
func (w *watched) put(t *testing.T, name string) {
	t.Helper()
	cert, key := pairFor(t, name)
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for file, content := range map[string][]byte{w.files.CertFile: cert, w.files.KeyFile: key} {
		require.NoError(t, os.WriteFile(file, content, 0o600))
		require.NoError(t, os.Chtimes(file, long, long))
	}
}

// A renewal is noticed even if the dates of the files have not changed.
func TestANewCertificateIsNoticedByItsContent(t *testing.T) {
	w := watch(t)
	config := w.TLS() // which the listener took at the start
	w.put(t, "two.example.com")
	w.Look()
	require.NoError(t, leafOf(t, w.Served).VerifyHostname("two.example.com"))
	cert, err := config.GetCertificate(&tls.ClientHelloInfo{})
	require.NoError(t, err)
	require.NoError(t, cert.Leaf.VerifyHostname("two.example.com"))
	require.Equal(t, 1, strings.Count(w.log.String(), "a new certificate is served"))

	now := time.Now()
	require.NoError(t, os.Chtimes(w.files.CertFile, now, now))
	w.Look()
	require.Equal(t, 1, strings.Count(w.log.String(), "\n"), "a date alone is no news")
}

// A fault is logged once, however long it lasts and however often clients connect, and the old certificate serves on.
func TestACertificateThatCannotBeReadIsSaidOnce(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, w *watched){
		"gone":     func(t *testing.T, w *watched) { require.NoError(t, os.Remove(w.files.CertFile)) },
		"key gone": func(t *testing.T, w *watched) { require.NoError(t, os.Remove(w.files.KeyFile)) },
		"no PEM":   func(t *testing.T, w *watched) { require.NoError(t, os.WriteFile(w.files.CertFile, []byte("x"), 0o600)) },
		"half a pair": func(t *testing.T, w *watched) {
			_, key := pairFor(t, "x")
			require.NoError(t, os.WriteFile(w.files.KeyFile, key, 0o600))
		},
		"a directory": func(t *testing.T, w *watched) {
			require.NoError(t, os.Remove(w.files.CertFile))
			require.NoError(t, os.Mkdir(w.files.CertFile, 0o700))
		},
		"UTF-16": func(t *testing.T, w *watched) {
			require.NoError(t, os.WriteFile(w.files.CertFile, []byte("\xff\xfe-\x00-\x00"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t)
			for range 2 { // trouble that comes again is said again
				w.log.Reset()
				spoil(t, w)
				for range 20 {
					w.Look()
					require.NoError(t, leafOf(t, w.Served).VerifyHostname("one.example.com"))
				}
				require.Equal(t, 1, strings.Count(w.log.String(), "\n"), w.log)
				require.Contains(t, w.log.String(), "level=WARN")
				require.NoError(t, os.RemoveAll(w.files.CertFile))
				w.put(t, "one.example.com")
				w.Look()
				require.Contains(t, w.log.String(), "can be read again")
			}
		})
	}
}

// A listener is looked after for as long as it runs.
func TestCertificatesAreLookedAfter(t *testing.T) {
	w := watch(t)
	synctest.Test(t, func(t *testing.T) {
		go w.Run(t.Context())
		w.put(t, "two.example.com")
		time.Sleep(11 * time.Second)
		synctest.Wait()
		require.NoError(t, leafOf(t, w.Served).VerifyHostname("two.example.com"))
	})
}

// A certificate that Prepare has read is served once its function is called, and not before.
func TestPrepare(t *testing.T) {
	w := watch(t)
	other := watch(t)
	other.put(t, "two.example.com")
	serve, err := w.Prepare(other.files)
	require.NoError(t, err)
	require.NoError(t, leafOf(t, w.Served).VerifyHostname("one.example.com"))
	require.True(t, serve())
	require.NoError(t, leafOf(t, w.Served).VerifyHostname("two.example.com"))
	require.Equal(t, other.files.CertFile, w.Known().File)
	serve, err = w.Prepare(other.files)
	require.NoError(t, err)
	require.False(t, serve(), "it is the same")
	_, err = w.Prepare(certificate.Files{CertFile: "none.pem", KeyFile: "none.key"})
	require.ErrorContains(t, err, "none.pem")
	require.NoError(t, os.Remove(w.files.CertFile))
	w.Look()
	require.NotContains(t, w.log.String(), "WARN", "those files are not its own any more")
}

// A new certificate for further names has the key of the old one: there is no
// moment at which the two files do not belong together.
func TestASelfMadeCertificateKeepsItsKey(t *testing.T) {
	dir := t.TempDir()
	files := certificate.Files{SelfSigned: true}
	_, err := certificate.Serve(files, dir, "gate", "", quiet)
	require.NoError(t, err)
	key, err := os.ReadFile(filepath.Join(dir, "gate.key"))
	require.NoError(t, err)
	files.Names = []string{"new.example.com"}
	served, err := certificate.Serve(files, dir, "gate", "", quiet)
	require.NoError(t, err)
	require.NoError(t, leafOf(t, served).VerifyHostname("new.example.com"))
	again, err := os.ReadFile(filepath.Join(dir, "gate.key"))
	require.NoError(t, err)
	require.Equal(t, key, again)
}

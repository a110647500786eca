package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/certificate"
)

func TestASelfMadeCertificateIsKept(t *testing.T) {
	dir := t.TempDir()
	cfg, made, err := certificate.Serve(certificate.Files{SelfSigned: true}, dir, "gate", "192.0.2.9:7172")
	require.NoError(t, err)
	require.Regexp(t, `^([0-9A-F]{2}:){31}[0-9A-F]{2}$`, made.Fingerprint)
	cert, err := cfg.GetCertificate(&tls.ClientHelloInfo{})
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	require.NoError(t, err)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "192.0.2.9"} {
		require.NoError(t, leaf.VerifyHostname(name))
	}
	_, again, err := certificate.Serve(certificate.Files{SelfSigned: true}, dir, "gate", "192.0.2.9:7172")
	require.NoError(t, err)
	require.Equal(t, made, again)
	require.Equal(t, filepath.Join(dir, "gate.crt"), made.File)
	info, err := os.Stat(filepath.Join(dir, "gate.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.WriteFile(filepath.Join(dir, "gate.key"), []byte("x"), 0o600))
	_, _, err = certificate.Serve(certificate.Files{SelfSigned: true}, dir, "gate", "")
	require.ErrorContains(t, err, "remove it and its key", "it is never replaced silently: clients may have pinned it")
	_, _, err = certificate.Serve(certificate.Files{CertFile: "none.pem", KeyFile: "none.key"}, dir, "gate", "")
	require.ErrorContains(t, err, "none.pem")
}

// A name that is asked for later needs another certificate; all others stay.
func TestASelfMadeCertificateTakesFurtherNames(t *testing.T) {
	dir := t.TempDir()
	serve := func(names ...string) (leaf *x509.Certificate, fingerprint string) {
		cfg, made, err := certificate.Serve(certificate.Files{SelfSigned: true, Names: names}, dir, "gate", "")
		require.NoError(t, err)
		cert, err := cfg.GetCertificate(&tls.ClientHelloInfo{})
		require.NoError(t, err)
		leaf, err = x509.ParseCertificate(cert.Certificate[0])
		require.NoError(t, err)
		return leaf, made.Fingerprint
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

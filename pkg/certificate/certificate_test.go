package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
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

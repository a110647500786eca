package node_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/node"
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func TestASelfMadeCertificateIsKept(t *testing.T) {
	dir := t.TempDir()
	cfg, certificate, err := node.ServerTLS(node.TLS{SelfSigned: true}, dir, "gate", "192.0.2.9:7172")
	require.NoError(t, err)
	require.Regexp(t, `^([0-9A-F]{2}:){31}[0-9A-F]{2}$`, certificate.Fingerprint)
	cert, err := cfg.GetCertificate(&tls.ClientHelloInfo{})
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	require.NoError(t, err)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "192.0.2.9"} {
		require.NoError(t, leaf.VerifyHostname(name))
	}
	_, again, err := node.ServerTLS(node.TLS{SelfSigned: true}, dir, "gate", "192.0.2.9:7172")
	require.NoError(t, err)
	require.Equal(t, certificate, again)
	require.Equal(t, filepath.Join(dir, "gate.crt"), certificate.File)
	info, err := os.Stat(filepath.Join(dir, "gate.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.WriteFile(filepath.Join(dir, "gate.key"), []byte("x"), 0o600))
	_, _, err = node.ServerTLS(node.TLS{SelfSigned: true}, dir, "gate", "")
	require.ErrorContains(t, err, "remove it and its key", "it is never replaced silently: clients may have pinned it")
	_, _, err = node.ServerTLS(node.TLS{CertFile: "none.pem", KeyFile: "none.key"}, dir, "gate", "")
	require.ErrorContains(t, err, "none.pem")
}

package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/secretfile"
)

const (
	selfSignedLife  = 825 * 24 * time.Hour // the longest that all clients accept
	selfSignedRenew = 30 * 24 * time.Hour
)

// selfSigned makes a certificate for this machine if there is none yet, or if
// the one there is about to end or lacks a name that is asked for.
func selfSigned(certFile, keyFile, listen string, names []string) error {
	old, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err == nil && time.Until(old.Leaf.NotAfter) > selfSignedRenew && hasNames(old.Leaf, names) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the self-made certificate %s cannot be used: %w; remove it and its key to have new ones made", certFile, err)
	}
	key, err := keyFor(old, keyFile)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Ostiary, self-signed"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(selfSignedLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if host, err := os.Hostname(); err == nil && host != "localhost" {
		template.DNSNames = append(template.DNSNames, host)
	}
	if host, _, err := net.SplitHostPort(listen); err == nil {
		if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() && !ip.IsLoopback() {
			template.IPAddresses = append(template.IPAddresses, ip)
		}
	}
	for _, name := range names {
		if hasNames(template, []string{name}) {
			continue
		}
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	return secretfile.Write(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// keyFor returns the key of the certificate that is replaced, or makes one. With the old key only one file changes, so
// a reader sees a matching pair at every moment.
func keyFor(old tls.Certificate, keyFile string) (crypto.Signer, error) {
	if key, ok := old.PrivateKey.(crypto.Signer); ok {
		return key, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, secretfile.Write(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// hasNames reports whether a certificate is for all of the names, as they are
// written.
func hasNames(c *x509.Certificate, names []string) bool {
	for _, name := range names {
		ip := net.ParseIP(name)
		isIP := func(one net.IP) bool { return one.Equal(ip) }
		isName := func(one string) bool { return strings.EqualFold(one, name) }
		if !slices.ContainsFunc(c.IPAddresses, isIP) && !slices.ContainsFunc(c.DNSNames, isName) {
			return false
		}
	}
	return true
}

// Package certificate holds the certificates of listeners: it makes those that
// nobody else makes, and takes up new ones while they are served.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
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
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Files say by which certificate a listener is known. Zero Files mean that it
// does not speak TLS.
type Files struct {
	SelfSigned        bool
	Names             []string // further ones of a self-made certificate: host names and addresses
	CertFile, KeyFile string
}

// Enabled reports whether the listener speaks TLS.
func (t Files) Enabled() bool { return t.SelfSigned || t.CertFile != "" }

// Check tells what is wrong with a certificate and its key.
func (t Files) Check(wrong func(part string, err error)) {
	if t.CertFile == "" {
		return
	}
	cert, certErr := os.ReadFile(t.CertFile)
	key, keyErr := os.ReadFile(t.KeyFile)
	wrong("cert_file", certErr)
	wrong("key_file", keyErr)
	if certErr != nil || keyErr != nil {
		return
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		wrong("cert_file", fmt.Errorf("%s and the key %s cannot be used: %w", t.CertFile, t.KeyFile, err))
	}
}

// Certificate is by what clients know a listener.
type Certificate struct {
	File        string // PEM
	Fingerprint string // SHA-256, in hexadecimal with colons
}

// served serves a certificate from files and takes up new ones, so that a
// renewal needs no restart.
type served struct {
	certFile, keyFile string

	mu      sync.Mutex
	current *tls.Certificate
	looked  time.Time // when the files were last looked at
	changed time.Time // modification time of what is loaded
}

// Serve returns the configuration of a TLS listener, and by what clients know
// it. Self-made certificates are kept in dir under the listener's name.
func Serve(t Files, dir, name, listen string) (*tls.Config, Certificate, error) {
	c := &served{certFile: t.CertFile, keyFile: t.KeyFile}
	if t.SelfSigned {
		c.certFile, c.keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
		if err := selfSigned(c.certFile, c.keyFile, listen, t.Names); err != nil {
			return nil, Certificate{}, err
		}
	}
	if err := c.load(); err != nil {
		return nil, Certificate{}, err
	}
	sum := sha256.Sum256(c.current.Certificate[0])
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	return cfg, Certificate{File: c.certFile, Fingerprint: strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")}, nil
}

func (c *served) load() error {
	info, err := os.Stat(c.certFile)
	if err != nil {
		return fmt.Errorf("the certificate cannot be read: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("the certificate %s and the key %s cannot be used: %w", c.certFile, c.keyFile, err)
	}
	c.current, c.changed, c.looked = &pair, info.ModTime(), time.Now()
	return nil
}

// get looks for new files at most every ten seconds. While they cannot be
// read, as in the middle of a renewal, the old certificate serves on.
func (c *served) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) > 10*time.Second {
		c.looked = time.Now()
		if info, err := os.Stat(c.certFile); err == nil && !info.ModTime().Equal(c.changed) {
			_ = c.load()
		}
	}
	return c.current, nil
}

const (
	selfSignedLife  = 825 * 24 * time.Hour // the longest that all clients accept
	selfSignedRenew = 30 * 24 * time.Hour
)

// selfSigned makes a certificate for this machine if there is none yet, or if
// the one there is about to end or lacks a name that is asked for.
func selfSigned(certFile, keyFile, listen string, names []string) error {
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil && time.Until(pair.Leaf.NotAfter) > selfSignedRenew && hasNames(pair.Leaf, names) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the self-made certificate %s cannot be used: %w; remove it and its key to have new ones made", certFile, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
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
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(keyFile, "PRIVATE KEY", keyDER),
		writePEM(certFile, "CERTIFICATE", der),
	)
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

// CheckName says what is wrong with a name for a self-made certificate: a host
// name, perhaps with * in place of its first label, or an address.
func CheckName(name string) error {
	if net.ParseIP(name) != nil {
		return nil
	}
	labels := strings.Split(name, ".")
	for i, label := range labels {
		switch {
		case label == "*" && i == 0 && len(labels) > 1:
		case label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInHost):
			return fmt.Errorf("%q is not a host name or an address; write one such as gate.example.com or 192.0.2.7, without scheme and port", name)
		}
	}
	return nil
}

func notInHost(c rune) bool {
	return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

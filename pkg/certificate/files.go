// Package certificate holds the certificates of listeners: it makes those that
// nobody else makes, and takes up new ones while they are served.
package certificate

import (
	"fmt"
	"net"
	"strings"

	"github.com/ostiary/ostiary/pkg/secretfile"
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

// Check reports what is wrong with a certificate and its key, and warns of a key that others may read. What Ostiary
// makes itself is not checked.
func (t Files) Check(wrong func(part string, err error), warn func(part, text string)) {
	if t.CertFile == "" {
		return
	}
	cert, certErr := readPEM(t.CertFile, nil)
	key, keyErr := readPEM(t.KeyFile, func(text string) { warn("key_file", text) })
	wrong("cert_file", certErr)
	wrong("key_file", keyErr)
	if certErr != nil || keyErr != nil {
		return
	}
	if _, err := newPair(cert, key); err != nil {
		wrong("cert_file", fmt.Errorf("%s and the key %s cannot be used: %w", t.CertFile, t.KeyFile, err))
	}
}

// read reads the pair.
func (t Files) read() (*pair, error) {
	cert, err := readPEM(t.CertFile, nil)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	key, err := readPEM(t.KeyFile, nil)
	if err != nil {
		return nil, fmt.Errorf("the key of the certificate cannot be read: %w", err)
	}
	p, err := newPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate %s and the key %s cannot be used: %w", t.CertFile, t.KeyFile, err)
	}
	return p, nil
}

func readPEM(name string, warn func(string)) ([]byte, error) {
	content, err := secretfile.Read(name)
	if err != nil {
		return nil, err
	}
	if text := content.Exposed(); text != "" && warn != nil {
		warn(text)
	}
	return content.Text()
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
		case label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-',
			strings.ContainsFunc(label, notInHost):
			return fmt.Errorf("%q is not a host name or an address; write one such as gate.example.com or 192.0.2.7, without scheme and port", name)
		}
	}
	return nil
}

func notInHost(c rune) bool {
	return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

package state

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// Certificate is what a person looks at before trusting a server.
type Certificate struct {
	Subject     string
	Issuer      string
	Names       []string // host names and addresses that it is for
	NotAfter    time.Time
	Fingerprint string // SHA-256, lower-case hexadecimal
}

// PinError means that a server showed another certificate than the one that
// is trusted. It may be a renewed one, or somebody else's.
type PinError struct {
	Want, Got string // fingerprints
}

// Error says what differs.
func (e *PinError) Error() string {
	return fmt.Sprintf("the server's certificate has changed: trusted is %s, shown was %s", GroupFingerprint(e.Want),
		GroupFingerprint(e.Got))
}

// GroupFingerprint writes a fingerprint as people compare it: AB:CD:EF…
func GroupFingerprint(hexadecimal string) string {
	var b strings.Builder
	for i := 0; i+2 <= len(hexadecimal); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(hexadecimal[i : i+2]))
	}
	return b.String()
}

// pinned trusts one certificate, with any signer and for any purpose.
func pinned(fingerprint string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection checks, and more strictly
		VerifyConnection: func(state tls.ConnectionState) error {
			if got := fingerprintOf(state); got != fingerprint {
				return &PinError{Want: fingerprint, Got: got}
			}
			return nil
		},
	}
}

func fingerprintOf(state tls.ConnectionState) string {
	sum := sha256.Sum256(state.PeerCertificates[0].Raw) // a server always shows one
	return hex.EncodeToString(sum[:])
}

// FirstContact reports whether a connection failed because nobody known vouches for a server that was never connected
// to: a person may look at its certificate, and trust it from then on. Where a server was trusted before, another
// certificate is a reason to ask its operator, and not to press a button.
func FirstContact(c Connection, err error) bool {
	if c.Trust != TrustSystem || c.Opened {
		return false
	}
	switch kindOf(err) {
	case KindAuthority, KindHostname, KindExpiredCert:
		return true
	}
	return false
}

// Pinned is a connection that trusts one certificate, and no other.
func (c Connection) Pinned(to *Certificate) Connection {
	c.Trust, c.Fingerprint = TrustPin, to.Fingerprint
	return c
}

// Inspect fetches the certificate that a server shows, for a person to look
// at. Nothing but the greeting is sent.
func Inspect(ctx context.Context, c Connection) (*Certificate, error) {
	u := c.parsed()
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         u.Hostname(),
		InsecureSkipVerify: true, //nolint:gosec // the certificate is looked at, and nothing is sent
	}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	state := conn.(*tls.Conn).ConnectionState()
	leaf := state.PeerCertificates[0]
	names := append([]string{}, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return &Certificate{
		Subject: nameOf(leaf.Subject), Issuer: nameOf(leaf.Issuer), Names: names,
		NotAfter: leaf.NotAfter, Fingerprint: fingerprintOf(state),
	}, nil
}

// nameOf is what people call whom a certificate names: its common name and its organizations, if it has any.
func nameOf(n pkix.Name) string {
	parts := append([]string{n.CommonName}, n.Organization...)
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return n.String()
	}
	return strings.Join(slices.Compact(parts), ", ")
}

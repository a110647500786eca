package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// ConnectError means that no answer came from the server.
type ConnectError struct {
	Server    string // scheme and host
	MayBeDone bool   // a change was sent, and may have been carried out
	Err       error
}

// Error says what happened and what to look at.
func (e *ConnectError) Error() string {
	what := fmt.Sprintf("the connection to %s was lost: %v", e.Server, e.Err)
	switch {
	case errors.Is(e.Err, context.DeadlineExceeded):
		what = e.Server + " did not answer in time"
	case isDial(e.Err):
		return fmt.Sprintf("could not connect to %s: %v; check the address, and that the server runs", e.Server, e.Err)
	}
	if e.MayBeDone {
		what += "; the change may have been made, so look before you repeat it"
	}
	return what
}

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// isDial reports whether a connection could not even be made.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// TLSError means that the server's certificate is not to be trusted, or that
// one side speaks TLS and the other does not.
type TLSError struct {
	Server string
	Hint   string // what to do
	Err    error
}

// Error says what is wrong and what to do.
func (e *TLSError) Error() string {
	return fmt.Sprintf("no trusted connection to %s: %v; %s", e.Server, e.Err, e.Hint)
}

// Unwrap returns the cause.
func (e *TLSError) Unwrap() error { return e.Err }

// ForeignError means that something answered, but not Ostiary's API.
type ForeignError struct {
	Address string // of what was asked
	Status  int    // of the answer
	Reason  string // why it is not ours
}

// Error says what answered and what to look at.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s answered %d %s, but is not Ostiary: %s", e.Address, e.Status, http.StatusText(e.Status),
		e.Reason)
}

// RedirectError means that the server points to another address, to which
// credentials and changes are not carried.
type RedirectError struct {
	From, To string // without query
}

// Error says where the server points and what to do.
func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s redirects to %s, which was not followed; if that is the right server, give its address",
		e.From, e.To)
}

// checkRedirect lets a read go to another path of the same server. A redirect must not choose who receives the
// credentials, and a change must not turn into a read.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	sameServer := req.URL.Scheme == first.URL.Scheme && req.URL.Host == first.URL.Host
	if sameServer && first.Method == http.MethodGet && len(via) <= 3 {
		return nil
	}
	return &RedirectError{From: bare(first.URL), To: bare(req.URL)}
}

// bare is u without what may hold a secret.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// transportError says why there was no answer. The http package wraps errors into one that repeats the address; the
// wrapped one is enough.
func transportError(server, method string, err error) error {
	if redirect, ok := errors.AsType[*RedirectError](err); ok {
		return redirect
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if hint := tlsHint(err); hint != "" {
		return &TLSError{Server: server, Hint: hint, Err: err}
	}
	return &ConnectError{Server: server, MayBeDone: method != http.MethodGet && !isDial(err), Err: err}
}

// tlsHint says what to do about an error of TLS; it is empty for others.
func tlsHint(err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		verify    *tls.CertificateVerificationError
		roots     x509.SystemRootsError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return "use http:// if the server is meant to be without TLS"
	case errors.As(err, &authority), errors.As(err, &roots):
		return "if you trust the server, give the certificate of its authority as the CA file"
	case errors.As(err, &hostname):
		return "use a host name that the certificate is for"
	case errors.As(err, &verify):
		return "have the server's certificate renewed"
	case errors.As(err, &record), errors.As(err, &alert):
		return "check that the port is the right one and that both sides speak a common version of TLS"
	}
	return ""
}

package state

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// Kind says what kind of problem something is. For each the windows have a
// sentence and the next step, in every language.
type Kind string

// The kinds of problems.
const (
	KindName         Kind = "name-not-found"
	KindRefused      Kind = "refused"       // nothing listens there
	KindUnreachable  Kind = "unreachable"   // no way there, or no answer in time
	KindAuthority    Kind = "authority"     // nobody known signed the certificate
	KindHostname     Kind = "hostname"      // the certificate is for another name
	KindExpiredCert  Kind = "expired-cert"  // or not valid yet
	KindPin          Kind = "pin"           // another certificate than the trusted one
	KindTLS          Kind = "tls"           // one side speaks TLS and the other does not
	KindCAFile       Kind = "ca-file"       // it cannot be read or holds no certificate
	KindCredentials  Kind = "credentials"   // 401
	KindNoSecret     Kind = "no-secret"     // it must be asked for
	KindRole         Kind = "role"          // signed in, but may not manage keys
	KindForeign      Kind = "foreign"       // not an Ostiary
	KindOlder        Kind = "older"         // an Ostiary that does not know what was asked
	KindGate         Kind = "gate"          // a gate, through which keys are not managed
	KindRedirect     Kind = "redirect"      // the server points elsewhere
	KindLost         Kind = "lost"          // the connection broke; the change may have been made
	KindUnavailable  Kind = "unavailable"   // 503
	KindBusy         Kind = "busy"          // 429
	KindNotFound     Kind = "not-found"     // no such key any more
	KindDuplicate    Kind = "duplicate"     // the name is taken
	KindNoDatabase   Kind = "no-database"   // a file is not what other systems keep their keys in
	KindMeanwhile    Kind = "meanwhile"     // somebody else changed it while a form was open
	KindRemoved      Kind = "removed"       // somebody else removed it while a form was open
	KindConflict     Kind = "conflict"      // the key's state does not allow it
	KindLastAdmin    Kind = "last-admin"    // nobody could manage keys any more
	KindInvalid      Kind = "invalid"       // a field is wrong
	KindTokenLost    Kind = "token-lost"    // done, but the token never arrived
	KindUnknown      Kind = "unknown"       // nobody knows yet whether it was done
	KindStopped      Kind = "stopped"       // cancelled by its user
	KindServer       Kind = "server"        // a fault of the server
	KindStoreLocal   Kind = "local-store"   // the store on this computer cannot be opened
	KindUnidentified Kind = "unidentified"  // anything else
	KindAddress      Kind = "address"       // nothing to be had at an address
	KindTooLarge     Kind = "too-large"     // a database that no server takes
	KindFile         Kind = "file"          // a file cannot be read or written
	KindAddressInUse Kind = "address-inuse" // another program has the gate's address
)

// Problem is an error as it is shown to a person.
type Problem struct { //nolint:errname // it is more than an error, and wraps one
	Kind   Kind
	Detail string            // what the server or the system said, in its words
	Fields map[string]string // what is wrong with each field of a request
	Is     map[string]any    // with KindMeanwhile: what the fields hold now, as JSON has it
	Pin    *PinError         // with KindPin
	Err    error
}

// Error returns the words of the error itself.
func (p *Problem) Error() string { return p.Err.Error() }

// Unwrap returns the error itself.
func (p *Problem) Unwrap() error { return p.Err }

// Explain says what kind of problem an error is. It is nil for nil.
func Explain(err error) *Problem {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Problem](err); ok {
		return known
	}
	p := &Problem{Kind: kindOf(err), Detail: apikey.Redact(err.Error()), Err: err}
	errors.As(err, &p.Pin)
	if answered, ok := errors.AsType[*api.Error](err); ok {
		p.Detail = answered.Detail
		p.Fields = map[string]string{}
		for _, f := range answered.Errors {
			p.Fields[f.Field] = f.Detail
		}
	}
	return p
}

func kindOf(err error) Kind {
	var (
		pin      *PinError
		answered *api.Error
		foreign  *client.ForeignError
		redirect *client.RedirectError
		noTrust  *client.TLSError
		connect  *client.ConnectError
		path     *os.PathError
	)
	switch {
	case errors.As(err, new(*TokenLostError)):
		return KindTokenLost
	case errors.As(err, new(*UnknownError)):
		return KindUnknown
	case errors.Is(err, context.Canceled):
		return KindStopped
	case errors.Is(err, ErrNoDatabase):
		return KindNoDatabase
	case errors.Is(err, ErrTooLarge):
		return KindTooLarge
	case errors.Is(err, ErrNoSecret):
		return KindNoSecret
	case errors.As(err, &pin):
		return KindPin
	case errors.As(err, &answered):
		return kindOfCode(answered.Code)
	case errors.As(err, &foreign):
		return KindForeign
	case errors.As(err, &redirect):
		return KindRedirect
	case errors.As(err, &noTrust):
		return kindOfTLS(noTrust)
	case errors.As(err, &connect):
		if connect.MayBeDone {
			return KindLost
		}
		return kindOfConnect(err)
	case errors.Is(err, syscall.EADDRINUSE):
		return KindAddressInUse
	case errors.As(err, &path):
		return KindFile
	case apikey.ErrorCode(err) == apikey.CodeNotFound:
		return KindNotFound
	}
	return kindOfConnect(err)
}

func kindOfConnect(err error) Kind {
	var (
		name *net.DNSError
		op   net.Error
	)
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return KindName
	case errors.Is(err, syscall.ECONNREFUSED):
		return KindRefused
	case errors.As(err, &op), errors.As(err, new(*client.ConnectError)), errors.Is(err, context.DeadlineExceeded):
		return KindUnreachable
	}
	return KindUnidentified
}

func kindOfTLS(err error) Kind {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &authority):
		return KindAuthority
	case errors.As(err, &hostname):
		return KindHostname
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return KindExpiredCert
	case errors.As(err, &invalid):
		return KindAuthority
	}
	return KindTLS
}

func kindOfCode(code apikey.Code) Kind {
	switch code {
	case apikey.CodeUnauthenticated, apikey.CodeMissing, apikey.CodeInvalidToken,
		apikey.CodeDisabled, apikey.CodeExpired, apikey.CodeRevoked:
		return KindCredentials
	case apikey.CodeForbidden:
		return KindRole
	case apikey.CodeNoEndpoint:
		return KindGate
	case apikey.CodeNotFound:
		return KindNotFound
	case apikey.CodeDuplicateName:
		return KindDuplicate
	case apikey.CodeConflict:
		return KindConflict
	case apikey.CodeLastAdmin:
		return KindLastAdmin
	case apikey.CodeInvalid:
		return KindInvalid
	case apikey.CodeUnavailable, apikey.CodeUpstream:
		return KindUnavailable
	case apikey.CodeTooLarge:
		return KindTooLarge
	case apikey.CodeRateLimited:
		return KindBusy
	}
	return KindServer
}

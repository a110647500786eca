package apikey

// Code says how a request ended: let in, refused, or failed, and why. All codes
// are here. Package api translates them to HTTP and gRPC, package cli to exit
// codes.
type Code string

// The codes of a decision: see DecisionCodes.
const (
	CodeValid   Code = "valid"
	CodeMissing Code = "missing_credentials" // nothing was sent
	// malformed, or two different credentials; Error.Fields says which fields
	CodeInvalid      Code = "invalid_request"
	CodeInvalidToken Code = "invalid_token" // malformed, unknown or with a wrong secret: one and the same
	CodeDisabled     Code = "disabled"
	CodeExpired      Code = "expired"
	CodeRevoked      Code = "revoked"
	CodeForbidden    Code = "forbidden"    // known, but not allowed to do this
	CodeRateLimited  Code = "rate_limited" // too many wrong keys, or too many requests
	CodeLimited      Code = "limited"      // more than the key's limits
	CodeHeld         Code = "held"         // expired, at an endpoint where senders are to keep their data for a while
	CodeGrace        Code = "grace"        // expired, at an endpoint that lets it in for a while longer
	CodeUnavailable  Code = "unavailable"  // the store cannot be reached, or nothing can be decided: closed, never open
)

// The codes of the rules for changing keys.
const (
	CodeUnauthenticated Code = "unauthenticated" // nobody is signed in
	CodeNotFound        Code = "not_found"       // no such key in the caller's organization
	CodeDuplicateName   Code = "duplicate_name"  // another key of the organization has that name
	CodeConflict        Code = "conflict"        // the key's state does not allow the change
	CodeLastAdmin       Code = "last_admin"      // nobody could manage keys any more
	CodeInternal        Code = "internal"        // a fault of ours
)

// The codes of a request that could not be read or passed on.
const (
	CodeTooLarge         Code = "too_large"              // the body is longer than is taken
	CodeMethodNotAllowed Code = "method_not_allowed"     // the route has no such method
	CodeMediaType        Code = "unsupported_media_type" // the body is of another type than JSON or a form
	CodeNoEndpoint       Code = "no_endpoint"            // no configured endpoint has the path
	CodeRequestTimeout   Code = "request_timeout"        // the request's body stopped arriving
	CodeUpstream         Code = "upstream_unavailable"   // what the endpoint protects does not answer
)

// LetsIn reports whether a request with this code passes.
func (c Code) LetsIn() bool { return c == CodeValid || c == CodeGrace }

// DecisionCodes lists the codes that a decision can have.
func DecisionCodes() []Code {
	return []Code{
		CodeValid, CodeMissing, CodeInvalid, CodeInvalidToken, CodeDisabled, CodeExpired, CodeRevoked, CodeForbidden,
		CodeRateLimited, CodeLimited, CodeHeld, CodeGrace, CodeUnavailable,
	}
}

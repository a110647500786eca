package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Codes that only HTTP knows; the others are in package apikey.
const (
	CodeTooLarge         apikey.Code = "too_large"              // the body is longer than MaxBody
	CodeRateLimited      apikey.Code = "rate_limited"           // too many requests
	CodeMethodNotAllowed apikey.Code = "method_not_allowed"     // the route has no such method
	CodeMediaType        apikey.Code = "unsupported_media_type" // the body is not JSON

	// The codes with which a credential is refused: those of package verify
	// that the domain does not know.
	CodeMissing      apikey.Code = "missing_credentials"
	CodeInvalidToken apikey.Code = "invalid_token"
	CodeDisabled     apikey.Code = "disabled"
	CodeExpired      apikey.Code = "expired"
	CodeRevoked      apikey.Code = "revoked"

	// Answers of the gate that are no decisions.
	CodeNoEndpoint     apikey.Code = "no_endpoint"          // no configured endpoint has the path
	CodeRequestTimeout apikey.Code = "request_timeout"      // the request's body stopped arriving
	CodeUpstream       apikey.Code = "upstream_unavailable" // what the endpoint protects does not answer
)

// RetryAfter is when a caller may ask again after an answer of 429 or 503
// that does not say.
const RetryAfter = 5 * time.Second

// ContentType is that of a Problem.
const ContentType = "application/problem+json"

const typePrefix = "urn:ostiary:error:"

// kinds are the codes' HTTP statuses and titles.
var kinds = map[apikey.Code]struct {
	status int
	title  string
}{
	apikey.CodeInvalid:         {http.StatusBadRequest, "The request is not valid"},
	apikey.CodeUnauthenticated: {http.StatusUnauthorized, "Nobody is signed in"},
	CodeMissing:                {http.StatusUnauthorized, "An API key is needed"},
	CodeInvalidToken:           {http.StatusUnauthorized, "The API key is not valid"},
	CodeDisabled:               {http.StatusUnauthorized, "The API key is disabled"},
	CodeExpired:                {http.StatusUnauthorized, "The API key has expired"},
	CodeRevoked:                {http.StatusUnauthorized, "The API key was revoked"},
	apikey.CodeForbidden:       {http.StatusForbidden, "Not allowed"},
	apikey.CodeNotFound:        {http.StatusNotFound, "Not found"},
	CodeNoEndpoint:             {http.StatusNotFound, "No endpoint has this path"},
	CodeMethodNotAllowed:       {http.StatusMethodNotAllowed, "The method is not allowed here"},
	apikey.CodeDuplicateName:   {http.StatusConflict, "The name is taken"},
	apikey.CodeConflict:        {http.StatusConflict, "The key's state does not allow this"},
	apikey.CodeLastAdmin:       {http.StatusConflict, "Nobody could manage keys any more"},
	CodeTooLarge:               {http.StatusRequestEntityTooLarge, "The request is too large"},
	CodeMediaType:              {http.StatusUnsupportedMediaType, "The body must be JSON"},
	CodeRateLimited:            {http.StatusTooManyRequests, "Too many requests"},
	CodeRequestTimeout:         {http.StatusRequestTimeout, "The request took too long to arrive"},
	apikey.CodeInternal:        {http.StatusInternalServerError, "A fault of the server"},
	CodeUpstream:               {http.StatusBadGateway, "The service behind the gate does not answer"},
	apikey.CodeUnavailable:     {http.StatusServiceUnavailable, "Not available at the moment"},
}

// Problem is the answer to a request that failed, as in RFC 9457.
type Problem struct {
	Type   string              `json:"type"` // a URN that ends in the code
	Title  string              `json:"title"`
	Status int                 `json:"status"`
	Detail string              `json:"detail"`
	Code   apikey.Code         `json:"code"`
	Errors []apikey.FieldError `json:"errors,omitempty"`

	RetryAfter time.Duration `json:"-"` // goes into a header; 0 = not said
}

// NewProblem makes a Problem. Detail is a sentence for people; what looks like
// a token in it is cut.
func NewProblem(code apikey.Code, detail string, fields ...apikey.FieldError) Problem {
	kind, ok := kinds[code]
	if !ok {
		code = apikey.CodeInternal
		kind = kinds[code]
	}
	p := Problem{Type: typePrefix + string(code), Title: kind.title, Status: kind.status, Detail: detail, Code: code, Errors: fields}
	if kind.status == http.StatusTooManyRequests || kind.status == http.StatusServiceUnavailable {
		p.RetryAfter = RetryAfter
	}
	return p.redacted()
}

// ProblemOf makes the Problem of any error. Of an error that is not an
// apikey.Error nothing is told, because nobody wrote it for callers.
func ProblemOf(err error) Problem {
	var e *apikey.Error
	switch {
	case errors.As(err, &e) && e.Code != apikey.CodeInternal:
		return NewProblem(e.Code, e.Message, e.Fields...)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return NewProblem(apikey.CodeUnavailable, "The request took too long. Try again shortly.")
	}
	return NewProblem(apikey.CodeInternal, "The server met a fault of its own while it handled the request; its log says more.")
}

// Invalid is the error of a request with bad fields.
func Invalid(fields ...apikey.FieldError) *apikey.Error {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Field
	}
	return &apikey.Error{
		Code:    apikey.CodeInvalid,
		Message: "The request is not valid: see " + strings.Join(names, ", ") + ".",
		Fields:  fields,
	}
}

// redacted returns p without tokens.
func (p Problem) redacted() Problem {
	p.Title, p.Detail = apikey.Redact(p.Title), apikey.Redact(p.Detail)
	p.Errors = slices.Clone(p.Errors) // which may be the caller's
	for i := range p.Errors {
		f := &p.Errors[i]
		f.Field, f.Detail = apikey.Redact(f.Field), apikey.Redact(f.Detail)
	}
	return p
}

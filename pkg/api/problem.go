package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// RetryAfter is when a caller may ask again after an answer of 429 or 503
// that does not say.
const RetryAfter = 5 * time.Second

// ContentType is that of a Problem.
const ContentType = "application/problem+json"

const typePrefix = "urn:ostiary:error:"

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
	as, ok := outcomes[code]
	if !ok {
		code = apikey.CodeInternal
		as = outcomes[code]
	}
	p := Problem{
		Type: typePrefix + string(code), Title: as.title, Status: as.status, Detail: detail, Code: code, Errors: fields,
	}
	if as.status == http.StatusTooManyRequests || as.status == http.StatusServiceUnavailable {
		p.RetryAfter = RetryAfter
	}
	return p.redacted()
}

// ProblemOf makes the Problem of any error. The text of an error that is not an
// apikey.Error is left out, because nobody wrote it for callers.
func ProblemOf(err error) Problem {
	var e *apikey.Error
	switch {
	case errors.As(err, &e) && e.Code != apikey.CodeInternal:
		return NewProblem(e.Code, e.Message, e.Fields...)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return NewProblem(apikey.CodeUnavailable, "The request took too long. Try again shortly.")
	}
	return NewProblem(apikey.CodeInternal,
		"The server met a fault of its own while it handled the request; its log says more.")
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

package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Error is a Problem that a server answered. It wraps the apikey.Error that
// the Problem was made of, so apikey.ErrorCode reads failures of a server and of a local
// Service alike.
type Error struct{ Problem }

// Error returns the detail and what is wrong with each field.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Detail)
	for _, f := range e.Errors {
		fmt.Fprintf(&b, "; %s: %s", f.Field, f.Detail)
	}
	return b.String()
}

// Unwrap returns the error of the domain.
func (e *Error) Unwrap() error {
	return &apikey.Error{Code: e.Code, Message: e.Detail, Fields: e.Errors}
}

// Err returns the Problem as an error.
func (p Problem) Err() *Error {
	p = p.redacted()
	if p.Detail == "" {
		p.Detail = p.Title
	}
	return &Error{p}
}

// ErrorOfStatus is the error for an answer that is not a Problem, but whose
// status says what is meant: Grafana and proxies have errors of their own. It
// is nil for a status that says nothing.
func ErrorOfStatus(status int, detail string) *Error {
	var code apikey.Code
	switch status {
	case http.StatusUnauthorized:
		code = apikey.CodeUnauthenticated
	case http.StatusForbidden:
		code = apikey.CodeForbidden
	case http.StatusRequestEntityTooLarge:
		code = apikey.CodeTooLarge
	case http.StatusTooManyRequests:
		code = apikey.CodeRateLimited
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		code = apikey.CodeUnavailable
	default:
		return nil
	}
	p := NewProblem(code, detail)
	p.Status, p.RetryAfter = status, 0
	return p.Err()
}

// CheckID returns an error of CodeNotFound if id cannot be that of a key.
func CheckID(id string) error {
	if _, ok := apikey.ParseID(id); !ok {
		return apikey.Errorf(apikey.CodeNotFound,
			"There is no key with that id. An id has %d letters and digits, such as 4fjK2n0qPz7a.", apikey.IDLength)
	}
	return nil
}

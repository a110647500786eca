package apikey

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure an Error is. The edges translate it: package
// api to HTTP statuses, package cli to exit codes.
type Code string

// The codes of the rules for changing keys. The codes of a verification are
// in package verify.
const (
	CodeInvalid         Code = "invalid_request" // a field is wrong; Error.Fields says which
	CodeUnauthenticated Code = "unauthenticated" // nobody is signed in
	CodeForbidden       Code = "forbidden"       // signed in, but not allowed
	CodeNotFound        Code = "not_found"       // no such key in the caller's organization
	CodeDuplicateName   Code = "duplicate_name"  // another key of the organization has that name
	CodeConflict        Code = "conflict"        // the key's state does not allow the change
	CodeLastAdmin       Code = "last_admin"      // nobody could manage keys any more
	CodeUnavailable     Code = "unavailable"     // the store cannot be reached
	CodeInternal        Code = "internal"        // a fault of ours
)

// FieldError names one bad field of a request and says what would be right.
type FieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error is the one error type of the domain. Message is a sentence that may
// be shown to the caller and never holds a token; the wrapped cause is for the
// log alone.
type Error struct {
	Code    Code
	Message string
	Fields  []FieldError
	Cause   error
}

// Error returns the message with the fields and the cause, for logs.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Field, f.Detail)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error. A cause given with %w is kept for errors.Is and As,
// and its text becomes part of the message, so pass only causes that a caller
// may read; use Unavailable for those of a store.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Cause: nil}
}

// Unavailable wraps a failure of the store. What names the step that failed,
// for the log; the caller learns only that the store cannot be reached.
func Unavailable(what string, cause error) *Error {
	return &Error{
		Code:    CodeUnavailable,
		Message: "The key store cannot be reached at the moment. Try again shortly.",
		Cause:   fmt.Errorf("%s: %w", what, cause),
	}
}

// ErrorCode returns the code of err: "" for nil, CodeInternal for an error
// that is not, and does not wrap, an Error.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// fieldErrors collects what is wrong with a request, so that the caller
// learns of every mistake at once.
type fieldErrors []FieldError

func (f *fieldErrors) add(field, format string, args ...any) {
	*f = append(*f, FieldError{Field: field, Detail: fmt.Sprintf(format, args...)})
}

// addFrom adds err under field, keeping the fields of an Error.
func (f *fieldErrors) addFrom(field string, err error) {
	var e *Error
	switch {
	case err == nil:
	case errors.As(err, &e) && len(e.Fields) > 0:
		*f = append(*f, e.Fields...)
	default:
		f.add(field, "%s", err)
	}
}

// err returns nil, or one Error with all fields.
func (f fieldErrors) err() error {
	if len(f) == 0 {
		return nil
	}
	names := make([]string, 0, len(f))
	for _, fe := range f {
		names = append(names, fe.Field)
	}
	return &Error{
		Code:    CodeInvalid,
		Message: "The request is not valid: see " + strings.Join(names, ", ") + ".",
		Fields:  f,
	}
}

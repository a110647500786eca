package apikey

import (
	"errors"
	"fmt"
	"strings"
)

// Error is the one error type of the domain. Message is a sentence that may
// be shown to the caller and never holds a token; the wrapped cause is for the
// log alone.
type Error struct {
	Code    Code
	Message string
	Fields  []FieldError
	Cause   error

	// Unwritable says of a store that can be read that it cannot be written to.
	Unwritable bool
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

package apikey

import (
	"errors"
	"fmt"
	"strings"
)

// FieldError names one bad field of a request or a configuration and says what
// would be right.
type FieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Mistakes collects what is wrong with the fields of a request or a
// configuration, so that all of them are reported at once.
type Mistakes []FieldError

// Add notes what is wrong with a field.
func (m *Mistakes) Add(field, format string, args ...any) {
	*m = append(*m, FieldError{Field: field, Detail: fmt.Sprintf(format, args...)})
}

// AddError notes err, if there is one, under field; an Error with fields of its
// own keeps them.
func (m *Mistakes) AddError(field string, err error) {
	var e *Error
	switch {
	case err == nil:
	case errors.As(err, &e) && len(e.Fields) > 0:
		*m = append(*m, e.Fields...)
	default:
		m.Add(field, "%s", err)
	}
}

// Err returns nil, or one Error of CodeInvalid with all fields.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return &Error{
		Code:    CodeInvalid,
		Message: "The request is not valid: see " + fieldsOf(m) + ".",
		Fields:  m,
	}
}

// fieldsOf lists the names of fields.
func fieldsOf(m Mistakes) string {
	names := make([]string, len(m))
	for i, f := range m {
		names[i] = f.Field
	}
	return strings.Join(names, ", ")
}

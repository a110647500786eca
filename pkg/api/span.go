package api

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time on the wire: a JSON number of whole seconds, or
// text such as "90d" or "12h". The empty Span is left out.
type Span string

// SpanOf writes a length of time in whole seconds.
func SpanOf(d time.Duration) Span { return Span(strconv.FormatInt(int64(d/time.Second), 10)) }

// UnmarshalJSON takes a number or text, and null as left out. Whether the
// text is a length of time is judged later, where the field's name is known.
func (s *Span) UnmarshalJSON(data []byte) error {
	switch c := data[0]; {
	case c == 'n':
		return nil
	case c == '-' || c >= '0' && c <= '9':
		*s = Span(wholeNumber(string(data)))
		return nil
	}
	text, err := filledText[Span](data)
	*s = Span(text)
	return err
}

// Expiry is the moment at which a key expires, on the wire: RFC 3339, or
// yyyy-MM-dd for the end of that day, or Never. The empty Expiry is left out.
type Expiry string

// Never is the Expiry of a key that does not expire; as a Span, it means the
// same.
const Never = "never"

// ExpiryOf writes a moment.
func ExpiryOf(t time.Time) Expiry { return Expiry(t.UTC().Format(time.RFC3339Nano)) }

// UnmarshalJSON takes text, and null for Never: that is what a Key shows for
// one that does not expire.
func (e *Expiry) UnmarshalJSON(data []byte) error {
	if data[0] == 'n' {
		*e = Never
		return nil
	}
	text, err := filledText[Expiry](data)
	*e = Expiry(text)
	return err
}

// filledText reads a JSON string that is not empty. An empty one would pass
// for a field that was left out, and give a key another lifetime than its
// sender thinks. Errors are UnmarshalTypeErrors, because the decoder adds the
// field's name to those.
func filledText[T any](data []byte) (string, error) {
	wrong := func(what string) error {
		return &json.UnmarshalTypeError{Value: what, Type: reflect.TypeFor[T]()}
	}
	var text string
	switch data[0] {
	case '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return "", err
		}
		if text == "" {
			return "", wrong("empty text")
		}
		return text, nil
	case '{':
		return "", wrong("object")
	case '[':
		return "", wrong("array")
	case 't', 'f':
		return "", wrong("bool")
	}
	return "", wrong("number")
}

// wholeNumber writes a JSON number without point and exponent if it is whole:
// 3.6e3 and 3600.0 are 3600. Others stay as they are.
func wholeNumber(literal string) string {
	if !strings.ContainsAny(literal, ".eE") {
		return literal
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || f != float64(int64(f)) {
		return literal
	}
	return strconv.FormatInt(int64(f), 10)
}

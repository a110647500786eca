package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// bodyRule changes how a body is read.
type bodyRule func(data []byte) (done bool, err error)

// mayBeEmpty takes an empty body as an object without fields.
func mayBeEmpty(data []byte) (done bool, err error) { return len(data) == 0, nil }

// refuseNull refuses null but for the fields given. In a change, some would
// take null for "keep it" and others for "empty it".
func refuseNull(but ...string) bodyRule {
	return func(data []byte) (bool, error) {
		var fields map[string]json.RawMessage
		var wrong apikey.Mistakes
		_ = json.Unmarshal(data, &fields) // what is not an object is reported when it is decoded
		for name, value := range fields {
			if string(value) == "null" && !slices.Contains(but, name) {
				wrong.Add(name, "must not be null; leave the field out to keep its value")
			}
		}
		if len(wrong) == 0 {
			return false, nil
		}
		slices.SortFunc(wrong, func(a, b apikey.FieldError) int { return strings.Compare(a.Field, b.Field) })
		return true, wrong.Err()
	}
}

// readBody reads the JSON object in a request's body into a struct. Errors
// name the field.
func readBody(w http.ResponseWriter, r *http.Request, into any, rules ...bodyRule) error {
	data, err := readData(w, r)
	if err != nil {
		return err
	}
	if wrong := api.WrongFields(data, into); len(wrong) > 0 {
		return wrong.Err()
	}
	for _, rule := range rules {
		if done, err := rule(data); done || err != nil {
			return err
		}
	}
	if len(data) == 0 {
		return apikey.Errorf(apikey.CodeInvalid, "The body is empty. Send a JSON object with %s.", fieldNames(into))
	}
	return decode(data, into)
}

// readFields reads the JSON object in a request's body, whichever fields it has. Numbers are json.Numbers.
func readFields(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	data, err := readData(w, r)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, apikey.Errorf(apikey.CodeInvalid, "The body is empty. Send a JSON object.")
	}
	var fields map[string]any
	if wrong := api.AmbiguousFields(data, &fields); len(wrong) > 0 {
		return nil, wrong.Err()
	}
	if err := decode(data, &fields); err != nil {
		return nil, err
	}
	return fields, nil
}

// readData reads a request's body, which may be empty.
func readData(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := checkMediaType(r); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, api.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, apikey.Errorf(apikey.CodeTooLarge, "The body is longer than %d bytes, which no request needs.",
			tooLarge.Limit)
	case err != nil:
		return nil, apikey.Errorf(apikey.CodeInvalid, "The body did not arrive whole.")
	}
	data = bytes.TrimSpace(data)
	if string(data) == "null" { // which a decoder takes for an object without fields
		return nil, apikey.Errorf(apikey.CodeInvalid, "The body must be a JSON object, not null.")
	}
	return data, nil
}

// checkMediaType takes what is JSON, what does not say, and what curl and
// browsers say by themselves. Other types mean that the caller did not think
// of JSON.
func checkMediaType(r *http.Request) error {
	header := r.Header.Get("Content-Type")
	if header == "" || r.ContentLength == 0 {
		return nil
	}
	mediaType, _, _ := mime.ParseMediaType(header)
	switch {
	case mediaType == "application/json", strings.HasSuffix(mediaType, "+json"),
		mediaType == "text/plain", mediaType == "application/x-www-form-urlencoded":
		return nil
	}
	return apikey.Errorf(apikey.CodeMediaType,
		"The body must be JSON. Send it with the header Content-Type: application/json.")
}

func decode(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // where a field takes anything
	if err := decoder.Decode(into); err != nil {
		return decodeError(err, into)
	}
	if decoder.InputOffset() != int64(len(data)) {
		return apikey.Errorf(apikey.CodeInvalid,
			"The body goes on behind the JSON object, at byte %d. Send one object alone.", decoder.InputOffset())
	}
	return nil
}

// decodeError says in our words what the decoder found. It quotes nothing of
// the body but the name of a field.
func decodeError(err error, into any) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch) && mismatch.Field == "":
		return apikey.Errorf(apikey.CodeInvalid, "The body must be a JSON object, not %s.", kindOf(mismatch.Value))
	case errors.As(err, &mismatch):
		detail := "must be " + wanted(into, mismatch)
		// The decoder adds the digits where a number is of another kind, as 1.5 is for a limit. That it is a
		// number is not what is wrong with it.
		if !strings.HasPrefix(mismatch.Value, "number ") {
			detail += ", not " + kindOf(mismatch.Value)
		}
		return apikey.Mistakes{{Field: mismatch.Field, Detail: detail}}.Err()
	case errors.As(err, &syntax):
		return apikey.Errorf(apikey.CodeInvalid, "The body is not JSON: there is a mistake at byte %d.", syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return apikey.Errorf(apikey.CodeInvalid, "The body is not whole: the JSON object does not end.")
	}
	return apikey.Errorf(apikey.CodeInvalid, "The body cannot be read as JSON.")
}

// kindOf says what a value is by the decoder's word for it.
func kindOf(value string) string {
	switch word, _, _ := strings.Cut(value, " "); word {
	case "string":
		return "a string"
	case "number":
		return "a number"
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	}
	return value
}

// wanted says what the value of a field should be.
func wanted(into any, mismatch *json.UnmarshalTypeError) string {
	name, part, _ := strings.Cut(mismatch.Field, ".")
	for f := range fields(into) {
		if f.name != name {
			continue
		}
		switch f.kind {
		case reflect.TypeFor[apikey.Limits]():
			if part != "" {
				return "a whole number, 0 for no limit"
			}
			return `an object such as {"requestsPerSecond": 50}`
		case reflect.TypeFor[map[string]string]():
			switch {
			case mismatch.Type.Kind() == reflect.String: // the decoder does not say of which label
				return `a string for each label, such as {"team": "sre"}`
			case part == "":
				return `an object such as {"team": "sre"}`
			}
		case reflect.TypeFor[api.Span]():
			return `a number of seconds, or text such as "90d" or "12h"`
		case reflect.TypeFor[api.Expiry]():
			return `a time such as "2027-01-31T12:00:00Z", or null for never`
		case reflect.TypeFor[bool]():
			return "true or false"
		case reflect.TypeFor[[]string]():
			return "a list of strings"
		}
	}
	return "a string"
}

func fieldNames(into any) string {
	var names []string
	for f := range fields(into) {
		names = append(names, f.name)
	}
	if len(names) == 0 {
		return "no fields"
	}
	return strings.Join(names, ", ")
}

// field is one of a request's.
type field struct {
	name string
	kind reflect.Type // without pointer
}

// fields lists the fields that a request takes.
func fields(into any) iter.Seq[field] {
	return func(yield func(field) bool) {
		for f := range reflect.TypeOf(into).Elem().Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			kind := f.Type
			if kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			if !yield(field{name, kind}) {
				return
			}
		}
	}
}

package compat

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxBody is the longest request body in bytes: the longest description,
// escaped, fits in several times.
const maxBody = 64 << 10

// read reads the JSON object in a request's body into a struct. Errors name
// the field. Fields that are not known are passed over, as the systems do; but
// no field is taken for another.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return apikey.Errorf(apikey.CodeTooLarge, "The body is longer than %d bytes, which no request needs.",
			tooLarge.Limit)
	case err != nil:
		return apikey.Errorf(apikey.CodeInvalid, "The body did not arrive whole.")
	case len(bytes.TrimSpace(data)) == 0:
		return apikey.Errorf(apikey.CodeInvalid, "The body is empty. Send a JSON object with %s.", fieldNames(into))
	}
	if wrong := api.AmbiguousFields(data, into); len(wrong) > 0 {
		return wrong.Err()
	}
	return decodeError(json.Unmarshal(data, into), into)
}

// decodeError says in our words what the decoder found. It quotes nothing of
// the body.
func decodeError(err error, into any) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch) && mismatch.Field != "":
		return apikey.Mistakes{{Field: mismatch.Field, Detail: wanted(mismatch)}}.Err()
	case errors.As(err, &mismatch):
		return apikey.Errorf(apikey.CodeInvalid, "The body must be a JSON object with %s.", fieldNames(into))
	case errors.As(err, &syntax):
		return apikey.Errorf(apikey.CodeInvalid, "The body is not JSON: there is a mistake at byte %d.", syntax.Offset)
	}
	return apikey.Errorf(apikey.CodeInvalid, "The body cannot be read as JSON.")
}

// wanted says what the value of a field should be.
func wanted(mismatch *json.UnmarshalTypeError) string {
	if mismatch.Type.Kind() != reflect.Int64 {
		return "must be a string"
	}
	return "must be a whole number: digits alone, 18 at most"
}

func fieldNames(into any) string {
	var names []string
	for f := range reflect.TypeOf(into).Elem().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

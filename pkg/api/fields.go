package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// AmbiguousFields returns the fields of a JSON text that readers understand in
// different ways: those that an object has twice, and those whose names are
// written in other letters' case than into, a pointer to a struct, has them.
// What is not JSON is left to the decoder.
func AmbiguousFields(data []byte, into any) apikey.Mistakes {
	return walkFields(data, into, false)
}

// WrongFields returns the AmbiguousFields, and those that into does not have.
func WrongFields(data []byte, into any) apikey.Mistakes {
	return walkFields(data, into, true)
}

func walkFields(data []byte, into any, strict bool) apikey.Mistakes {
	if !json.Valid(data) { // which also bounds how deep it is
		return nil
	}
	w := fieldWalk{tokens: json.NewDecoder(bytes.NewReader(data)), strict: strict}
	w.tokens.UseNumber()
	w.value("", reflect.TypeOf(into))
	return w.wrong
}

// fieldWalk goes through the tokens of a JSON text that is valid.
type fieldWalk struct {
	tokens *json.Decoder
	strict bool
	wrong  apikey.Mistakes
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// value goes through a value that is decoded into a type; nil is any type. It returns the value's first token.
func (w *fieldWalk) value(path string, t reflect.Type) json.Token {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && reflect.PointerTo(t).Implements(unmarshaler) {
		t = nil
	}
	token, _ := w.tokens.Token()
	switch token {
	case json.Delim('{'):
		w.object(path, t)
	case json.Delim('['):
		var of reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			of = t.Elem()
		}
		for i := 0; w.tokens.More(); i++ {
			w.item(path+"["+strconv.Itoa(i)+"]", of)
		}
		_, _ = w.tokens.Token()
	}
	return token
}

// item goes through a value of a list or a map, which a decoder would leave empty for null.
func (w *fieldWalk) item(path string, t reflect.Type) {
	if w.value(path, t) == nil && w.strict && t != nil && t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		w.add(path, "must not be null")
	}
}

func (w *fieldWalk) object(path string, t reflect.Type) {
	seen := map[string]bool{}
	for w.tokens.More() {
		token, _ := w.tokens.Token()
		name, _ := token.(string)
		full := clipName(strings.TrimPrefix(path+"."+name, "."))
		if seen[name] {
			w.add(full, "is given more than once")
		}
		seen[name] = true
		if of := w.fieldType(t, name, full); t != nil && t.Kind() == reflect.Map {
			w.item(full, of)
		} else {
			w.value(full, of)
		}
	}
	_, _ = w.tokens.Token()
}

// fieldType returns the type of a struct's field, or nil, and notes a name that
// is not one.
func (w *fieldWalk) fieldType(t reflect.Type, name, full string) reflect.Type {
	switch {
	case t == nil:
		return nil
	case t.Kind() == reflect.Map:
		return t.Elem()
	case t.Kind() != reflect.Struct:
		return nil
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		known, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && known == "" {
			continue // its own fields come by themselves
		}
		if known == name {
			return f.Type
		}
		if strings.EqualFold(known, name) {
			w.add(full, "is written "+known+" here")
			return nil
		}
		names = append(names, known)
	}
	if takes := strings.Join(names, ", "); w.strict && takes == "" {
		w.add(full, "is not a field of this request; it takes no fields")
	} else if w.strict {
		w.add(full, "is not a field of this request; it takes "+takes)
	}
	return nil
}

func (w *fieldWalk) add(field, detail string) {
	const most = 20 // a body of mistakes needs no answer as long
	if len(w.wrong) < most {
		w.wrong = append(w.wrong, apikey.FieldError{Field: field, Detail: detail})
	}
}

// clipName shortens a name that the caller made up.
func clipName(name string) string {
	const most = 80
	if r := []rune(name); len(r) > most {
		return string(r[:most]) + "…"
	}
	return name
}

package endpoints

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// asInFile brings the fields of a request into the form of the configuration file: names with underscores, and numbers
// as YAML has them. What is empty stays so: whoever reads the fields refuses it, since it may be a mistake that would
// open an endpoint. The mistakes are in what is there twice.
func asInFile(fields map[string]any) (out map[string]any, wrong apikey.Mistakes) {
	out = map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		known := snake(name)
		if _, twice := out[known]; twice {
			wrong.Add(camel(known), "is given twice, as %s too", name)
		}
		out[known] = valueInFile(known, fields[name])
	}
	return out, wrong
}

// valueInFile brings a value into the form of the file.
func valueInFile(name string, value any) any {
	switch v := value.(type) {
	case json.Number:
		return number(v)
	case []any:
		return listInFile(name, v)
	case map[string]any:
		return mapInFile(name, v)
	}
	return value
}

func listInFile(name string, list []any) any {
	out := make([]any, len(list))
	for i, item := range list {
		fields, isMap := item.(map[string]any)
		switch {
		case isMap && name == "paths":
			out[i], _ = asInFile(fields)
		case item == nil:
			out[i] = "" // which is no path, and no word
		default:
			out[i] = valueInFile("", item)
		}
	}
	return out
}

func mapInFile(name string, fields map[string]any) any {
	out := map[string]any{}
	for field, value := range fields {
		if name != "methods" {
			field = snake(field)
		}
		if n, isNumber := value.(json.Number); isNumber && name == "on_expired" {
			value = n.String() + "s"
		}
		out[field] = valueInFile(field, value)
	}
	return out
}

// number returns a number as YAML would have it.
func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n.String()
}

// clip shortens a text to so many bytes.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// snake writes a name as in the file: limitPerKey is limit_per_key.
func snake(name string) string {
	var b strings.Builder
	for _, c := range name {
		if unicode.IsUpper(c) {
			b.WriteByte('_')
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// camel writes a name as in the API.
func camel(name string) string {
	var b strings.Builder
	upper := false
	for _, c := range name {
		if c == '_' {
			upper = true
			continue
		}
		if upper {
			c = unicode.ToUpper(c)
		}
		upper = false
		b.WriteRune(c)
	}
	return b.String()
}

// What mistakes may quote of a request, so that an answer is no longer than a person reads.
const (
	maxMistakes = 50
	maxField    = 100 // bytes
	maxDetail   = 600 // bytes
)

// inAPI names the fields of mistakes as the API does.
func inAPI(wrong apikey.Mistakes) apikey.Mistakes {
	wrong = wrong[:min(len(wrong), maxMistakes)]
	for i := range wrong {
		wrong[i].Detail = clip(wrong[i].Detail, maxDetail)
		field, method, isMethod := strings.Cut(clip(wrong[i].Field, maxField), "methods.")
		wrong[i].Field = camel(field)
		if isMethod {
			wrong[i].Field += "methods." + method
		}
	}
	return wrong
}

package page

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
)

// meanwhileMost is the longest value that is said of a field that somebody else changed, in characters.
const meanwhileMost = 80

// meanwhile says which fields somebody else changed, and what they hold now, a line each.
func meanwhile(w *words.Words, names []string, is map[string]any) string {
	if len(is) == 0 {
		return w.Fields(names)
	}
	lines := []string{w.T("problem.meanwhile.is")}
	for _, name := range names {
		line := w.Field(name)
		value, said := is[name]
		if text := fieldNow(w, name, value); said && text != "" && utf8.RuneCountInString(text) <= meanwhileMost {
			line = w.Said(line, text)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// nothingIn is what it means that a field is empty, where that is not none.
var nothingIn = map[string]string{
	"endpoints": "audit.all", "allowedCidrs": "audit.any-address", "kind": "endpoint-form.other-kind",
	"require": "endpoint-form.by-rule", "tenant": "endpoint-form.tenant-none", "onExpired": "endpoint-form.deny",
	"preserveHost": "audit.no",
}

// fieldNow writes the value of a field as the forms do; empty is one that takes more than a few words.
func fieldNow(w *words.Words, name string, value any) string {
	text := ""
	switch v := value.(type) {
	case bool:
		text = w.T(map[bool]string{true: "audit.yes", false: "audit.no"}[v])
	case float64: // the seconds of a policy
		text = policyTime(w, name, int64(v))
	case []any:
		if name == "paths" && len(v) > 0 {
			return ""
		}
		var parts []string
		for _, one := range v {
			part, _ := one.(string)
			parts = append(parts, part)
		}
		text = strings.Join(parts, ", ")
	case map[string]any:
		text = tableNow(w, name, v)
	case string:
		text = wordNow(w, name, v)
	}
	if text != "" {
		return text
	}
	if nothing, ok := nothingIn[name]; ok {
		return w.T(nothing)
	}
	return w.T("audit.none")
}

func policyTime(w *words.Words, name string, seconds int64) string {
	switch {
	case seconds > 0:
		return w.Span(state.Seconds(seconds))
	case name == "maxTtl":
		return w.T("policy.no-limit")
	}
	return w.T("time.never-expires")
}

func wordNow(w *words.Words, name, value string) string {
	switch {
	case name == "expiresAt":
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			return w.Moment(at)
		}
		return w.T("audit.never")
	case name != "require" || value == "":
		return value
	case value == "none":
		return w.T("key-form.open-to-all")
	case value == "manage": // what is behind the endpoint, and not keys
		return w.T("endpoints.manage")
	}
	return w.T("permission." + value)
}

// tableNow writes what has fields of its own.
func tableNow(w *words.Words, name string, value map[string]any) string {
	var parts []string
	switch name {
	case "limits", "limitPerKey":
		for _, limit := range state.KeyLimits {
			n, _ := value[limit.Field].(float64)
			switch {
			case n == 0:
			case limit.Bytes:
				parts = append(parts, w.Said(w.T(limit.Text), w.Bytes(int64(n))))
			default:
				parts = append(parts, w.Said(w.T(limit.Text), w.Number(int64(n))))
			}
		}
	case "tenant":
		for field, text := range map[string]string{
			"header": "endpoints.by-header", "label": "endpoints.by-label",
			"extraLabel": "endpoints.by-extra-label",
		} {
			if header, _ := value[field].(string); header != "" {
				parts = append(parts, w.T(text, "name", header))
			}
		}
	case "onExpired":
		for field, text := range map[string]string{"hold": "endpoints.held", "grace": "endpoints.grace"} {
			if n, _ := value[field].(float64); n > 0 {
				parts = append(parts, w.T(text, "time", w.Span(state.Seconds(int64(n)))))
			}
		}
	case "methods":
		methods := map[string]string{}
		for method, takes := range value {
			methods[method], _ = takes.(string)
		}
		parts = append(parts, state.TypedMethods(methods))
	}
	return strings.Join(parts, ", ")
}

package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
)

// need reads what requests must show: a permission, or none.
func (r *reader) need(key, s string) gate.Need {
	switch s {
	case "":
		return gate.Need{}
	case "none":
		return gate.Need{Open: true}
	}
	p, err := apikey.ParsePermission(s)
	if err != nil {
		r.wrong(key, "%s", err)
		return unread
	}
	return gate.Need{Require: p}
}

// unread stands for what could not be read and was said so of: it is neither
// missing, nor good.
var unread = gate.Need{Require: ^apikey.Permission(0)}

// methods reads what each method takes.
func (r *reader) methods(key string, raw any) gate.Methods {
	if raw == nil {
		return nil
	}
	fields, ok := raw.(map[string]any)
	if !ok || len(fields) == 0 {
		r.wrong(key, "must say what each method takes, such as {GET: read, POST: write}; other methods are closed")
		return gate.Methods{}
	}
	out := gate.Methods{}
	for method := range fields {
		s := r.field(key, fields, method)
		if s == "" {
			r.wrong(key+"."+method, "is empty; use read, write, ingest or manage, or none for what anyone may see")
		}
		out[method] = r.need(key+"."+method, s)
	}
	return out
}

var ruleFields = []string{"path", "require", "methods"}

// rules reads paths, each alone or with what it takes.
func (r *reader) rules(key string, raw any) (out []gate.Rule) {
	switch v := raw.(type) {
	case nil:
		return nil
	case string:
		for _, path := range splitList(v) {
			out = append(out, gate.Rule{Path: path})
		}
		return out
	case []any:
		for i, item := range v {
			out = append(out, r.rule(fmt.Sprintf("%s[%d]", key, i), item))
		}
		return out
	}
	r.wrong(key, "must be a list of paths, such as [/a, {path: /b, require: write}]")
	return nil
}

func (r *reader) rule(key string, raw any) gate.Rule {
	switch v := raw.(type) {
	case string:
		return gate.Rule{Path: strings.TrimSpace(v)}
	case map[string]any:
		for name, value := range v {
			switch {
			case !slices.Contains(ruleFields, name):
				r.wrong(key+"."+name, "is not a field of a path%s; there are %s%s", meant(name, ruleFields),
					strings.Join(ruleFields, ", "), ofEndpoint(name))
			case value == nil:
				r.wrong(key+"."+name, noValue)
			case value == "" && name == "require":
				r.wrong(key+"."+name, "is empty; write read, write, ingest, manage or none, or leave it out for what the endpoint takes")
			}
		}
		return gate.Rule{
			Path:    r.field(key, v, "path"),
			Need:    r.need(key+".require", r.field(key, v, "require")),
			Methods: r.methods(key+".methods", v["methods"]),
		}
	}
	r.wrong(key, "must be a path, such as /a, or {path: /a, require: write}")
	return gate.Rule{Need: unread}
}

// ofEndpoint says where a field belongs that is another's.
func ofEndpoint(name string) string {
	if slices.Contains(endpointFields, name) {
		return "; " + name + " is said of the whole endpoint"
	}
	return ""
}

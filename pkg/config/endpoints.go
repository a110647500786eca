package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

const endpointsKey = "gate.endpoints"

var endpointFields = []string{"name", "path", "paths", "methods", "require", "kind", "upstream", "preserve_host",
	"upstream_auth_file", "pool", "org", "query", "schemes", "headers", "basic_until_first_key", "assert",
	"receiver_key_file", "on_expired", "tenant", "limit_per_key"}

// endpoints reads the list of endpoints, which only the file can hold.
func (r *reader) endpoints() []gate.Endpoint {
	raw := r.k.Get(endpointsKey)
	if raw == nil {
		return nil
	}
	list, ok := raw.([]any)
	if !ok {
		r.wrong(endpointsKey, "must be a list, such as - {name: metrics, path: /metrics, require: read, upstream: \"http://127.0.0.1:9090\"}")
		return nil
	}
	var out []gate.Endpoint
	for i, item := range list {
		key := fmt.Sprintf("%s[%d]", endpointsKey, i)
		fields, ok := item.(map[string]any)
		if !ok {
			r.wrong(key, "must have fields: %s", strings.Join(endpointFields, ", "))
			out = append(out, gate.Endpoint{}) // so that those behind it keep their numbers
			continue
		}
		out = append(out, r.endpoint(key, fields))
	}
	return out
}

// endpoint reads what a field says; whether an endpoint can be so is the gate's
// to check.
func (r *reader) endpoint(key string, fields map[string]any) gate.Endpoint {
	for name, value := range fields {
		switch {
		case !slices.Contains(endpointFields, name):
			r.wrong(key+"."+name, "is not a field of an endpoint%s; there are %s", meant(name, endpointFields),
				strings.Join(endpointFields, ", "))
		case value == nil:
			r.wrong(key+"."+name, noValue)
		case name == "path" && isEmpty(value):
			r.wrong(key+".path", "is empty; write / for every path, or leave it out")
		}
	}
	e := gate.Endpoint{
		Name:               r.field(key, fields, "name"),
		Path:               r.field(key, fields, "path"),
		Paths:              r.rules(key+".paths", fields["paths"]),
		Methods:            r.methods(key+".methods", fields["methods"]),
		Kind:               r.field(key, fields, "kind"),
		Upstream:           r.upstream(key, fields),
		PreserveHost:       r.flag(key, fields, "preserve_host"),
		Pool:               r.field(key, fields, "pool"),
		OrgID:              r.org(key, fields),
		Query:              r.field(key, fields, "query"),
		Schemes:            r.words(key, fields, "schemes"),
		Headers:            r.words(key, fields, "headers"),
		Assert:             r.field(key, fields, "assert"),
		OnExpired:          r.onExpired(key+".on_expired", fields["on_expired"]),
		LimitPerKey:        r.limitPerKey(key+".limit_per_key", fields["limit_per_key"]),
		BasicUntilFirstKey: r.basicUntilFirstKey(key+".basic_until_first_key", fields["basic_until_first_key"]),
		Tenant:             r.tenant(key+".tenant", fields["tenant"]),
	}
	need := r.need(key+".require", r.field(key, fields, "require"))
	e.Require, e.Open = need.Require, need.Open
	if fields["upstream_auth_file"] != nil {
		e.UpstreamAuth = r.secretFile(key, fields, "upstream_auth_file",
			"user:password or a bearer token, as the upstream wants it,")
	}
	if kind := kinds.Find(e.Kind); kind != nil && kind.Tenant != "" && e.Tenant.IsZero() {
		r.warn(key+".kind", "lets clients say in "+kind.Tenant+" whose data they mean, whatever their key; "+
			"if "+kind.Title+" knows tenants, set tenant: {header: "+kind.Tenant+"}")
	}
	if e.Assert != "" && e.OrgID == 0 {
		e.OrgID = StandaloneOrg // a Grafana takes the role in one organization alone, and names are unique in one alone
	}
	if fields["receiver_key_file"] != nil {
		e.ReceiverKey = r.secretFile(key, fields, "receiver_key_file", "the receiver key")
	}
	return e
}

// noValue is said of a field that has none: what was to stand there may be commented out, and would have closed
// something.
const noValue = "has no value; write one, or leave the field out"

// meant suggests what a misspelt name may have meant, or nothing.
func meant(name string, names []string) string {
	if best := Closest(name, names); best != "" {
		return "; did you mean " + best + "?"
	}
	return ""
}

func (r *reader) org(key string, fields map[string]any) int64 {
	s := r.field(key, fields, "org")
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		r.wrong(key+".org", "%q is not the number of an organization", s)
	}
	return n
}

func (r *reader) upstream(key string, fields map[string]any) *url.URL {
	s := r.field(key, fields, "upstream")
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		r.wrong(key+".upstream", "is not an address such as http://127.0.0.1:4040")
		return nil
	}
	return u
}

func (r *reader) basicUntilFirstKey(key string, raw any) *gate.BasicAuth {
	if raw == nil {
		return nil
	}
	fields, ok := raw.(map[string]any)
	if !ok {
		r.wrong(key, "must have the fields username and password_file")
		return nil
	}
	for name := range fields {
		if name != "username" && name != "password_file" {
			r.wrong(key+"."+name, "is not a field; there are username and password_file")
		}
	}
	return &gate.BasicAuth{Username: r.field(key, fields, "username"),
		Password: r.secretFile(key, fields, "password_file", "the password")}
}

// tenant reads how an endpoint's upstream learns of the tenant.
func (r *reader) tenant(key string, raw any) (t gate.Tenant) {
	if raw == nil {
		return t
	}
	fields, ok := raw.(map[string]any)
	if !ok || len(fields) == 0 {
		r.wrong(key, "must say how the upstream learns of the tenant: {header: X-Scope-OrgID}, {label: tenant} or {extra_label: tenant}")
		return t
	}
	for name := range fields {
		var into *string
		switch name {
		case "header":
			into = &t.Header
		case "label":
			into = &t.Label
		case "extra_label":
			into = &t.ExtraLabel
		default:
			r.wrong(key+"."+name, "is not a field; use one of header, label and extra_label")
			continue
		}
		if *into = r.field(key, fields, name); *into == "" {
			r.wrong(key+"."+name, "is empty; write a name, such as X-Scope-OrgID for header, or tenant")
		}
	}
	return t
}

// secretFile reads the file that a field names, which holds one secret alone.
func (r *reader) secretFile(key string, fields map[string]any, field, what string) string {
	name := r.resolve(r.field(key, fields, field), true)
	if name == "" {
		r.wrong(key+"."+field, "is missing; it names a file that holds %s alone", what)
		return ""
	}
	return r.secret(key+"."+field, name, what)
}

// secret reads a file that holds one secret alone.
func (r *reader) secret(key, name, what string) string {
	secret, warning, err := secretfile.Line(name, what)
	if _, unread := errors.AsType[*fs.PathError](err); unread {
		err = fmt.Errorf("cannot be read: %w; it must hold %s", err, what)
	}
	if err != nil {
		r.wrong(key, "%s", err)
	}
	r.warn(key, warning)
	return secret
}

// field reads a scalar of an endpoint.
func (r *reader) field(key string, fields map[string]any, name string) string {
	switch v := fields[name].(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case int, int64, uint64, float64:
		return fmt.Sprint(v)
	case bool: // no name, no path and no address is one
		r.wrong(key+"."+name, "must be a text; if it is, put %t in quotation marks", v)
		return ""
	}
	r.wrong(key+"."+name, "must be a single value")
	return ""
}

// isEmpty reports whether a value is a text without a letter in it.
func isEmpty(value any) bool {
	text, isText := value.(string)
	return isText && strings.TrimSpace(text) == ""
}

// flag reads a field that is true or false.
func (r *reader) flag(key string, fields map[string]any, name string) bool {
	switch v := fields[name].(type) {
	case nil:
		return false
	case bool:
		return v
	}
	r.wrong(key+"."+name, "must be true or false")
	return false
}

// words reads a list, or what has commas between.
func (r *reader) words(key string, fields map[string]any, name string) (out []string) {
	switch v := fields[name].(type) {
	case nil:
		return nil
	case string:
		return splitList(v)
	case []any:
		for _, item := range v {
			out = append(out, fmt.Sprint(item))
		}
		return out
	}
	r.wrong(key+"."+name, "must be a list of words")
	return nil
}

func checkListen(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%q is not an address to listen on; write host:port, such as 127.0.0.1:7171", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is not a port from 0 to 65535", port)
	} else if n == 0 && host == "" {
		return fmt.Errorf("%q names neither host nor port", s)
	}
	return nil
}

// Package confine keeps requests within the series of tenants, for backends that know no tenants of their own: the
// Prometheus API by a label in every query (Label), VictoriaMetrics by its own parameters (ExtraLabel). What is not
// known to be confined is refused.
package confine

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Way is a way to keep requests within the series of tenants.
type Way interface {
	// Confine answers what becomes of a request that acts for tenants, of which there is at least one. It reads the
	// body if that is part of the question. The error has CodeForbidden if the request cannot be confined, CodeInvalid
	// if it is malformed or asks for more, CodeTooLarge or CodeMediaType; or it is the body's own.
	Confine(r *Request, tenants []string) (*Confined, error)
}

// Request is what is looked at of a request.
type Request struct {
	Method  string
	Path    string            // clean and unescaped
	Prefix  string            // the part of Path, from its beginning, that may lead to the API; empty = none
	Query   string            // as the client wrote it
	Header  http.Header       // not changed
	Body    io.Reader         // nil = none
	Require apikey.Permission // what the key had to grant
}

// Confined is what is passed on in place of a request.
type Confined struct {
	// Query takes the place of the client's.
	Query string

	// Form, unless it is nil, takes the place of the body, with FormType. Otherwise the body is passed on as it is.
	Form []byte

	// Answer, unless it is nil, makes of a body that the backend answered with 200 the one that the client gets. The
	// backend must not compress it.
	Answer func(body []byte) ([]byte, error)
}

// FormType is the Content-Type of a Form.
const FormType = "application/x-www-form-urlencoded"

// MaxAnswer is how long a body may be, in bytes, that is given to Answer.
const MaxAnswer = 32 << 20

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// CheckLabel says what is wrong with the name of a label that holds the tenant.
func CheckLabel(name string) error {
	switch {
	case !labelName.MatchString(name):
		return fmt.Errorf("%q is not the name of a label; write letters, digits and underscores, such as tenant", name)
	case strings.HasPrefix(name, "__"):
		return fmt.Errorf("%q: names that begin with two underscores have a meaning of their own; choose another", name)
	}
	return nil
}

// paths returns how an API may know the request's path: as it is, and without what leads to the API, unless that looks
// like a part of it. Both may begin with /prometheus, which VictoriaMetrics, Mimir and others put there.
func (r *Request) paths(known func(segment string) bool) []string {
	out := []string{strings.TrimPrefix(r.Path, "/prometheus")}
	if r.Prefix == "" || r.Prefix == "/" {
		return out
	}
	segment, _, _ := strings.Cut(r.Prefix[1:], "/")
	if rest, ok := strings.CutPrefix(r.Path, r.Prefix); ok && !known(segment) {
		out = append(out, strings.TrimPrefix(rest, "/prometheus"))
	}
	return out
}

// plain returns what stands for a path in a table.
func plain(path string) string {
	switch {
	case matchesLabel(path):
		return labelValues
	case strings.HasPrefix(path, pushgateway):
		return strings.TrimSuffix(pushgateway, "/metrics/job")
	case strings.HasPrefix(path, "/datadog/"):
		return strings.TrimSuffix(path, "/") // agents of old write it so
	}
	return path
}

// pushgateway is where VictoriaMetrics takes labels from the path, as the Pushgateway does.
const pushgateway = "/api/v1/import/prometheus/metrics/job"

// matchesLabel reports whether a path is /api/v1/label/NAME/values.
func matchesLabel(path string) bool {
	name, ok := strings.CutPrefix(path, "/api/v1/label/")
	if !ok {
		return false
	}
	name, ok = strings.CutSuffix(name, "/values")
	return ok && name != "" && !strings.Contains(name, "/")
}

// labelValues is where matchesLabel finds a path in a table.
const labelValues = "/api/v1/label/*/values"

// route is what is known of a path.
type route struct {
	methods []string
	how     how
}

type routes map[string]route

// find returns what is known of the request's path and method.
func (table routes) find(r *Request, where string) (route, string, error) {
	isFirst := func(segment string) bool {
		for path := range table {
			if first, _, _ := strings.Cut(path[1:], "/"); first == segment {
				return true
			}
		}
		return segment == "graphite" || segment == "static"
	}
	for _, path := range r.paths(isFirst) {
		if found, ok := table[plain(path)]; ok {
			if !slices.Contains(found.methods, r.Method) {
				return route{}, "", apikey.Errorf(apikey.CodeForbidden,
					"%s cannot be confined to a tenant with %s; use %s.",
					path, r.Method, strings.Join(found.methods, " or "))
			}
			return found, path, nil
		}
	}
	return route{}, "", apikey.Errorf(apikey.CodeForbidden,
		"This path cannot be confined to a tenant, so the gate does not pass it on. Ask for one of the paths that can; "+
			"the documentation of %s lists them.", where)
}

// how a path is confined.
type how uint8

const (
	byQuery    how = iota // the query has expressions
	byMatchers            // the query has selectors
	byAnswer              // the answer is filtered
	byFilter              // the backend filters
	byWriting             // the backend labels what is written
)

var (
	get        = []string{http.MethodGet}
	getOrPost  = []string{http.MethodGet, http.MethodPost}
	getPostPut = []string{http.MethodGet, http.MethodPost, http.MethodPut}
)

var (
	errReadOnly = apikey.Errorf(apikey.CodeForbidden,
		"This path writes, and the endpoint takes keys that read. Send it to an endpoint that takes write or ingest.")
	errIngestOnly = apikey.Errorf(apikey.CodeForbidden,
		"This path reads, and the endpoint takes keys that ingest. Send it to an endpoint that takes read.")
)

// regexpOf returns the regular expression that the tenants' names match, and no others.
func regexpOf(tenants []string) string {
	quoted := make([]string, len(tenants))
	for i, t := range tenants {
		quoted[i] = regexp.QuoteMeta(t)
	}
	return strings.Join(quoted, "|")
}

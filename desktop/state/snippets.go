package state

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// SnippetID names a way to use a token.
type SnippetID string

// The ways.
const (
	SnippetBearer      SnippetID = "bearer"
	SnippetBasic       SnippetID = "basic"
	SnippetPrometheus  SnippetID = "prometheus"
	SnippetCollector   SnippetID = "otel"
	SnippetPyroscope   SnippetID = "pyroscope"
	SnippetEnvironment SnippetID = "env"
	SnippetCertificate SnippetID = "certificate"
)

// Snippet is a ready piece of configuration, with the token filled in.
type Snippet struct {
	ID   SnippetID
	Text string
}

// Use is what snippets are made for: a key at a gate.
type Use struct {
	Token string // or a mark for it; nothing in it has to be escaped
	Key   api.Key
	Gate  api.GateAddress

	// Endpoints are what the gate protects.
	Endpoints []api.Endpoint
}

// CertificateFile is under which name snippets expect the gate's self-made
// certificate.
const CertificateFile = "ostiary-gate.pem"

// Gate asks what the gate protects, and where clients reach it.
func (s *Session) Gate(ctx context.Context) (*api.EndpointList, error) {
	list, err := s.client.Endpoints(ctx)
	if unknown(err) {
		return nil, &Problem{Kind: KindOlder, Err: err}
	}
	if err != nil {
		return nil, err
	}
	list.Gate.URL = gateURL(list.Gate, s.Connection)
	return list, nil
}

// unknown reports whether a server, which is an Ostiary, does not know a route.
func unknown(err error) bool {
	foreign, ok := errors.AsType[*client.ForeignError](err)
	return ok && foreign.Status == http.StatusNotFound || apikey.ErrorCode(err) == apikey.CodeNotFound
}

// gateURL is where clients reach the gate. A gate that listens at every address
// of its server is reached by the host by which the server is.
func gateURL(gate api.GateAddress, c Connection) string {
	address := strings.TrimSuffix(gate.URL, "/")
	at, err := url.Parse(address)
	if err != nil || !gate.AnyAddress {
		return address
	}
	server, err := url.Parse(c.Address)
	if err != nil || server.Hostname() == "" {
		return address
	}
	port := at.Port()
	if port == defaultPorts[at.Scheme] {
		port = ""
	}
	at.Host = strings.TrimSuffix(net.JoinHostPort(server.Hostname(), port), ":")
	return at.String()
}

// defaultPorts need not be written.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// opened are the endpoints that the key opens: those that it is limited to,
// and of a permission that its role grants.
func (u Use) opened() []api.Endpoint {
	return slices.DeleteFunc(slices.Clone(u.Endpoints), func(e api.Endpoint) bool {
		return len(u.Key.Endpoints) > 0 && !slices.Contains(u.Key.Endpoints, e.Name) ||
			e.Pool != "" && e.Pool != u.Key.Pool || len(u.granted(e)) == 0
	})
}

// granted are the permissions that an endpoint takes and the key's role grants.
func (u Use) granted(e api.Endpoint) []string {
	takes := e.Takes
	if e.Require != "" {
		takes = []string{e.Require}
	}
	return slices.DeleteFunc(slices.Clone(takes), func(one string) bool { return !grants(u.Key.Role, one) })
}

func grants(role apikey.Role, require string) bool {
	if require == api.RequireNone {
		return true
	}
	p, err := apikey.ParsePermission(require)
	return err == nil && role.Grants(p)
}

// ProvenAt is the endpoint at which the key is shown to be good; empty for any.
// It is not ok if the key opens none of those that it is limited to. A name that
// the gate does not know may be one that only a proxy knows.
func (u Use) ProvenAt() (name string, ok bool) {
	if len(u.Key.Endpoints) == 0 {
		return "", true
	}
	if opened := u.opened(); len(opened) > 0 {
		return opened[0].Name, true
	}
	for _, name := range u.Key.Endpoints {
		if !slices.ContainsFunc(u.Endpoints, func(e api.Endpoint) bool { return e.Name == name }) {
			return name, true
		}
	}
	return "", false
}

// Before the part of a path that a client adds by itself.
var (
	otlpRoot      = regexp.MustCompile(`^(.*?)/v1(?:/(?:traces|metrics|logs))?$|^(.*/otlp)$|^/$`)
	pyroscopeRoot = regexp.MustCompile(`^(.*?)/(?:ingest|push\.v1\.PusherService(?:/Push)?)$`)
)

// Snippets are those that work with the key's role and limits, at this gate.
func (u Use) Snippets() (all []Snippet) {
	add := func(id SnippetID, text string) { all = append(all, Snippet{id, text}) }
	if u.Gate.URL != "" {
		u.addRequests(add)
		u.addClients(add)
	}
	add(SnippetEnvironment, fmt.Sprintf("export OSTIARY_API_KEY='%s'", u.Token))
	if u.Gate.Certificate != "" {
		add(SnippetCertificate, strings.TrimSpace(u.Gate.Certificate)+"\n")
	}
	return all
}

// addRequests adds what asks the gate whether it lets the key in.
func (u Use) addRequests(add func(SnippetID, string)) {
	name, ok := u.ProvenAt()
	if !ok {
		return
	}
	address := u.Gate.URL + "/auth"
	if name != "" {
		address += "?endpoint=" + name + u.asWhat(name)
	}
	trust := u.ifSelfMade("--cacert " + CertificateFile + " ")
	add(SnippetBearer, fmt.Sprintf("curl -i %s-H 'Authorization: Bearer %s' '%s'", trust, u.Token, address))
	add(SnippetBasic, fmt.Sprintf("curl -i %s-u 'api_key:%s' '%s'", trust, u.Token, address))
}

// asWhat says for an endpoint that takes several permissions which one the gate
// is asked about.
func (u Use) asWhat(name string) string {
	at := slices.IndexFunc(u.Endpoints, func(e api.Endpoint) bool { return e.Name == name })
	if at < 0 || u.Endpoints[at].Require != "" {
		return ""
	}
	if granted := u.granted(u.Endpoints[at]); len(granted) > 0 && granted[0] != api.RequireNone {
		return "&require=" + granted[0]
	}
	return ""
}

// addClients adds the settings of programs that go through the gate.
func (u Use) addClients(add func(SnippetID, string)) {
	var scraped, fed []api.Endpoint
	for _, e := range u.opened() {
		switch {
		case !e.Proxied:
		case takes(e, apikey.PermissionRead, "GET"):
			scraped = append(scraped, e)
		case takes(e, apikey.PermissionIngest, "POST"):
			fed = append(fed, e)
		}
	}
	if len(scraped) > 0 {
		at := max(0, slices.IndexFunc(scraped, func(e api.Endpoint) bool { return metricsPath(e) != "" }))
		add(SnippetPrometheus, u.prometheus(scraped[at]))
	}
	if root, ok := firstRoot(fed, otlpRoot); ok {
		add(SnippetCollector, u.collector(root))
	}
	if root, ok := firstRoot(fed, pyroscopeRoot); ok {
		add(SnippetPyroscope, u.pyroscope(root))
	}
}

// takes reports whether requests with a method take a permission, at every path
// of an endpoint.
func takes(e api.Endpoint, p apikey.Permission, method string) bool {
	return e.Require == p.String() || e.Methods[method] == p.String()
}

// metricsPath is the path of an endpoint under which metrics usually are, or
// empty.
func metricsPath(e api.Endpoint) string {
	if i := slices.IndexFunc(e.Paths, func(path string) bool { return strings.HasSuffix(path, "/metrics") }); i >= 0 {
		return e.Paths[i]
	}
	return ""
}

// firstRoot is what stands before the part of a path that a client adds, of
// the first path that has one.
func firstRoot(endpoints []api.Endpoint, form *regexp.Regexp) (string, bool) {
	for _, e := range endpoints {
		for _, path := range e.Paths {
			if match := form.FindStringSubmatch(path); match != nil {
				return cmp.Or(match[1:]...), true
			}
		}
	}
	return "", false
}

func (u Use) prometheus(e api.Endpoint) string {
	at, err := url.Parse(u.Gate.URL)
	if err != nil {
		at = &url.URL{Host: u.Gate.URL}
	}
	path := cmp.Or(metricsPath(e), append(slices.Clone(e.Paths), "/")[0])
	if path == "/" {
		path = "/metrics"
	}
	return fmt.Sprintf(`scrape_configs:
  - job_name: %s
    scheme: %s
    metrics_path: %s
    authorization:
      type: Bearer
      credentials: %s
%s    static_configs:
      - targets: ['%s']
`, e.Name, at.Scheme, strings.TrimSuffix(at.Path, "/")+path, u.Token,
		u.ifSelfMade("    tls_config:\n      ca_file: "+CertificateFile+"\n"), at.Host)
}

func (u Use) collector(root string) string {
	return fmt.Sprintf(`extensions:
  bearertokenauth:
    token: %s

exporters:
  otlp_http: # otlphttp in older Collectors
    endpoint: %s
%s    auth:
      authenticator: bearertokenauth

service:
  extensions: [bearertokenauth]
`, u.Token, u.Gate.URL+root, u.ifSelfMade("    tls:\n      ca_file: "+CertificateFile+"\n"))
}

func (u Use) pyroscope(root string) string {
	return fmt.Sprintf(`%spyroscope.Start(pyroscope.Config{
	ApplicationName:   "my.service",
	ServerAddress:     %q,
	BasicAuthUser:     "api_key",
	BasicAuthPassword: "%s",
})
`, u.ifSelfMade("// Run it with SSL_CERT_FILE="+CertificateFile+"\n"), u.Gate.URL+root, u.Token)
}

// ifSelfMade is text where the gate's certificate is self-made.
func (u Use) ifSelfMade(text string) string {
	if u.Gate.Certificate == "" {
		return ""
	}
	return text
}

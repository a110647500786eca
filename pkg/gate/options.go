package gate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/upstreams"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Options of a Gate. Only Verifier must be given.
type Options struct {
	// Endpoints are what the gate protects.
	Endpoints []Endpoint

	// Closed are endpoints that are not in force, and whose names and paths stay closed.
	Closed []Closed

	// Sources says where credentials are read from at every endpoint. Headers
	// that are nil stand for X-API-Key; Query must be empty, because only an
	// endpoint can allow a key in the address.
	Sources verify.Sources

	// TrustedProxies are the blocks of addresses whose X-Forwarded-* headers
	// are believed and passed on.
	TrustedProxies []netip.Prefix

	// Verifier decides.
	Verifier verify.Decider

	// Recorder is called for every use of a good key.
	Recorder verify.UseRecorder

	// Limiter holds keys to their limits; nil means one that shares with nobody
	// and remembers nothing.
	Limiter *verify.Limiter
	// Keys counts requests by key; nil = nobody wants to know.
	Keys *verify.KeyCounter

	// Answers remember the faults of upstreams; nil = nobody does.
	Answers *verify.Answers

	// Denials keeps the requests that are refused; nil = nobody does.
	Denials *verify.DenialRecorder

	// Failures counts wrong keys by address; nil sets no limit.
	Failures *verify.Failures

	// Issued reports whether a key that may use an endpoint was ever issued.
	// It ends the access that BasicUntilFirstKey gives.
	Issued func(orgID int64, p apikey.Permission, endpoint, pool string) bool

	// KeySet is served to anybody at /.well-known/jwks.json: a JSON Web Key
	// Set with which assertions are checked. Nil: the path is like any other.
	KeySet []byte

	// AssertGrafana makes the token for endpoints with Assert: AssertGrafana. It
	// may be called by many requests at once.
	AssertGrafana func(*verify.Identity) string

	// IngestionOpen lets anyone in where the permission to ingest is asked
	// for.
	IngestionOpen bool

	// Observer is called for every decision.
	Observer verify.Observer

	// Tracer makes a span for every request, and one for each that is passed on; nil = there are none.
	Tracer trace.Tracer

	// Logger takes a line for every request that is denied and for every
	// failure of an upstream.
	Logger *slog.Logger

	// UpstreamTLS is how https upstreams are trusted; nil means by the
	// system's certificates.
	UpstreamTLS *tls.Config

	// Limits bound what a client may take; zero fields stand for defaults.
	Limits Limits

	// Allowed may stand behind the endpoints that are Stored.
	Allowed upstreams.Allowed

	// Own reports whether an address is one of this server's listeners, which cannot stand behind them; nil = none is.
	Own func(netip.AddrPort) bool
}

// Limits bound what a client may take of the server.
type Limits struct {
	Header      time.Duration // for a request's whole header; 10 s
	HeaderBytes int           // of a request's header; 32 KiB
	Idle        time.Duration // between two requests on a connection; 2 min
	Body        time.Duration // between two pieces of a request's body; 30 s
	Upstreams   int           // connections to upstreams at once; any number
	Response    time.Duration // for the client to take a piece of the response; 30 s
}

// How many characters a password and a receiver key have at least.
const (
	minPassword    = 12
	minReceiverKey = 16
)

// Endpoint is a thing that the gate protects.
type Endpoint struct {
	Name    string            // what keys are limited to, and what logs and metrics call it
	Path    string            // it and all below it; see Rule.Path
	Paths   []Rule            // further ones; what says nothing of its own takes what the endpoint does
	Require apikey.Permission // what a key must grant
	Open    bool              // in place of Require: lets anyone in
	Methods Methods           // in place of Require
	// in place of Require: the program behind it, of pkg/kinds, whose routes begin at Path
	Kind         string
	Upstream     *url.URL // http, https or h2c, where a path goes before the request's; nil: for /auth alone
	PreserveHost bool     // the upstream gets the client's Host, and not its own
	UpstreamAuth string   // what the upstream itself wants: user:password, or a bearer token; empty = nothing
	Pool         string   // if set, only keys of that pool
	OrgID        int64    // if set, only keys of that organization
	Query        string   // name of a query parameter that may hold the key; empty = none
	Schemes      []string // of Authorization, besides those of all endpoints
	Headers      []string // that hold a key, besides those of all endpoints

	// BasicUntilFirstKey opens the endpoint to a user name and password until
	// the first key that may use it is issued, for good; nil = never.
	BasicUntilFirstKey *BasicAuth

	// ReceiverKey is a fixed key that lets agents ingest here, and nowhere
	// else, besides the keys that are issued; empty = none.
	ReceiverKey string

	// OnExpired says what becomes of requests that bring data with a key that
	// has expired; it is for endpoints that take ingest.
	OnExpired verify.OnExpired

	// Tenant says how the upstream learns which tenant of its key a request
	// acts for. Then only keys pass that have tenants.
	Tenant Tenant

	// LimitPerKey are the limits, at this endpoint, of each key that has none of its own.
	LimitPerKey apikey.Limits

	// Stored says that it is kept in the store for its organization, and not the operator's own word: what is behind it
	// must be Allowed, and its paths are not those of others.
	Stored bool

	// Assert names the system that gets a signed token about which key was let
	// in: AssertGrafana, or empty. The upstream gets the token as
	// X-JWT-Assertion, and so does a proxy that asks at /auth.
	Assert string
}

// AssertGrafana makes the gate sign for a Grafana which key was let in.
const AssertGrafana = "grafana"

// BasicAuth is a user name and password.
type BasicAuth struct {
	Username, Password string
}

// defaultHeader is where a key is looked for if no header is configured.
const defaultHeader = "X-Api-Key"

// ConfigError reports all mistakes in Options together. Fields are named as
// in the configuration file.
type ConfigError struct {
	Mistakes apikey.Mistakes
}

// Error lists every mistake on a line of its own.
func (e *ConfigError) Error() string {
	lines := []string{"the gate's configuration is not valid:"}
	for _, m := range e.Mistakes {
		lines = append(lines, "  "+m.Field+": "+m.Detail)
	}
	return strings.Join(lines, "\n")
}

// Check returns what is wrong with the options, all of it; nil if nothing is.
func (o *Options) Check() apikey.Mistakes {
	var wrong apikey.Mistakes
	checkSources(&wrong, "gate", o.Sources)
	if o.Sources.Query != "" {
		wrong.Add("gate.query",
			"keys in addresses are refused unless an endpoint allows them; set gate.endpoints[].query")
	}
	for i, p := range o.TrustedProxies {
		if !p.IsValid() || p.Addr().Is4In6() {
			wrong.Add(fmt.Sprintf("gate.trusted_proxies[%d]", i),
				"is not a block of addresses such as 10.0.0.0/8 or 2001:db8::/32")
		}
	}
	for i := range o.Endpoints {
		e := &o.Endpoints[i]
		field := fmt.Sprintf("gate.endpoints[%d]", i)
		e.check(&wrong, field)
		e.Tenant.check(&wrong, field+".tenant", e, o.Sources)
		for _, earlier := range o.Endpoints[:i] {
			if e.Name == earlier.Name {
				wrong.Add(field+".name", "%q is the name of an earlier endpoint; names must differ", e.Name)
			}
		}
		if e.BasicUntilFirstKey != nil && o.Issued == nil {
			wrong.Add(field+".basic_until_first_key", "cannot be used here: nothing says whether a key was issued")
		}
	}
	checkOverlaps(&wrong, o.Endpoints)
	return wrong
}

func (e *Endpoint) check(wrong *apikey.Mistakes, field string) {
	if err := apikey.CheckEndpointName(e.Name); err != nil {
		wrong.Add(field+".name", "%s", err)
	}
	e.checkRules(wrong, field)
	switch {
	case e.Upstream != nil:
		checkUpstream(wrong, field+".upstream", e.Upstream)
	case e.PreserveHost:
		wrong.Add(field+".preserve_host",
			"is for requests that are passed on; say where to with upstream, or leave it out")
	case e.UpstreamAuth != "":
		wrong.Add(field+".upstream_auth_file",
			"is for requests that are passed on; say where to with upstream, or leave it out")
	}
	if e.UpstreamAuth != "" && upstreamAuthorization(e.UpstreamAuth) == "" {
		wrong.Add(field+".upstream_auth_file",
			"must hold user:password, :password, or a bearer token without spaces, and nothing else")
	}
	if e.Pool != "" {
		if err := apikey.CheckPoolName(e.Pool); err != nil {
			wrong.Add(field+".pool", "%s", err)
		}
	}
	if e.OrgID < 0 {
		wrong.Add(field+".org", "is negative; use the number of an organization, or 0 for any")
	}
	if e.Query != "" {
		if err := apikey.CheckEndpointName(e.Query); err != nil {
			wrong.Add(field+".query", "%s", err)
		}
	}
	if e.Assert != "" && e.Assert != AssertGrafana {
		wrong.Add(field+".assert", "%q is not known; use %s, or leave it out", e.Assert, AssertGrafana)
	}
	e.checkOnExpired(wrong, field+".on_expired")
	e.checkLimitPerKey(wrong, field+".limit_per_key")
	checkSources(wrong, field, verify.Sources{Schemes: e.Schemes, Headers: e.Headers})
	switch {
	case e.ReceiverKey == "":
	case e.Require != apikey.PermissionIngest:
		wrong.Add(field+".receiver_key_file", "is for endpoints with require: ingest; a fixed key may do nothing else")
	case len(e.ReceiverKey) < minReceiverKey ||
		strings.ContainsFunc(e.ReceiverKey, func(c rune) bool { return c <= ' ' || c > '~' }):
		wrong.Add(field+".receiver_key_file",
			"must hold at least %d characters, without spaces; make one with: openssl rand -hex 32", minReceiverKey)
	}
	if b := e.BasicUntilFirstKey; b != nil {
		if b.Username == "" || strings.Contains(b.Username, ":") {
			wrong.Add(field+".basic_until_first_key.username", "must be a name without a colon")
		}
		if utf8.RuneCountInString(b.Password) < minPassword {
			wrong.Add(field+".basic_until_first_key.password_file",
				"must hold a password of at least %d characters; shorter ones are soon guessed", minPassword)
		}
	}
}

func withoutSlash(path string) string {
	if path == "/" {
		return path
	}
	return strings.TrimSuffix(path, "/")
}

func checkUpstream(wrong *apikey.Mistakes, field string, u *url.URL) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "h2c" || u.Host == "" || u.Opaque != "":
		wrong.Add(field, "must be an address such as http://127.0.0.1:4040, with https for TLS and h2c for gRPC without TLS")
	case !isPort(u.Port()):
		wrong.Add(field, "has the port %s; there are ports from 1 to 65535", u.Port())
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		wrong.Add(field, "may have no user, query or fragment; write scheme, host, port and, if need be, a path")
	}
}

// isPort reports whether an address may have a port; an empty one is that of
// its scheme.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// unfitHeaders cannot hold a key: they are read by themselves, steer the
// connection or say who was let in.
var unfitHeaders = []string{"Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Expect", "Host",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func checkSources(wrong *apikey.Mistakes, field string, s verify.Sources) {
	for i, scheme := range s.Schemes {
		field := fmt.Sprintf("%s.schemes[%d]", field, i)
		if !isToken(scheme) {
			wrong.Add(field, "%q is not a scheme of Authorization; write a word such as StackState", scheme)
		} else if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Basic") {
			wrong.Add(field, "%s is always read; leave it out", scheme)
		}
	}
	for i, header := range s.Headers {
		field := fmt.Sprintf("%s.headers[%d]", field, i)
		name := http.CanonicalHeaderKey(header)
		if !isToken(header) {
			wrong.Add(field, "%q is not the name of a header; write one such as X-API-Key", header)
		} else if slices.Contains(unfitHeaders, name) || verify.IsIdentityHeader(name) ||
			verify.IsForwardingHeader(name) {
			wrong.Add(field, "%s cannot hold a key; choose another header, such as X-API-Key", name)
		}
	}
}

// isToken reports whether s is a token of HTTP: what methods, schemes and
// names of headers are.
func isToken(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

package api

import "github.com/ostiary/ostiary/pkg/apikey"

// Endpoint is what the gate protects under one name.
type Endpoint struct {
	Name  string   `json:"name"`
	Path  string   `json:"path"`  // it and all below it; empty if it has no path of its own
	Paths []string `json:"paths"` // all of them, with Path

	// Kind is the program behind it, whose routes begin at Path and take what the
	// kind's table says; empty = Rules say all.
	Kind string `json:"kind"`

	// Require is the permission that it takes; RequireNone = it lets anyone in;
	// empty if that depends on the path or the method.
	Require string `json:"require"`

	// Methods are the permissions that it takes by method, in place of Require;
	// others are closed.
	Methods map[string]string `json:"methods"`

	Rules []EndpointRule `json:"rules"` // what each path takes; they go before the kind's
	Takes []string       `json:"takes"` // each permission that some request takes, sorted

	Pool    string `json:"pool"`    // if set, only keys of that pool
	OrgID   int64  `json:"orgId"`   // if set, only keys of that organization
	Proxied bool   `json:"proxied"` // the gate passes requests on, and does not only answer at /auth

	// Tenant says how a tenant is passed to the upstream; null = not.
	Tenant *EndpointTenant `json:"tenant"`

	// Limits are those of each key here that has none of its own.
	Limits apikey.Limits `json:"limits"`

	// OnExpired says what becomes of requests that bring data with a key that has
	// expired; null = they are denied at once.
	OnExpired *EndpointOnExpired `json:"onExpired"`

	Source EndpointSource `json:"source"`
}

// EndpointRule says what a path takes.
type EndpointRule struct {
	// it and all below it; it alone with /{$} behind it; {name} is any segment
	Path    string            `json:"path"`
	Require string            `json:"require"` // as in Endpoint
	Methods map[string]string `json:"methods"` // as in Endpoint
}

// EndpointTenant says how a tenant is passed to the upstream: in one of these ways.
type EndpointTenant struct {
	Header     string `json:"header,omitempty"`
	Label      string `json:"label,omitempty"`
	ExtraLabel string `json:"extraLabel,omitempty"`
}

// EndpointOnExpired says for how many seconds after its end a key is not denied: in one of these ways.
type EndpointOnExpired struct {
	Hold  int64 `json:"hold,omitempty"`  // its requests are to come again
	Grace int64 `json:"grace,omitempty"` // its requests are let in, with a warning
}

// EndpointSource is where an endpoint is kept.
type EndpointSource string

// The sources.
const (
	SourceFile  EndpointSource = "file"
	SourceStore EndpointSource = "store"
)

// RequireNone is what an endpoint requires that lets anyone in.
const RequireNone = "none"

// GateAddress is where clients reach the gate.
type GateAddress struct {
	// URL has no slash at the end; empty = there is no gate.
	URL string `json:"url"`

	// AnyAddress reports that the gate listens at every address of its machine, so
	// that others reach it by another host than that of the URL.
	AnyAddress bool `json:"anyAddress"`

	// Certificate is the gate's self-made one, in PEM, which clients must be set up
	// to trust; empty if it has none, or one that others made.
	Certificate string `json:"certificate"`
}

// EndpointList holds what the gate protects for the caller's organization.
type EndpointList struct {
	Gate      GateAddress `json:"gate"`
	Endpoints []Endpoint  `json:"endpoints"`
}

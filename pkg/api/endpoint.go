package api

import (
	"encoding/json"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

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

	// LimitPerKey are the limits of each key here that has none of its own.
	LimitPerKey apikey.Limits `json:"limitPerKey"`

	// OnExpired says what becomes of requests that bring data with a key that has
	// expired; null = they are denied at once.
	OnExpired *EndpointOnExpired `json:"onExpired"`

	// Upstream is where requests go; empty = nowhere, or the caller need not know.
	Upstream string `json:"upstream"`

	Source EndpointSource `json:"source"`

	// Editable reports that the caller may change and remove it here.
	Editable bool `json:"editable"`

	// Shadowed says why an endpoint of the store is not in force; empty = it is.
	Shadowed string `json:"shadowed"`

	// Spec is what it was made of, as a change has it; null for those of the file.
	Spec *EndpointSpec `json:"spec"`

	// Created and Changed say when and by whom; null for those of the file.
	Created *Act `json:"created"`
	Changed *Act `json:"changed"`
}

// Act says when something was done, and by whom.
type Act struct {
	At time.Time `json:"at"`
	By string    `json:"by"` // login of the person, or name of the key
}

// EndpointSpec is what an endpoint in the store is made of: the fields of the configuration file that may be there.
// Where requests ask for one thing alone, Require or Methods say it; Kind says it of each route of a program.
type EndpointSpec struct {
	Name         string             `json:"name,omitempty"`
	Path         string             `json:"path,omitempty"`
	Paths        []EndpointPath     `json:"paths,omitempty"`
	Kind         string             `json:"kind,omitempty"`
	Require      string             `json:"require,omitempty"`
	Methods      map[string]string  `json:"methods,omitempty"`
	Upstream     string             `json:"upstream,omitempty"`
	PreserveHost bool               `json:"preserveHost,omitempty"`
	Pool         string             `json:"pool,omitempty"`
	Query        string             `json:"query,omitempty"`
	Schemes      []string           `json:"schemes,omitempty"`
	Headers      []string           `json:"headers,omitempty"`
	Tenant       *EndpointTenant    `json:"tenant,omitempty"`
	LimitPerKey  apikey.Limits      `json:"limitPerKey,omitzero"`
	OnExpired    *EndpointOnExpired `json:"onExpired,omitempty"`
}

// EndpointPath is a further path of an endpoint; one that says nothing of its own takes what the endpoint takes. As
// JSON, its path alone will do.
type EndpointPath struct {
	Path    string            `json:"path"`
	Require string            `json:"require,omitempty"`
	Methods map[string]string `json:"methods,omitempty"`
}

// UnmarshalJSON takes a text as a path alone.
func (p *EndpointPath) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*p = EndpointPath{}
		return json.Unmarshal(data, &p.Path)
	}
	type plain EndpointPath
	return json.Unmarshal(data, (*plain)(p))
}

// EndpointChange holds the fields of an EndpointSpec that are to be others, by their names as JSON. A field with nil is
// taken out.
type EndpointChange map[string]any

// CheckedEndpoint says what would come of a change to an endpoint.
type CheckedEndpoint struct {
	Errors   []apikey.FieldError `json:"errors"`   // why it would be refused; empty = it would not
	Warnings []apikey.FieldError `json:"warnings"` // what it would open, and did not before
	Upstream *CheckedUpstream    `json:"upstream"` // null = there is none to ask
	Affected []AffectedKey       `json:"affected"` // keys that were let in lately and would be refused, most requests first
}

// RemovedEndpoint is an endpoint that an Admin removed.
type RemovedEndpoint struct {
	Name    string   `json:"name"`
	Paths   []string `json:"paths"` // empty = not known any longer
	Removed Act      `json:"removed"`

	Spec *EndpointSpec `json:"spec"` // as it was; nil = not known any longer
}

// CheckedUpstream says how an upstream answered.
type CheckedUpstream struct {
	Reachable bool   `json:"reachable"`
	Status    int    `json:"status"`   // of its answer; 0 = there was none
	OwnLogin  bool   `json:"ownLogin"` // it asks for a login of its own
	NoTenant  bool   `json:"noTenant"` // it keeps tenants apart, and the endpoint names none to it
	Expected  bool   `json:"expected"` // it answered as a program of the endpoint's kind does
	Detail    string `json:"detail"`
}

// AffectedKey is a key that was let in lately and would be refused, or may be. Where several rules let it in, Endpoint,
// Path and Method are those of the one with most requests that would be refused, and Requests are those of all.
type AffectedKey struct {
	KeyID    string    `json:"keyId"`
	KeyName  string    `json:"keyName"`
	Requests int64     `json:"requests"` // that were let in
	LastAt   time.Time `json:"lastAt"`
	Endpoint string    `json:"endpoint"`
	Path     string    `json:"path"`    // as the endpoint says it; empty = not known, as where a proxy names the endpoint
	Method   string    `json:"method"`  // as in RuleUsage
	Certain  bool      `json:"certain"` // all such requests would be refused, and not only some, or perhaps
	Reason   string    `json:"reason"`
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

	// InStore reports that endpoints may be made and changed here.
	InStore bool `json:"inStore"`

	// Upstreams are the hosts and blocks of addresses that may stand behind them.
	Upstreams []string `json:"upstreams"`

	// Kinds are the programs whose routes are known.
	Kinds []string `json:"kinds"`

	// Removed are those of the store that Admins removed and nobody made again. Their names and paths stay closed.
	Removed []RemovedEndpoint `json:"removed,omitempty"`

	// File is the server's configuration file, for those who run it: the first organization. Empty = it has none.
	File string `json:"file"`
}

// CheckEndpointName returns an error of CodeNotFound if there can be no endpoint of that name.
func CheckEndpointName(name string) error {
	if err := apikey.CheckEndpointName(name); err != nil {
		return apikey.Errorf(apikey.CodeNotFound, "There is no endpoint of that name: %v.", err)
	}
	return nil
}

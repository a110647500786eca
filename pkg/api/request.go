package api

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// NoPool selects keys without a pool where keys are selected by pool: it cannot
// be the name of one.
const NoPool = "-"

// NeverUsed selects keys that were never used, in the place of a time.
const NeverUsed = "never"

// CreateKey asks for a new key. At most one of ExpiresIn and ExpiresAt may be
// given; with neither, the policy decides.
type CreateKey struct {
	Name         string            `json:"name"`
	Description  string            `json:"description,omitempty"`
	Owner        string            `json:"owner,omitempty"` // empty = the caller
	Labels       map[string]string `json:"labels,omitempty"`
	Role         string            `json:"role"`
	Pool         string            `json:"pool,omitempty"`
	Endpoints    []string          `json:"endpoints,omitempty"`
	AllowedCIDRs []string          `json:"allowedCidrs,omitempty"`
	Tenants      []string          `json:"tenants,omitempty"`
	Limits       apikey.Limits     `json:"limits,omitzero"`
	ExpiresIn    Span              `json:"expiresIn,omitempty"`
	ExpiresAt    Expiry            `json:"expiresAt,omitempty"`
}

// UpdateKey asks to change a key. What is nil or empty stays as it is. Lists,
// labels and limits are replaced as a whole.
type UpdateKey struct {
	Name         *string            `json:"name,omitempty"`
	Description  *string            `json:"description,omitempty"`
	Owner        *string            `json:"owner,omitempty"`
	Labels       *map[string]string `json:"labels,omitempty"`
	Role         *string            `json:"role,omitempty"`
	Pool         *string            `json:"pool,omitempty"` // empty = none
	Enabled      *bool              `json:"enabled,omitempty"`
	DisabledFor  Span               `json:"disabledFor,omitempty"` // with Enabled false: enable it again after it
	Endpoints    *[]string          `json:"endpoints,omitempty"`
	AllowedCIDRs *[]string          `json:"allowedCidrs,omitempty"`
	Tenants      *[]string          `json:"tenants,omitempty"`
	Limits       *apikey.Limits     `json:"limits,omitempty"`
	ExpiresIn    Span               `json:"expiresIn,omitempty"`
	ExpiresAt    Expiry             `json:"expiresAt,omitempty"`
}

// RotateKey asks for another token of a key. Overlap is how long the others keep
// working: 24 hours if empty, "0" to stop them at once. The key's lifetime, from
// now on, is as with CreateKey.
type RotateKey struct {
	Overlap   Span   `json:"overlap,omitempty"`
	ExpiresIn Span   `json:"expiresIn,omitempty"`
	ExpiresAt Expiry `json:"expiresAt,omitempty"`
}

// VerifyRequest asks whether a token would be let in. All but the token may
// be empty: any permission, no endpoint in particular, no client address. A
// key that is limited to endpoints or addresses is not valid without one. A
// path, with a method (GET if none is named), says by itself to which endpoint
// of the gate it leads, and what it takes there.
type VerifyRequest struct {
	Token      string `json:"token"`
	Permission string `json:"permission,omitempty"`
	Endpoint   string `json:"endpoint,omitempty"`
	Method     string `json:"method,omitempty"`
	Path       string `json:"path,omitempty"`
	Address    string `json:"address,omitempty"`
	DryRun     bool   `json:"dryRun,omitempty"` // the answer is not acted on: it is no use of the key, and not counted
}

// Domain reads the request. The error is an apikey.Error that names every bad
// field.
func (c CreateKey) Domain() (apikey.NewKey, error) {
	var wrong apikey.Mistakes
	n := apikey.NewKey{
		Name: c.Name, Description: c.Description, Owner: c.Owner, Labels: c.Labels,
		Pool: c.Pool, Endpoints: c.Endpoints, Tenants: c.Tenants, Limits: c.Limits,
	}
	n.Role = readRole(&wrong, c.Role)
	n.AllowedCIDRs = readCIDRs(&wrong, c.AllowedCIDRs)
	n.Lifetime = readLifetime(&wrong, c.ExpiresIn, c.ExpiresAt)
	if len(wrong) > 0 { // all mistakes together, those too that the service would find
		wrong = append(wrong, n.Mistakes()...)
	}
	return n, wrong.Err()
}

// Domain reads the request; errors are as with CreateKey.
func (u UpdateKey) Domain() (apikey.Update, error) {
	var wrong apikey.Mistakes
	out := apikey.Update{
		Name: u.Name, Description: u.Description, Owner: u.Owner, Labels: u.Labels, Pool: u.Pool,
		Enabled: u.Enabled, Endpoints: u.Endpoints, Tenants: u.Tenants, Limits: u.Limits,
	}
	if u.Role != nil {
		role := readRole(&wrong, *u.Role)
		out.Role = &role
	}
	if u.AllowedCIDRs != nil {
		blocks := readCIDRs(&wrong, *u.AllowedCIDRs)
		out.AllowedCIDRs = &blocks
	}
	out.DisabledFor = readDisabledFor(&wrong, u.DisabledFor)
	out.Lifetime = readLifetime(&wrong, u.ExpiresIn, u.ExpiresAt)
	return out, wrong.Err()
}

// Domain reads the request; errors are as with CreateKey.
func (r RotateKey) Domain() (out apikey.Rotation, err error) {
	var wrong apikey.Mistakes
	out.Overlap = apikey.DefaultOverlap
	switch {
	case strings.EqualFold(string(r.Overlap), Never): // would read as 0, which is the opposite of what it says
		wrong.Add("overlap", `must end; write seconds, or a number with a unit such as "24h", or 0 to stop the other tokens at once`)
	case r.Overlap != "":
		out.Overlap, err = apikey.ParseTTL(string(r.Overlap))
		switch { // whose advice is for keys
		case errors.Is(err, apikey.ErrTooLong):
			err = errors.New("is longer than 100 years; write a shorter one")
		case err != nil:
			err = apikey.ErrOverlap
		}
		wrong.AddError("overlap", err)
	}
	out.Lifetime = readLifetime(&wrong, r.ExpiresIn, r.ExpiresAt)
	return out, wrong.Err()
}

// Domain reads what is asked of the token. The address is the zero Addr if
// none was given. Errors are as with CreateKey.
func (v VerifyRequest) Domain() (permission apikey.Permission, address netip.Addr, err error) {
	var wrong apikey.Mistakes
	permission, err = apikey.ParsePermission(strings.ToLower(v.Permission))
	wrong.AddError("permission", err)
	if v.Endpoint != "" {
		wrong.AddError("endpoint", apikey.CheckEndpointName(v.Endpoint))
	}
	if v.Address != "" {
		address, err = netip.ParseAddr(v.Address)
		if err != nil {
			wrong.Add("address", "is not an IP address; write it like 192.0.2.7 or 2001:db8::7")
		}
		address = address.Unmap().WithZone("")
	}
	switch {
	case v.Path == "" && v.Method != "":
		wrong.Add("method", "is of a request, whose path is missing")
	case v.Path != "" && (v.Endpoint != "" || v.Permission != ""):
		wrong.Add("path", "says by itself what endpoint and permission are; leave those out")
	case v.Path != "" && v.Path[0] != '/':
		wrong.Add("path", "must begin with a slash")
	}
	return permission, address, wrong.Err()
}

// readDisabledFor reads how long a key shall be disabled; 0 if that is not said.
func readDisabledFor(wrong *apikey.Mistakes, s Span) time.Duration {
	if s == "" {
		return 0
	}
	d, err := apikey.ParseTTL(string(s))
	if err != nil || d == 0 { // 0 and never would be the opposite of each other
		wrong.Add("disabledFor",
			`must be a number of seconds above 0, or a time such as "60s" or "1h", at most 100 years`)
	}
	return d
}

// readRole leaves a missing role to the Service, which says what it takes.
func readRole(wrong *apikey.Mistakes, s string) apikey.Role {
	if s == "" {
		return apikey.RoleNone
	}
	role, err := apikey.ParseRole(s)
	wrong.AddError("role", err)
	return role
}

func readCIDRs(wrong *apikey.Mistakes, list []string) []netip.Prefix {
	blocks, err := apikey.ParseCIDRs(list)
	wrong.AddError("allowedCidrs", err)
	return blocks
}

func readLifetime(wrong *apikey.Mistakes, in Span, at Expiry) apikey.Lifetime {
	if strings.EqualFold(string(at), Never) {
		if in != "" {
			wrong.Add("expiresAt", "give either expiresIn or expiresAt, not both")
		}
		return apikey.Never()
	}
	lifetime, err := apikey.ParseLifetime(string(in), string(at))
	wrong.AddError("expiresIn", err)
	return lifetime
}

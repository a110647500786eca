package apikey

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Limits on tenants.
const (
	MaxTenants      = 64
	MaxTenantLength = 150
)

// AnyTenant stands for every tenant, and stands alone.
const AnyTenant = "*"

// CheckTenant says what is wrong with the name of a tenant, by the rules of
// Mimir, which are the strictest of the systems that know tenants.
func CheckTenant(s string) error {
	if s == "" || len(s) > MaxTenantLength {
		return fmt.Errorf("%q must have 1 to %d characters", clip(s), MaxTenantLength)
	}
	if s == "." || s == ".." || s == "__mimir_cluster" {
		return fmt.Errorf("%q cannot be the name of a tenant", s)
	}
	for i := range len(s) {
		if c := s[i]; digits[c] == notBase62 && strings.IndexByte("!-_.*'()", c) < 0 {
			return fmt.Errorf("%q may hold only letters, digits and ! - _ . * ' ( )", clip(s))
		}
	}
	if len(s) >= leastSecret && Redact(s) != s {
		return errors.New("is an API key, which would be passed on, kept and counted by; write the tenant's name")
	}
	return nil
}

// leastSecret is how long the shortest text is in which a token is seen.
const leastSecret = len(TokenPrefix) + IDLength + 2

// ParseTenants checks the tenants of a key and returns them sorted, without
// repetition. The one name "*" stands for any, and stands alone.
func ParseTenants(list []string) ([]string, error) {
	out := slices.Clone(list)
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > MaxTenants {
		return nil, fmt.Errorf("has %d entries; at most %d are allowed", len(out), MaxTenants)
	}
	for _, t := range out {
		if t == AnyTenant {
			if len(out) > 1 {
				return nil, fmt.Errorf("%q stands for any tenant and must stand alone", t)
			}
			continue
		}
		if err := CheckTenant(t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Tenants are the tenants of one key, prepared for decisions. The zero value
// is a key without any.
type Tenants struct {
	any    bool
	names  []string // sorted
	joined string   // as a reader of all of them sends them
}

// NewTenants prepares tenants that ParseTenants has returned.
func NewTenants(names []string) Tenants {
	if len(names) == 1 && names[0] == AnyTenant {
		return Tenants{any: true}
	}
	return Tenants{names: names, joined: strings.Join(names, "|")}
}

// Choose answers which tenants a request acts for: those that it names, as far
// as the key has them, and if it names none, those that the key has. Sent is
// the client's header, with several tenants parted by "|"; given says whether
// there was one. What changes data acts for one tenant alone. The error has
// CodeForbidden, or CodeInvalid if the request must say more.
func (t *Tenants) Choose(sent string, given bool, p Permission) (string, error) {
	one := p != PermissionRead
	switch {
	case !t.any && len(t.names) == 0:
		return "", errNoTenant
	case !given && t.any:
		return "", errNameTenant
	case !given && one && len(t.names) > 1:
		return "", Errorf(CodeInvalid,
			"The API key has several tenants, and data goes to one: name it in the request, one of %s.", t.list())
	case !given:
		return t.joined, nil
	}
	count := 0
	for rest, more := sent, true; more; count++ {
		var name string
		name, rest, more = strings.Cut(rest, "|")
		if err := CheckTenant(name); err != nil {
			return "", Errorf(CodeInvalid, "The tenant is malformed: %s.", err)
		}
		if _, has := slices.BinarySearch(t.names, name); !has && !t.any {
			return "", Errorf(CodeForbidden,
				"The API key is not for the tenant %s. Ask for it to be added, or use another key.", name)
		}
	}
	if one && count > 1 && !t.any {
		return "", Errorf(CodeInvalid, "Data goes to one tenant, and the request names %d: name one of %s.", count,
			t.list())
	}
	return sent, nil
}

var (
	errNoTenant = Errorf(CodeForbidden,
		"The API key has no tenant, and this endpoint acts for one. Ask for a tenant to be set on the key.")
	errNameTenant = Errorf(CodeInvalid, "The API key is for any tenant: the request must name the one that it is for.")
)

// list names the tenants for a sentence, not too many of them.
func (t *Tenants) list() string {
	const most = 8
	if len(t.names) <= most {
		return strings.Join(t.names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(t.names[:most], ", "), len(t.names)-most)
}

package apikey

import (
	"context"
	"net/netip"
)

// Caller is who asks for something: a person whom Grafana vouches for, or an
// API key in the standalone server.
type Caller struct {
	OrgID int64
	Login string // a person's login, or the name of the key
	Role  Role
	KeyID string     // set if the caller is a key
	Addr  netip.Addr // where the request came from, if known
}

type callerKey struct{}

// WithCaller returns a context that carries the caller. Only an edge that has
// verified who calls may do this.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns the caller that the edge put into the context.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// SignedIn returns the caller, or an Error of CodeUnauthenticated if there is
// none.
func SignedIn(ctx context.Context) (Caller, error) {
	c, ok := CallerFrom(ctx)
	if !ok || c.OrgID <= 0 {
		return Caller{}, Errorf(CodeUnauthenticated, "Nobody is signed in. Send an API key or sign in to Grafana.")
	}
	return c, nil
}

// Manager returns the caller if it may manage keys. Errors are as with
// SignedIn, and of CodeForbidden.
func Manager(ctx context.Context) (Caller, error) {
	c, err := SignedIn(ctx)
	if err != nil {
		return Caller{}, err
	}
	if !c.Role.Grants(PermissionManage) {
		have := c.Role.String()
		if have == "" {
			have = "none"
		}
		return Caller{}, Errorf(CodeForbidden,
			"Managing keys takes the role Admin; yours is %s. Ask an Admin of this organization.", have)
	}
	return c, nil
}

package gate

import (
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Destination is where a request leads, and what it takes there.
type Destination struct {
	Code   apikey.Code // why it is refused with whatever key; empty = it is not
	Reason string      // the same as a sentence

	Endpoint   string // its name
	OrgID      int64  // whose it is; 0 = everybody's
	Permission apikey.Permission
	Open       bool // takes no key
}

// Destination says where a request leads that comes to the gate, by its method and its path, escaped as in an address,
// with a query or without.
func (s *Server) Destination(method, address string) Destination {
	if f := untaken(method); f != nil {
		return f.destination()
	}
	d, fault := readDescribed(address)
	if fault != "" {
		return malformed(fault).destination()
	}
	t, fault := s.gate.Load().routes.takenAt(method, d)
	switch {
	case fault != "":
		return malformed(fault).destination()
	case t == nil:
		f := refuse(apikey.CodeNoEndpoint, "No endpoint has the path "+verify.Loggable(d.Path)+".")
		return f.destination()
	}
	e := t.of(method)
	if e == nil {
		f := t.refuse(method)
		return f.destination()
	}
	return Destination{Endpoint: e.Endpoint, OrgID: e.OrgID, Permission: e.Require, Open: e.Open}
}

func (f *refusal) destination() Destination { return Destination{Code: f.Code, Reason: f.Detail} }

package gate

import (
	"fmt"
	"slices"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Closed is an endpoint that is not in force. Nobody is let in by its name or at its paths: one would else be a name
// that only a proxy knows, and the others paths of a wider endpoint. It may be anything that somebody wrote.
type Closed struct {
	Endpoint
	Reason string // why, in sentences for those who send requests; may be empty
}

// refuse refuses what only the endpoint could let in.
func (c *Closed) refuse(code apikey.Code) *refusal {
	detail := fmt.Sprintf("The endpoint %s is not in force, so nothing is let in there.", c.Name)
	if c.Reason != "" {
		detail += " " + c.Reason
	}
	return &refusal{Problem: api.NewProblem(code, detail), endpoint: c.Name, orgID: c.OrgID}
}

// closedNames are those whose names are of no endpoint that is in force.
func closedNames(opts *Options) map[string]*Closed {
	names := map[string]*Closed{}
	for i := range opts.Closed {
		c := &opts.Closed[i]
		if !slices.ContainsFunc(opts.Endpoints, func(e Endpoint) bool { return e.Name == c.Name }) {
			names[c.Name] = c
		}
	}
	return names
}

// shutting is a claim of an endpoint that is not in force.
type shutting struct {
	claim
	by *Closed
}

// closedPaths are the claims of what is not in force, as far as they can be read and nobody else is in force there:
// the configuration file, or another organization. Their paths could only fall to endpoints of its own organization.
func closedPaths(opts *Options) (all []shutting) {
	if len(opts.Closed) == 0 {
		return nil
	}
	held := NewHeld(opts)
	for i := range opts.Closed {
		by := &opts.Closed[i]
		for _, c := range readable(by.claims, &by.Endpoint) {
			if held.othersAt(by.OrgID, &c) == nil {
				all = append(all, shutting{claim: c, by: by})
			}
		}
	}
	return all
}

// readable are those claims of an endpoint that can be read; none if it is larger than one in the store may be.
func readable(claims func(field string) []claim, e *Endpoint) []claim {
	var wrong apikey.Mistakes
	e.checkSizes(&wrong, "")
	if len(wrong) > 0 {
		return nil
	}
	return slices.DeleteFunc(claims(""), func(c claim) bool { return c.reach < ofKind && pathMistake(c.path) != "" })
}

// shut closes what a claim is for, where nothing that goes before it says otherwise.
func (n *tree) shut(c *shutting) {
	n = n.at(c.segments, c.reach >= ofKind)
	closed := &taking{closed: c.by}
	if c.reach != belowIt && n.here == nil {
		n.here, n.reach = closed, c.reach
	}
	if (c.reach == covering || c.reach == belowIt) && n.below == nil {
		n.below, n.reachBelow = closed, c.reach
	}
}

package keys

import (
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// sketch is a key as a form has it at the moment.
type sketch struct {
	state.Reach
	blocks   []string // of addresses
	tenants  []string
	limited  bool
	lifetime state.Lifetime
	present  *time.Time // the end that the key has; nil = none
}

// summary is what the key would be allowed to do, in a sentence such as “May
// push to loki as team-a, from 10.0.0.0/8, until 26 Feb 2027.” The console says
// the same, which a file that both are tested against holds:
// src/components/key.golden.
func (s sketch) summary(w *words.Words, endpoints []api.Endpoint) string {
	parts := []string{s.what(w, endpoints)}
	if s.Pool != "" {
		parts = append(parts, w.T("summary.pool", "pool", s.Pool))
	}
	if len(s.blocks) > 0 {
		parts = append(parts, w.T("summary.from", "addresses", w.AnyOf(s.blocks)))
	} else {
		parts = append(parts, w.T("summary.from-anywhere"))
	}
	if s.limited {
		parts = append(parts, w.T("summary.limited"))
	}
	if until := s.until(w); until != "" {
		parts = append(parts, until)
	}
	return strings.Join(parts, ", ") + "."
}

// what it may do where, and as whom.
func (s sketch) what(w *words.Words, endpoints []api.Endpoint) string {
	where := w.T("summary.everywhere")
	if len(s.Endpoints) > 0 {
		where = w.AllOf(s.Endpoints)
	}
	return w.T("summary."+strings.ToLower(s.Role.String()), "where", where, "as", s.as(w, endpoints))
}

// as whom it acts; nothing where there are no tenants.
func (s sketch) as(w *words.Words, endpoints []api.Endpoint) string {
	switch {
	case slices.Contains(s.tenants, apikey.AnyTenant):
		return " " + w.T("summary.any-tenant")
	case len(s.tenants) > 0:
		return " " + w.T("summary.tenants", "tenants", w.AnyOf(s.tenants))
	case len(state.Tenanted(s.Opened(endpoints))) > 0:
		return " " + w.T("summary.no-tenant")
	}
	return ""
}

// near is how far an end is at least of which the day says enough.
const near = 3 * 24 * time.Hour

// until when it works; nothing while that is not typed yet.
func (s sketch) until(w *words.Words) string {
	end, ok := s.lifetime.End(w.Now())
	if s.lifetime.Kind == state.LifetimeKeep && s.present != nil {
		end, ok = *s.present, true
	}
	switch {
	case !ok && (s.lifetime.Kind == state.LifetimeNever || s.lifetime.Kind == state.LifetimeKeep):
		return w.T("summary.for-ever")
	case !ok:
		return ""
	case s.lifetime.Kind == state.LifetimeDate:
		return w.T("summary.until", "at", w.Date(s.lifetime.Text))
	case end.Sub(w.Now()) < near:
		return w.T("summary.until", "at", w.Moment(end))
	}
	return w.T("summary.until", "at", w.Day(end))
}

// objection is why the key would be refused everywhere or somewhere; empty if
// nothing speaks against it.
func (s sketch) objection(w *words.Words, endpoints []api.Endpoint) string {
	opened := s.Opened(endpoints)
	unknown := state.Unknown(s.Endpoints, endpoints)
	closed := slices.DeleteFunc(state.Unknown(s.Endpoints, opened), func(name string) bool {
		return slices.Contains(unknown, name)
	})
	if len(closed) > 0 {
		return w.T("summary.closed", "role", s.Role.String(), "endpoints", w.AllOf(closed))
	}
	if len(endpoints) > 0 && len(s.Endpoints) == 0 && len(opened) == 0 {
		return w.T("key.opens-none")
	}
	if needed := state.Tenanted(opened); len(needed) > 0 && len(s.tenants) == 0 {
		return w.T("summary.refused-without", "endpoints", w.AnyOf(needed))
	}
	return ""
}

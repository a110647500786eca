package state

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

// Organization is one of a server, as far as a connection reaches it.
type Organization struct {
	ID   int64  `json:"id"`
	Name string `json:"name,omitempty"` // empty = nobody has said
}

// Desk names what a connection shows: that of each of its organizations is remembered apart.
func (c Connection) Desk() string {
	if c.Organization == 0 {
		return c.ID
	}
	return c.ID + "/" + strconv.FormatInt(c.Organization, 10)
}

// In is the connection in one of its organizations; that of a credential which reaches one alone stays as it is.
func (c Connection) In(organization int64) Connection {
	if c.Way == WayPassword {
		c.Organization = organization
	}
	return c
}

// Organizations returns those that the session's caller can change to, by their names. A key and a token of a service
// account are of one organization alone.
func (s *Session) Organizations(ctx context.Context) []Organization {
	here := Organization{ID: s.Who.OrgID}
	if s.Connection.Way != WayPassword {
		return []Organization{here}
	}
	list, err := s.client.Organizations(ctx)
	if err != nil {
		return []Organization{here} // it is no Grafana that says so, or it does not just now
	}
	var out []Organization
	for _, o := range list {
		out = append(out, Organization{ID: o.ID, Name: o.Name})
	}
	slices.SortFunc(out, func(a, b Organization) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// NoteOrganizations remembers which organizations a connection reaches, for when it is not open.
func (a *App) NoteOrganizations(c Connection, list []Organization) error {
	kept, ok := a.Settings.Get().Connection(c.ID)
	if !ok || kept.Way == WayLocal || slices.Equal(kept.Organizations, list) {
		return nil
	}
	return a.Settings.Change(func(p *Preferences) { p.edit(c.ID, func(c *Connection) { c.Organizations = list }) })
}

// NoteOpen notes which connection is open, in which organization, for the next start.
func (p *Preferences) NoteOpen(c Connection) {
	p.Last = c.ID
	p.edit(c.ID, func(kept *Connection) { kept.Organization = c.Organization })
}

// edit changes a connection, if there is one with that ID.
func (p *Preferences) edit(id string, change func(*Connection)) {
	if i := slices.IndexFunc(p.Connections, func(c Connection) bool { return c.ID == id }); i >= 0 {
		change(&p.Connections[i])
	}
}

// Target is something that can be changed to: a connection, in one of its organizations.
type Target struct {
	Connection   Connection
	Organization Organization // without an ID if the connection has not said which it reaches
}

// Targets are all that can be changed to, in the order of the connections; the store on this computer is the last.
func (p Preferences) Targets() (all []Target) {
	for _, c := range p.Connections {
		if len(c.Organizations) == 0 {
			all = append(all, Target{Connection: c})
		}
		for _, o := range c.Organizations {
			all = append(all, Target{Connection: c.In(o.ID), Organization: o})
		}
	}
	return append(all, Target{Connection: Local()})
}

// Is reports whether a session is what would be changed to.
func (t Target) Is(s *Session) bool {
	return s != nil && s.Connection.ID == t.Connection.ID &&
		(t.Organization.ID == 0 || t.Organization.ID == s.Who.OrgID)
}

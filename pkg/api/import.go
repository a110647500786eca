package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// MaxImport is the longest database of another system that is taken, in bytes:
// as much as Grafana passes on.
const MaxImport = 16 << 20

// Import is what became of the keys of another system, or would.
type Import struct {
	From   string        `json:"from"`
	DryRun bool          `json:"dryRun"`
	Keys   []ImportedKey `json:"keys"`
}

// ImportedKey is one key of the other system.
type ImportedKey struct {
	Number    string            `json:"number"` // there
	Name      string            `json:"name"`
	Role      string            `json:"role"`
	ExpiresAt *time.Time        `json:"expiresAt"`      // null = never, unless Ends says more
	Ends      string            `json:"ends,omitempty"` // as it is written there, if it cannot be read
	Taken     bool              `json:"taken"`
	Changed   bool              `json:"changed,omitempty"` // it was taken over before, and has what is chosen now
	ID        string            `json:"id,omitempty"`      // here
	Owner     string            `json:"owner,omitempty"`   // here, or it would be; empty if it is left out
	Labels    map[string]string `json:"labels,omitempty"`  // the same
	Reason    string            `json:"reason,omitempty"`  // why it was not taken over
	Notes     []string          `json:"notes,omitempty"`
}

// FromTakeovers returns what was done, or with dryRun would be, to the keys of
// a system.
func FromTakeovers(from string, done []apikey.Takeover, dryRun bool) Import {
	out := Import{From: from, DryRun: dryRun, Keys: make([]ImportedKey, len(done))}
	for n, t := range done {
		k := ImportedKey{Number: t.Foreign.Source, Name: t.Foreign.Name, Role: t.Foreign.Role.String(),
			Ends: t.Foreign.Ends, Reason: t.Skip, Notes: t.Notes}
		expires := t.Foreign.ExpiresAt
		if t.Key != nil {
			k.Taken, k.Changed = !t.Again, t.Again
			k.Name, k.Role, expires = t.Key.Name, t.Key.Role.String(), t.Key.ExpiresAt
			k.Owner, k.Labels = t.Key.Owner, t.Key.Labels
			if !dryRun || t.Again { // otherwise it is made again
				k.ID = t.Key.ID
			}
		}
		if !expires.IsZero() {
			k.ExpiresAt = &expires
		}
		out.Keys[n] = k
	}
	return out
}

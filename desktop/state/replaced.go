package state

import (
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Quiet is how long nobody must have sent a token until it is called safe to end: many programs run once a day.
const Quiet = 24 * time.Hour

// TokenUse says whether a token that a newer one replaces may end.
type TokenUse string

// The uses.
const (
	UseNewest TokenUse = ""      // nothing replaces it, or it has ended
	UseStill  TokenUse = "still" // somebody sent it after it was replaced, and of late
	UseQuiet  TokenUse = "quiet" // nobody, but not for long
	UseOver   TokenUse = "over"  // nobody, for long: it is safe to end
)

// Replaced is what is known of the use of a token that a newer one replaces.
type Replaced struct {
	Use    TokenUse
	LastAt time.Time       // when anybody sent it last; zero = never
	Late   []api.KeyClient // who has sent it of late
}

// ReplacedToken says how a token of a key is used, by those who use the key.
func ReplacedToken(k api.Key, t api.Token, clients []api.KeyClient, now time.Time) Replaced {
	newest := k.Tokens[len(k.Tokens)-1]
	if t.ID == newest.ID || t.State != apikey.StateActive && t.State != apikey.StateDisabled {
		return Replaced{}
	}
	r := Replaced{Use: UseOver}
	if t.LastUsedAt != nil {
		r.LastAt = *t.LastUsedAt
	}
	for _, c := range clients {
		if c.TokenID != t.ID {
			continue
		}
		if c.LastAt.After(r.LastAt) {
			r.LastAt = c.LastAt
		}
		if now.Sub(c.LastAt) < Quiet {
			r.Late = append(r.Late, c)
		}
	}
	switch late := !r.LastAt.IsZero() && now.Sub(r.LastAt) < Quiet; {
	case late && r.LastAt.After(newest.CreatedAt):
		r.Use = UseStill
	case late:
		r.Use = UseQuiet
	}
	return r
}

// IsReplaced reports whether a token of a key has expired because a newer one replaced it, and not with its key.
func IsReplaced(k api.Key, t api.Token) bool {
	newest := k.Tokens[len(k.Tokens)-1]
	own := t.ExpiresAt != nil && (newest.ExpiresAt == nil || t.ExpiresAt.Before(*newest.ExpiresAt))
	return t.State == apikey.StateExpired && t.ID != newest.ID && own
}

// TakenOver reports whether a token was made in another system, by what is shown of it.
func TakenOver(hint string) bool { return hint != "" && !strings.HasPrefix(hint, "ost_") }

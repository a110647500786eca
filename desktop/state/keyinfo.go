package state

import (
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// EndsSoon reports whether a key works and will not for long.
func EndsSoon(k api.Key, now time.Time) bool {
	return k.State == apikey.StateActive && k.ExpiresAt != nil && k.ExpiresAt.Before(now.Add(ExpiryNotice))
}

// Allowing leaves out the keys on which an action may not be taken now.
func (a Action) Allowing(keys []*api.Key) []*api.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k *api.Key) bool { return !a.Allowed(*k) })
}

// Final reports whether an action cannot be undone.
func (a Action) Final() bool { return a == ActionRevoke || a == ActionDelete }

// Asks reports whether an action on one key begins with a question or a form.
func (a Action) Asks() bool { return a != ActionEnable && a != ActionDisable }

// ActiveTokens is how many tokens of a key work.
func ActiveTokens(k api.Key) (n int) {
	for _, t := range k.Tokens {
		if t.State == apikey.StateActive {
			n++
		}
	}
	return n
}

// Usable is how many keys of a pool can be used, now or after they are enabled.
func Usable(pool api.Pool) int { return int(pool.Keys.Active + pool.Keys.Disabled) }

// Fields are the words of a field with commas, semicolons or spaces between
// them; never nil.
func Fields(text string) []string {
	out := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \n", r) })
	if out == nil {
		out = []string{}
	}
	return out
}

package state

import (
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// Replaced is when another token came after one of a key: from then on its clients should have moved. It is the zero
// time for the newest.
func Replaced(k api.Key, t api.Token) time.Time {
	i := slices.IndexFunc(k.Tokens, func(o api.Token) bool { return o.ID == t.ID })
	if i < 0 || i+1 >= len(k.Tokens) {
		return time.Time{}
	}
	return k.Tokens[i+1].CreatedAt
}

package verify

import (
	"cmp"
	"slices"
)

// want is what the clients of one server ask for, of something that several servers share.
type want struct {
	server string
	amount int64
}

// divide returns what the server with the given name gets of a whole, of which each of several wants an amount. Who
// wants no more than an even part gets it all, the rest is parted among the others, and what nobody wants goes to all
// alike. All servers come to parts that add up to the whole, if they know of the same wants.
func divide(whole int64, server string, wants []want) (part int64) {
	slices.SortFunc(wants, func(a, b want) int {
		return cmp.Or(cmp.Compare(a.amount, b.amount), cmp.Compare(a.server, b.server))
	})
	left, parts := whole, int64(len(wants))
	for i, w := range wants {
		gets := min(w.amount, left/(parts-int64(i)))
		left -= gets
		if w.server == server {
			part = gets
		}
	}
	part += left / parts
	if remainder := left % parts; remainder > 0 {
		place := slices.IndexFunc(wants, func(w want) bool { return w.server == server })
		if int64(place) < remainder {
			part++
		}
	}
	return part
}

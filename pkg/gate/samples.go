package gate

import (
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/kinds"
)

const kindRest = kinds.Rest

// anySegment stands for a segment that no endpoint names.
const anySegment = "~any~"

// samples are paths that a claim is for. Whatever decides about one of all such paths, now or then, decides about one
// of these: of the paths that two claims have in common, the most general one of each length is in no other claim that
// the rest are not in.
func (c *Comparison) samples(p *claim) (paths []string) {
	lengths := []int{len(p.segments), len(p.segments) + 1}
	others := []*claim{p}
	for _, claims := range [][]claim{c.now.claims, c.then.claims} {
		for i := range claims {
			if other := &claims[i]; other.meets(p) {
				others = append(others, other)
				lengths = append(lengths, len(other.segments), len(other.segments)+1)
			}
		}
	}
	slices.Sort(lengths)
	lengths = slices.Compact(lengths)
	seen := map[string]bool{}
	for _, other := range others {
		for _, n := range lengths {
			path, ok := general(p, other, n)
			if ok && !seen[path] {
				seen[path] = true
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// general returns the most general path of n segments that two claims, which meet, are for; not ok if there is none.
func general(a, b *claim, n int) (path string, ok bool) {
	if !a.has(n) || !b.has(n) {
		return "", false
	}
	var text strings.Builder
	for i := range n {
		segment := anySegment
		for _, c := range []*claim{a, b} {
			if i < len(c.segments) && !isName(c.segments[i]) {
				segment = c.segments[i]
			}
		}
		text.WriteByte('/')
		text.WriteString(segment)
	}
	return text.String(), true
}

// has reports whether a claim is for paths of n segments.
func (c *claim) has(n int) bool {
	switch c.reach {
	case covering:
		return n >= len(c.segments)
	case belowIt:
		return n > len(c.segments)
	default:
		return n == len(c.segments)
	}
}

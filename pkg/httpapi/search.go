package httpapi

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxWords is how many words a search may have, those that leave keys out
// among them: more than anybody types.
const maxWords = 16

// searchPart is a part of a search: all up to a space that is not in quotes.
var searchPart = regexp.MustCompile(`(?:[^\s"]|"[^"]*"?)+`)

// readSearch takes a search apart: words that a key must all have, and what is
// said as role:agent, state:active, pool:edge, owner:grace, label:team=sre,
// tenant:a, endpoint:loki, unused:30d or expires:7d, which count as the
// parameters of those names do. Of what a key has one of, several are
// alternatives; of what it can have several of, it must have all.
//
// A part with a minus leaves out the keys that it describes. What is none of
// these, or is in quotes, is a word like any other.
func (p *parameters) readSearch(q *apikey.Query) {
	var words []string
	for _, part := range searchPart.FindAllString(apikey.Searched(p.searchText("q")), -1) {
		wanted, unwanted := strings.CutPrefix(part, "-")
		if !unwanted || wanted == "" {
			if !takePart(q, part) && !takeID(q, part) {
				words = append(words, wordsOf(part)...)
			}
			continue
		}
		var without apikey.Query
		if !takePart(&without, wanted) && !takeID(&without, wanted) {
			without.Search = strings.Join(wordsOf(wanted), " ")
			if without.Search == "" {
				continue
			}
		}
		q.Without = append(q.Without, without)
	}
	if len(words)+len(q.IDs)+len(q.Without) > maxWords {
		p.wrong.Add("q", "has more than %d words", maxWords)
	}
	q.Search = strings.Join(words, " ")
}

// takePart takes up a part of a search as a filter, and reports whether it was
// one.
func takePart(q *apikey.Query, part string) bool {
	name, value, ok := strings.Cut(part, ":")
	value = strings.TrimSpace(strings.ReplaceAll(value, `"`, ""))
	return ok && value != "" && asFilter(q, strings.ToLower(name), value)
}

// takeID takes up a part of a search that may be a token's id, and reports whether it was one. Who pastes an id means
// that key, and not also all that it has made: a key that opens Grafana makes others as a user who is named by its id.
func takeID(q *apikey.Query, part string) bool {
	_, ok := apikey.ParseID(part)
	if ok {
		q.IDs = append(q.IDs, part)
	}
	return ok
}

// wordsOf returns the words of a part of a search.
func wordsOf(part string) []string { return strings.Fields(strings.ReplaceAll(part, `"`, " ")) }

// asFilter takes up what is said about keys with a name and a value, and
// reports whether it could.
func asFilter(q *apikey.Query, name, value string) bool {
	switch name {
	case "role":
		role, err := apikey.ParseRole(value)
		return takeUp(&q.Roles, role, err)
	case "state":
		state, err := apikey.ParseState(strings.ToLower(value))
		return takeUp(&q.States, state, err)
	case "pool":
		pool, err := poolFilter(value)
		return takeUp(&q.Pools, pool, err)
	case "owner":
		return takeUp(&q.Owners, apikey.Normal(value), nil)
	case "label":
		label, err := apikey.ParseLabelFilter(value)
		return takeUp(&q.Labels, label, err)
	case "tenant":
		return takeUp(&q.Tenants, value, checkTenantFilter(value))
	case "endpoint":
		return takeUp(&q.Endpoints, value, apikey.CheckEndpointName(value))
	}
	return asSpan(q, name, value)
}

// takeUp adds a value to those of a filter unless it is none.
func takeUp[T any](list *[]T, value T, err error) bool {
	if err != nil || len(*list) >= maxWords {
		return false
	}
	*list = append(*list, value)
	return true
}

// asSpan is asFilter for what is said with a length of time. Of several, the
// strictest holds all of them.
func asSpan(q *apikey.Query, name, value string) bool {
	if name == "unused" && value == api.NeverUsed {
		q.NeverUsed = true
		return true
	}
	span, err := apikey.ParseTTL(value)
	if err != nil || span == 0 {
		return false
	}
	switch name {
	case "unused":
		q.UnusedFor = max(q.UnusedFor, span)
	case "expires":
		q.EndsWithin = min(cmp.Or(q.EndsWithin, span), span)
	default:
		return false
	}
	return true
}

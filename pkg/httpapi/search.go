package httpapi

import (
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxWords is how many words a search may have: more than anybody types.
const maxWords = 16

// readSearch takes a search apart: words that a key must all have, and what is
// said as role:agent, state:active, pool:edge, owner:grace, label:team=sre,
// tenant:a or endpoint:loki, which count as the parameters of those names do.
// What is none of these, or is in quotes, is a word like any other.
func (p *parameters) readSearch(q *apikey.Query) {
	var words []string
	for _, field := range splitSearch(p.searchText("q")) {
		if !field.quoted && asFilter(q, field.text) {
			continue
		}
		words = append(words, strings.Fields(field.text)...)
	}
	if len(words) > maxWords {
		p.wrong.Add("q", "has more than %d words", maxWords)
	}
	q.Search = strings.Join(words, " ")
}

// asFilter takes up a word that says what a key must be, and reports whether it
// was one.
func asFilter(q *apikey.Query, word string) bool {
	name, value, ok := strings.Cut(word, ":")
	if !ok || value == "" {
		return false
	}
	switch strings.ToLower(name) {
	case "role":
		role, err := apikey.ParseRole(value)
		if err == nil {
			q.Role = role
		}
		return err == nil
	case "state":
		state, err := apikey.ParseState(strings.ToLower(value))
		if err == nil {
			q.State = state
		}
		return err == nil
	case "pool":
		pool, err := poolFilter(value)
		if err == nil {
			q.Pool = pool
		}
		return err == nil
	}
	return asFurtherFilter(q, strings.ToLower(name), value)
}

// asFurtherFilter is asFilter for what not every key has.
func asFurtherFilter(q *apikey.Query, name, value string) bool {
	switch name {
	case "owner":
		q.Owner = apikey.Normal(value)
	case "label":
		f, err := apikey.ParseLabelFilter(value)
		if err != nil || len(q.Labels) >= apikey.MaxLabels {
			return false
		}
		q.Labels = append(q.Labels, f)
	case "tenant":
		if value != apikey.AnyTenant && apikey.CheckTenant(value) != nil {
			return false
		}
		q.Tenant = value
	case "endpoint":
		if apikey.CheckEndpointName(value) != nil {
			return false
		}
		q.Endpoint = value
	default:
		return false
	}
	return true
}

// searchField is a word of a search, or a text in quotes.
type searchField struct {
	text   string
	quoted bool
}

func splitSearch(text string) (fields []searchField) {
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 1 {
			fields = append(fields, searchField{part, true})
			continue
		}
		for word := range strings.FieldsSeq(part) {
			fields = append(fields, searchField{word, false})
		}
	}
	return fields
}

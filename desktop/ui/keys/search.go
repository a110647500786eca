package keys

import (
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// searchFields are what can be said of keys in a search with a colon, as in role:agent. The server reads them; this
// program says what it would take for a word like any other, and find nothing by.
var searchFields = []string{"state", "role", "pool", "owner", "label", "tenant", "endpoint", "unused", "expires"}

// searchPart is a part of a search: all up to a blank that is not in quotes.
var searchPart = regexp.MustCompile(`(?:[^\s"]|"[^"]*"?)+`)

// searchMistake says what of a search is not meant as it is read; empty if there is nothing.
func searchMistake(w *words.Words, text string) string {
	for _, part := range searchPart.FindAllString(text, -1) {
		name, value, ok := strings.Cut(strings.TrimPrefix(part, "-"), ":")
		name = strings.ToLower(name)
		value = strings.TrimSpace(strings.ReplaceAll(value, `"`, ""))
		mistake := ""
		switch {
		case !ok:
		case !slices.Contains(searchFields, name):
			mistake = misspelt(w, name, value)
		case value != "": // it is typed
			mistake = wrongValue(w, name, value)
		}
		if mistake != "" {
			return mistake
		}
	}
	return ""
}

// wrongValue says what is wrong with what is said of a field.
func wrongValue(w *words.Words, field, value string) string {
	var err error
	switch field {
	case "role":
		if _, err := apikey.ParseRole(value); err != nil {
			return w.T("search.not-one-of", "value", value, "all", strings.ToLower(strings.Join(roleNames(), ", ")))
		}
	case "state":
		if _, err := apikey.ParseState(strings.ToLower(value)); err != nil {
			var all []string
			for _, s := range apikey.States() {
				all = append(all, string(s))
			}
			return w.T("search.not-one-of", "value", value, "all", strings.Join(all, ", "))
		}
	case "unused", "expires":
		span, err := apikey.ParseTTL(value)
		if (err != nil || span == 0) && (field != "unused" || value != api.NeverUsed) {
			return w.T("search.not-a-span", "field", field)
		}
	case "label":
		if _, err := apikey.ParseLabelFilter(value); err != nil {
			return w.T("search.not-a-label")
		}
	case "tenant":
		if value != apikey.AnyTenant {
			err = apikey.CheckTenant(value)
		}
	case "endpoint":
		err = apikey.CheckEndpointName(value)
	}
	if err != nil {
		return w.FromServer(err.Error())
	}
	return ""
}

// misspelt says what was meant by a word that is almost a field; addresses have colons too.
func misspelt(w *words.Words, name, value string) string {
	if unwanted, ok := strings.CutPrefix(name, "!"); ok && slices.Contains(searchFields, unwanted) {
		return w.T("search.meant", "name", name, "meant", "-"+unwanted)
	}
	isWord := !strings.ContainsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' })
	if len(name) < 3 || !isWord || strings.HasPrefix(value, "//") {
		return ""
	}
	near := 2
	if len(name) < 5 { // of a short word, two letters are most of it
		near = 1
	}
	for _, field := range searchFields {
		if levenshtein.ComputeDistance(field, name) <= near {
			return w.T("search.meant", "name", name, "meant", field)
		}
	}
	return ""
}

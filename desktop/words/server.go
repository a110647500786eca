package words

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// saying is a sentence of the server, and what it is in another language.
type saying struct {
	english *regexp.Regexp
	values  []string // their places, in the order of the English words
	text    string
}

// place is where a value stands in a saying.
var place = regexp.MustCompile(`\{\{\d+\}\}`)

// quoted is what the server puts between its own quotation marks, as a sentence of the catalogue.
const quoted = `"{{1}}"`

// name is such a text, and what is in it.
var name = regexp.MustCompile(`(?s)^"((?:[^"\\]|\\.)*)"$`)

// escaped is what is written with a backslash in it.
var escaped = regexp.MustCompile(`\\(["\\])`)

// sentenceEnd is between two sentences.
var sentenceEnd = regexp.MustCompile(`\. ([A-Z])`)

// FromServer gives what a server has said in the language of w. Servers speak English, because what they say is for
// scripts and logs too; a sentence that the catalogue does not have stays as it is.
func (w *Words) FromServer(english string) string {
	if text, ok := w.known(english); ok {
		return text
	}
	return english
}

// Described is what a key is described as. An import describes keys in English; else people wrote it, and it stays as
// it is.
func (w *Words) Described(text string) string {
	if !strings.HasPrefix(text, "Taken over from ") {
		return text
	}
	return w.FromServer(text)
}

// known is the text for what a server has said, if the catalogue has it whole.
func (w *Words) known(english string) (text string, ok bool) {
	for _, s := range w.sayings() {
		found := s.english.FindStringSubmatch(english)
		if found == nil {
			continue
		}
		return place.ReplaceAllStringFunc(s.text, func(value string) string {
			return w.inPlace(found[slices.Index(s.values, value)+1])
		}), true
	}
	end := sentenceEnd.FindStringIndex(english)
	if end == nil {
		return "", false
	}
	first, ok := w.known(english[:end[0]+1])
	if !ok {
		return "", false
	}
	rest, ok := w.known(english[end[0]+2:])
	return first + " " + rest, ok
}

// inPlace is a value within a sentence: a name, which stays as it is, a sentence by itself or a part of one, or several
// of them.
func (w *Words) inPlace(value string) string {
	if named := name.FindStringSubmatch(value); named != nil {
		return strings.Replace(cmp.Or(w.server[quoted], quoted), "{{1}}", escaped.ReplaceAllString(named[1], "$1"), 1)
	}
	if text, ok := w.known(value); ok {
		return text
	}
	parts := strings.Split(value, "; ")
	for i, part := range parts {
		parts[i] = w.FromServer(part)
	}
	return strings.Join(parts, "; ")
}

// learn reads the sayings of a language, which w needs when something fails for the first time.
func (w *Words) learn() (all []saying) {
	if w.language == english {
		return nil
	}
	own := func(said string) int { return len(place.ReplaceAllString(said, "")) }
	// Those with the most words of their own first: a value may be anything.
	order := slices.SortedFunc(maps.Keys(w.server), func(a, b string) int {
		return cmp.Or(own(b)-own(a), strings.Compare(a, b))
	})
	for _, said := range order {
		if said == quoted {
			continue
		}
		parts := place.Split(said, -1)
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		all = append(all, saying{
			english: regexp.MustCompile("(?s)^" + strings.Join(parts, "(.*?)") + "$"),
			values:  place.FindAllString(said, -1), text: w.server[said],
		})
	}
	return all
}

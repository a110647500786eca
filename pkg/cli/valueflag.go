package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// valueError says what is wrong with the value of a flag.
type valueError struct{ error }

// wordsFlag is a flag that is given once for each of its values, which are taken as they are.
type wordsFlag struct {
	words *[]string
	split func(value string) []string // into several values; nil = it is one
	check func(words []string) error  // after each; nil = anything that is not empty
	empty string                      // what to do instead of giving an empty one
}

// Set adds a value.
func (w *wordsFlag) Set(value string) error {
	if strings.TrimSpace(value) == "" {
		return &emptyError{w.empty}
	}
	values := []string{value}
	if w.split != nil {
		values = w.split(value)
	}
	words := slices.Concat(*w.words, values)
	if w.check != nil {
		if err := w.check(words); err != nil {
			return &valueError{err}
		}
	}
	*w.words = words
	return nil
}

// Type is that of pflag's own lists, which completion knows.
func (w *wordsFlag) Type() string { return "stringArray" }

func (w *wordsFlag) String() string { return strings.Join(*w.words, ",") }

// Append adds a value.
func (w *wordsFlag) Append(word string) error { return w.Set(word) }

// Replace sets all values.
func (w *wordsFlag) Replace(words []string) error {
	*w.words = words
	return nil
}

// GetSlice returns the values.
func (w *wordsFlag) GetSlice() []string { return *w.words }

// labelsVar adds the flag --label for labels that a key is given.
func labelsVar(f *pflag.FlagSet, labels *[]string, otherwise, usage string) {
	f.Var(&wordsFlag{words: labels, empty: otherwise, split: splitLabels, check: func(words []string) error {
		_, err := labelsOf(words)
		return err
	}}, "label", usage)
}

var nextLabel = regexp.MustCompile(`,([a-z][a-z0-9_-]*=)`)

// splitLabels parts labels that have commas between them, as in team=sre,env=live. A comma that no label follows is a
// part of the value.
func splitLabels(value string) []string {
	return strings.Split(nextLabel.ReplaceAllString(value, "\x00$1"), "\x00")
}

// labelsOf reads labels such as team=sre.
func labelsOf(words []string) (map[string]string, error) {
	labels := make(map[string]string, len(words))
	for _, word := range words {
		name, value, given := strings.Cut(word, "=")
		if _, twice := labels[name]; twice {
			return nil, usageError("the label %q is given twice", name)
		}
		if !given {
			return nil, usageError("%q has no value; write it like team=sre", word)
		}
		labels[name] = value
	}
	return apikey.ParseLabels(labels)
}

// limitsVar adds the flag --limit for limits that a key is given.
func limitsVar(f *pflag.FlagSet, limits *[]string, otherwise, usage string) {
	f.Var(&wordsFlag{words: limits, empty: otherwise, check: func(words []string) error {
		_, err := limitsOf(words)
		return err
	}}, "limit", usage)
}

const limitUsage = "`LIMIT` such as requestsPerSecond=50; may be repeated, see above"

const limitHelp = `Limits are requestsPerSecond, burst (requests at once, with requestsPerSecond),
concurrent, bytesPerSecond, requestsPerDay and bytesPerDay; all tokens of the
key share them, and those of bytes may have a unit, as 5MB. Tenants are those that the key may act for at endpoints with
tenants, or "*" alone for any.`

package cli

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// listFlag is a list of words that limits a key: it may be given with commas,
// and repeated. An empty word is refused, because an empty list is no limit: a
// script whose variable is not set would lift it without a word.
type listFlag struct {
	list      *[]string
	otherwise string // how to lift the limit
}

// listVar adds a flag that is a list. Otherwise says what to do instead of
// giving an empty one.
func listVar(f *pflag.FlagSet, list *[]string, name, otherwise, usage string) {
	f.Var(&listFlag{list: list, otherwise: otherwise}, name, usage)
}

// emptyError refuses an empty word.
type emptyError struct{ otherwise string }

func (e *emptyError) Error() string { return "is empty, or has an empty word; " + e.otherwise }

// Set adds the words of a value.
func (l *listFlag) Set(value string) error {
	words := []string{""}
	if value != "" {
		var err error
		if words, err = csv.NewReader(strings.NewReader(value)).Read(); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(words, func(word string) bool { return strings.TrimSpace(word) == "" }) {
		return &emptyError{l.otherwise}
	}
	*l.list = append(*l.list, words...)
	return nil
}

// Type is that of pflag's own lists, which completion knows.
func (l *listFlag) Type() string { return "stringSlice" }

func (l *listFlag) String() string { return strings.Join(*l.list, ",") }

// Append adds a word.
func (l *listFlag) Append(word string) error {
	*l.list = append(*l.list, word)
	return nil
}

// Replace sets all words.
func (l *listFlag) Replace(words []string) error {
	*l.list = words
	return nil
}

// GetSlice returns the words.
func (l *listFlag) GetSlice() []string { return *l.list }

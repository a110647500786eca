package config

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// failure reports the mistakes: those of flags and variables, then those of the file from its first line to its last.
func (r *reader) failure() *Error {
	err := &Error{File: r.file, Mistakes: r.mistakes, Lines: map[string]int{}}
	if r.file == "" {
		return err
	}
	found := readLines(r.file)
	for _, m := range err.Mistakes {
		err.Lines[m.Field] = found.of(m.Field)
	}
	slices.SortStableFunc(err.Mistakes, func(a, b apikey.FieldError) int {
		return cmp.Compare(err.Lines[a.Field], err.Lines[b.Field])
	})
	return err
}

// lines says in which lines of a file each of its keys stands: gate.endpoints[0].upstream.
type lines map[string][]int

// isBlank reports whether a file says nothing at all, not even {}.
func isBlank(name string) bool {
	text, err := os.ReadFile(name)
	var root yaml.Node
	return err == nil && yaml.Unmarshal(text, &root) == nil && len(root.Content) == 0
}

// readLines reads where the keys of a file stand. Of a file that is no YAML it knows nothing.
func readLines(name string) lines {
	found := lines{}
	text, err := os.ReadFile(name)
	if err != nil {
		return found
	}
	var root yaml.Node
	if yaml.Unmarshal(text, &root) != nil || len(root.Content) == 0 {
		return found
	}
	found.walk("", root.Content[0])
	return found
}

func (l lines) walk(key string, n *yaml.Node) {
	switch n.Kind {
	case yaml.AliasNode: // what it stands for has lines of its own
		return
	case yaml.SequenceNode:
		for i, item := range n.Content {
			name := key + "[" + strconv.Itoa(i) + "]"
			l.add(name, item)
			l.walk(name, item)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := strings.TrimPrefix(key+"."+n.Content[i].Value, ".")
			l.add(name, n.Content[i])
			l.walk(name, n.Content[i+1])
		}
	}
}

// of returns the line of a key, or of the nearest above it that is there; 0 = none of them is.
func (l lines) of(key string) int {
	for ; key != ""; key = key[:max(strings.LastIndexAny(key, ".["), 0)] {
		if found := l[key]; len(found) > 0 {
			return found[0]
		}
	}
	return 0
}

func (l lines) add(key string, n *yaml.Node) { l[key] = append(l[key], n.Line) }

// twice returns the settings that stand in the file more than once: a section may.
func (l lines) twice() map[string][]int {
	out := map[string][]int{}
	for key, found := range l {
		if len(found) > 1 && isSetting(key) {
			out[key] = found
		}
	}
	return out
}

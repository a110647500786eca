package state

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
)

// This is how the lists of an endpoint are typed: methods as in GET: read, POST: write, and a path a line, with what it
// takes behind it.

// methodTyped is a method with what it takes.
var methodTyped = regexp.MustCompile(`^([A-Za-z]+)\s*[:=\s]\s*([a-z]+)$`)

// TypedMethods writes what methods take as it would be typed.
func TypedMethods(methods map[string]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		words = append(words, name+": "+methods[name])
	}
	return strings.Join(words, ", ")
}

// Methods reads what was typed of methods. Good is false if it cannot be read; nothing at all can.
func Methods(text string) (methods map[string]string, good bool) {
	if strings.TrimSpace(text) == "" {
		return nil, true
	}
	methods = map[string]string{}
	for word := range strings.SplitSeq(text, ",") {
		parts := methodTyped.FindStringSubmatch(strings.TrimSpace(word))
		if parts == nil {
			return nil, false
		}
		name := strings.ToUpper(parts[1])
		if _, twice := methods[name]; twice {
			return nil, false
		}
		methods[name] = parts[2]
	}
	return methods, true
}

// TypedPaths writes paths as they would be typed.
func TypedPaths(paths []api.EndpointPath) string {
	lines := make([]string, len(paths))
	for i, p := range paths {
		words := []string{p.Path, p.Require, TypedMethods(p.Methods)}
		lines[i] = strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
	}
	return strings.Join(lines, "\n")
}

// Paths reads what was typed of paths. Wrong is the first line that cannot be read; empty = none.
func Paths(text string) (paths []api.EndpointPath, wrong string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		path, good := typedPath(line)
		if !good {
			return nil, line
		}
		paths = append(paths, path)
	}
	return paths, ""
}

func typedPath(line string) (path api.EndpointPath, good bool) {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	path.Path = line[:end]
	takes := strings.TrimSpace(line[end:])
	if !strings.HasPrefix(path.Path, "/") {
		return path, false
	}
	if !strings.ContainsAny(takes, ",:= \t") {
		path.Require = takes
		return path, true
	}
	path.Methods, good = Methods(takes)
	return path, good
}

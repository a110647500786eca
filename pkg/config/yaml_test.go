package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFaultsOfYAML holds that whoever writes a file that is no YAML learns where, and what would be right.
func TestFaultsOfYAML(t *testing.T) {
	for text, want := range map[string]string{
		"gate:\n\tlisten: x\n":                            "line 2: it is indented with a tab",
		"gate:\n  listen: x\n\ttls: y\n":                  "line 3: it is indented with a tab",
		"gate:\n  endpoints:\n  - name: x\n  \tpath: /\n": "line 4: it is indented with a tab",
		"- a\n":                         "line 1: the file begins with a list; settings are written as NAME: VALUE",
		"# first\ngate\n":               `line 2: "gate" has no value`,
		"listen: 1\nlisten: 2\n":        "line 2: listen is said twice, first in line 1",
		"a: b: c\n":                     "line 1: a value has its own NAME:",
		"gate:\n listen: a\n  tls: b\n": "line 3: a value has its own NAME:",
		"gate:\n  endpoints:\n    - name:x\n      path: /\n": "line 4: a value has its own NAME:",
		"gate: {listen: a\n": "a { is not closed",
		"gate: [a\n":         "a [ is not closed",
		"listen: \"127\n":    "a quotation mark is not closed",
		"listen: \"\\q\"\n":  "stands for an escape",
		"listen: @x\n":       "line 1: a value cannot begin with @",
		"listen: *x\n":       "put it in quotation marks",
		"a: *\n":             "line 1: a value cannot begin with *",
		"gate:\n  endpoints:\n  - name: a\n   require: b\n": "is indented otherwise than those beside it",
		"---\nlisten: a\n---\nlisten: b\n":                  "line 3: another document begins here",
		"{\"listen\": \"a\"}\n\n}":                          "nothing may follow",
		"listen: a\x01\n":                                   "control characters",
		"listen: \xff\n":                                    "not in UTF-8",
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := Load(Source{File: file})
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "interface {}", text)
		require.NotContains(t, err.Error(), "yaml:", text)
	}
}

// FuzzYAML holds that a fault is told and nothing panics, and that a file has tabs only where YAML takes them.
func FuzzYAML(f *testing.F) {
	for _, text := range []string{"a: b", "a:\n\tb: c", "- a", "{", "a: &x [*x]", "---\n---\n", "a: |\n  \tx\n", "\t\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := ReadYAML([]byte(text), "right"); err != nil {
			require.NotEmpty(t, strings.TrimSpace(err.Error()))
		}
	})
}

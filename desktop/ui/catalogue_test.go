package ui

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/words"
)

// sources are the texts of Go files.
func sources(t *testing.T, patterns ...string) string {
	t.Helper()
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	var all strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		content, err := os.ReadFile(f)
		require.NoError(t, err)
		all.Write(content)
	}
	return all.String()
}

// kinds are the kinds of problems, as package state defines them.
func kinds(t *testing.T) (out []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`Kind = "([a-z-]+)"`).FindAllStringSubmatch(sources(t, "../state/problem.go"), -1) {
		out = append(out, m[1])
	}
	require.Greater(t, len(out), 20)
	return out
}

func TestEveryTextInTheCodeIsInTheCatalogue(t *testing.T) {
	texts, code := words.New("en").Texts, sources(t, "*.go", "*/*.go", "../kit/*.go")
	// Keys that are written whole.
	for _, m := range regexp.MustCompile(`\.T\("([a-z0-9.-]+[a-z0-9])"`).FindAllStringSubmatch(code, -1) {
		if _, ok := texts[m[1]]; !ok && !strings.Contains(code, `"`+m[1]+`" + `) {
			require.Fail(t, "there is no text "+m[1])
		}
	}
	for _, m := range regexp.MustCompile(`\.N\("([a-z0-9.-]+[a-z0-9])"`).FindAllStringSubmatch(code, -1) {
		require.Contains(t, texts, m[1]+"_one")
		require.Contains(t, texts, m[1]+"_other")
	}
}

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var picture = regexp.MustCompile(`docs/img/[\w.-]+|\((img/[\w.-]+)\)`)

// docs/img holds the pictures that pages show, and that Grafana shows of the plugin, and no others.
func TestEveryPictureIsShown(t *testing.T) {
	shown := map[string]bool{}
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md") {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, name := range picture.FindAllString(string(content), -1) {
			shown[regexp.MustCompile(`[^/()]+\.\w+`).FindString(name)] = true
		}
	}
	links, err := filepath.Glob("../../src/img/*.png")
	require.NoError(t, err)
	for _, link := range links {
		target, err := filepath.EvalSymlinks(link)
		require.NoError(t, err)
		shown[filepath.Base(target)] = true
	}
	files, err := os.ReadDir("../../docs/img")
	require.NoError(t, err)
	there := map[string]bool{}
	for _, file := range files {
		there[file.Name()] = true
		require.True(t, shown[file.Name()], "no page shows docs/img/%s; remove it", file.Name())
	}
	for name := range shown {
		require.True(t, there[name], "a page shows docs/img/%s, which is not there", name)
	}
}

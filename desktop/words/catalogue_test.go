package words_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/src/locales"
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

func TestEveryTextInTheCodeIsInTheCatalogue(t *testing.T) {
	texts, code := words.New("en").Texts, sources(t, "../ui/*/*.go", "../kit/*.go")
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

func TestEveryOwnTextIsUsed(t *testing.T) {
	content, err := locales.Files.ReadFile("en-US/" + locales.FileName)
	require.NoError(t, err)
	var catalogue struct{ Desktop map[string]string }
	require.NoError(t, json.Unmarshal(content, &catalogue))
	require.NotEmpty(t, catalogue.Desktop)
	code := sources(t, "../ui/*/*.go", "../kit/*.go", "*.go", "../state/*.go")
	for key := range catalogue.Desktop {
		key = strings.TrimSuffix(strings.TrimSuffix(key, "_one"), "_other")
		used := strings.Contains(code, `"`+key+`"`)
		for at := strings.LastIndexByte(key, '.'); at > 0 && !used; at = strings.LastIndexByte(key[:at], '.') {
			used = strings.Contains(code, `"`+key[:at+1]+`"`) || strings.Contains(code, `"`+key[at:]+`"`) || strings.Contains(code, `"`+key[:at]+`"`)
		}
		require.True(t, used, "nothing says %s", key)
	}
}

// homonyms are texts that say something else than the pages' texts that look
// the same.
var homonyms = []string{
	"keyboard.end",       // what is written on a key
	"connection.trust",   // the field of a connection, not a snippet
	"connections.remove", // a connection, not a pool
	"connections.remove-title",
	"token.save", // to a file
}

// TestNoOwnTextSaysWhatThePagesSay holds the one catalogue together: the program
// words for itself what only it says.
func TestNoOwnTextSaysWhatThePagesSay(t *testing.T) {
	own, pages, keys := map[string][2]string{}, map[[2]string]string{}, map[string]bool{}
	for i, folder := range []string{"en-US", "de-DE"} {
		content, err := locales.Files.ReadFile(folder + "/" + locales.FileName)
		require.NoError(t, err)
		var catalogue map[string]any
		require.NoError(t, json.Unmarshal(content, &catalogue))
		for key, text := range flat(catalogue) {
			pair := own[key]
			pair[i] = text
			own[key] = pair
		}
	}
	for key, pair := range own {
		if !strings.HasPrefix(key, "desktop.") {
			pages[pair], keys[key] = key, true
			delete(own, key)
		}
	}
	for key, pair := range own {
		key = strings.TrimPrefix(key, "desktop.")
		require.False(t, keys[key], "%s has another text in the pages", key)
		if page, same := pages[pair]; same && !slices.Contains(homonyms, key) {
			require.Fail(t, "the pages say it too", "use %s in place of %s: %q", page, key, pair)
		}
	}
}

// flat are the texts of a part of the catalogue by their keys.
func flat(part map[string]any) map[string]string {
	out := map[string]string{}
	for key, value := range part {
		switch value := value.(type) {
		case string:
			out[key] = value
		case map[string]any:
			for below, text := range flat(value) {
				out[key+"."+below] = text
			}
		}
	}
	return out
}

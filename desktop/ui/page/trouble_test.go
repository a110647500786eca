package page_test

import (
	"errors"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
)

// kinds are the kinds of problems, as package state defines them.
func kinds(t *testing.T) (out []string) {
	t.Helper()
	source, err := os.ReadFile("../../state/problem.go")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`Kind = "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		out = append(out, m[1])
	}
	require.Greater(t, len(out), 20)
	return out
}

func TestProblemsHaveWordsInEveryLanguage(t *testing.T) {
	for _, language := range words.Languages() {
		h := &page.Host{Stage: &kit.Stage{Words: words.New(language)}}
		for _, kind := range kinds(t) {
			tr := h.Explain(&state.Problem{Kind: state.Kind(kind), Err: errors.New("x")})
			require.NotContains(t, tr.Headline, "problem.", kind)
			require.NotContains(t, tr.Next, "problem.", kind)
		}
	}
}

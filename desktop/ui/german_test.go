package ui

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
)

// english finds words that no German sentence has.
var english = regexp.MustCompile(`(?i)\b(the|and|of|is|are|were|not|with|your|you|this|that|for|from|to|by|key|keys|expires?|revoke[ds]?|delete[ds]?|disable[ds]?|enable[ds]?|create[ds]?|choose|cancel|close|save|copy|file|never|days?|hours?|minutes|seconds?|months?|ago|just|now|request|requests|address|addresses|endpoints|replaces|works|until|again|nothing|nobody|server's|connection|connections|settings|search|all|january|october|monday)\b`)

// placeholder marks the place of a value in a text.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// foreignWords are names, examples and pieces of configuration, which are the
// same in every language.
var foreignWords = regexp.MustCompile(`curl -i|Authorization|grafana\.example|gate\.example|pmm\.example|^edge-agents$|^/home/ada|OpenTelemetry|github\.com|HTTP|oder never\.$`)

// TestGermanProblemsAndTimes reads what the scenes cannot all come by.
func TestGermanProblemsAndTimes(t *testing.T) {
	require.True(t, english.MatchString("The key was not changed."))
	require.False(t, english.MatchString("Der Schlüssel wurde nicht geändert."))
	u := &UI{Stage: &kit.Stage{Words: words.New("de")}}
	texts := []string{}
	for _, kind := range kinds(t) {
		tr := u.explain(&state.Problem{Kind: state.Kind(kind), Err: refused})
		texts = append(texts, tr.headline, tr.next)
	}
	u.Words.Now = func() time.Time { return noon }
	for _, d := range []time.Duration{0, time.Minute, time.Hour, day, 40 * day, 800 * day} {
		texts = append(texts, u.Words.Relative(noon.Add(d)), u.Words.Relative(noon.Add(-d)), u.Words.Moment(noon.Add(d)), u.Words.Span(d))
	}
	for key, text := range u.Words.Texts {
		if key != "settings.language.en" {
			texts = append(texts, placeholder.ReplaceAllString(text, ""))
		}
	}
	for _, text := range texts {
		if !foreignWords.MatchString(text) {
			assert.False(t, english.MatchString(text), text)
		}
	}
}

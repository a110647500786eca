package page_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/desktop/words"
)

// placeholder marks the place of a value in a text.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// TestGermanProblemsAndTimes reads what the scenes cannot all come by.
func TestGermanProblemsAndTimes(t *testing.T) {
	require.True(t, uitest.English.MatchString("The key was not changed."))
	require.False(t, uitest.English.MatchString("Der Schlüssel wurde nicht geändert."))
	h := &page.Host{Stage: &kit.Stage{Words: words.New("de")}}
	const day = 24 * time.Hour
	texts := []string{}
	for _, kind := range kinds(t) {
		tr := h.Explain(&state.Problem{Kind: state.Kind(kind), Err: uitest.ErrRefused})
		texts = append(texts, tr.Headline, tr.Next)
	}
	h.Words.Now = func() time.Time { return uitest.Noon }
	for _, d := range []time.Duration{0, time.Minute, time.Hour, day, 40 * day, 800 * day} {
		texts = append(texts, h.Words.Relative(uitest.Noon.Add(d)), h.Words.Relative(uitest.Noon.Add(-d)), h.Words.Moment(uitest.Noon.Add(d)), h.Words.Span(d))
	}
	for key, text := range h.Words.Texts {
		if !strings.HasPrefix(key, "settings.language.") { // each in its own language
			texts = append(texts, placeholder.ReplaceAllString(text, ""))
		}
	}
	for _, text := range texts {
		if !uitest.Foreign.MatchString(text) {
			assert.False(t, uitest.English.MatchString(text), text)
		}
	}
}

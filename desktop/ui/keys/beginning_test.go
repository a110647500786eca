package keys_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestTheUseThatAKeyWasMadeForIsShownFirst begins as a template, and as none.
func TestTheUseThatAKeyWasMadeForIsShownFirst(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Gate.Endpoints[0].Kind = "pyroscope"
	keys.Begin(w.Host, "edge", state.TemplateAlloy)
	w.Confirm("Create key")
	require.Equal(t, "Alloy", w.Choosing("Alloy").Selected)
	require.True(t, w.Shown("pyroscope.write"), w.Texts())
	w.Again()

	w.Life.Gate.Endpoints[0].Kind = "pyroscope"
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
	require.NotEqual(t, "Alloy", w.Choosing("Alloy").Selected)
}

// TestEveryTemplateHasItsUse holds the templates and the uses of tokens together.
func TestEveryTemplateHasItsUse(t *testing.T) {
	for id, snippet := range map[state.TemplateID]state.SnippetID{
		state.TemplateAlloy: state.SnippetAlloy, state.TemplateScrape: state.SnippetPrometheus,
		state.TemplateCollector: state.SnippetCollector, state.TemplateDataSource: state.SnippetGrafanaForm,
		state.TemplateCI: "", "": "",
	} {
		require.Equal(t, snippet, id.Snippet(), id)
	}
}

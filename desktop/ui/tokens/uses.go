package tokens

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// uses shows how a new token is used: pieces of configuration that work
// with its key, at the gate of its server.
type uses struct {
	dialog *dialog
	key    api.Key
	first  state.SnippetID // the one that is shown first; empty = that which comes first
	object *fyne.Container

	gate   api.GateAddress
	pieces []state.Snippet
	shown  int
	copy   *kit.Button
	lines  *fyne.Container
	hint   *kit.Paragraph
}

const (
	snippetSize  = 12
	snippetWidth = 604 // of a line
)

func newUses(d *dialog, key api.Key, first state.SnippetID) *uses {
	return &uses{
		dialog: d, key: key, first: first, object: kit.Column(8), lines: kit.Column(3),
		hint: kit.Note("", kit.ColorMuted),
	}
}

// ask asks the server for its gate, and then shows what can be used there.
func (t *uses) ask() {
	h := t.dialog.host
	session := h.Session
	t.set(t.head(), kit.NewParagraph(h.Words.T("common.loading"), kit.ColorMuted))
	page.InBackground(h, session.Gate, func(list *api.EndpointList, err error) {
		if err != nil {
			list = &api.EndpointList{}
		}
		use := state.Use{Token: mark, Key: t.key, Gate: list.Gate, Endpoints: list.Endpoints}
		t.gate, t.pieces = use.Gate, use.Snippets()
		t.show(t.warning(use, err))
	})
}

// warning says why there is no line for the gate, or is nil.
func (t *uses) warning(use state.Use, err error) fyne.CanvasObject {
	w := t.dialog.host.Words
	if err != nil {
		why := t.dialog.host.Explain(err)
		retry := kit.NewButton(w.T("common.retry"), "", t.dialog.modal.Keys(), t.ask)
		return kit.Column(8, kit.Alert(false, w.T("token.gate-failed"), why.Text()), kit.Row(8, retry))
	}
	if _, ok := use.ProvenAt(); !ok {
		why := w.T("token.opens-nothing-why", "endpoints", strings.Join(t.key.Endpoints, ", "))
		return kit.Alert(false, w.T("token.opens-nothing"), why)
	}
	if use.Gate.URL == "" {
		return kit.Alert(false, w.T("token.no-gate"), w.T("token.no-gate-why"))
	}
	return nil
}

// head is the heading, with what stands at its right.
func (t *uses) head(right ...fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, kit.Middle(kit.Bold(t.dialog.host.Words.T("token.use"))), kit.Row(8, right...))
}

func (t *uses) set(parts ...fyne.CanvasObject) {
	t.object.RemoveAll()
	for _, p := range parts {
		t.object.Add(p)
	}
	t.dialog.modal.Relayout()
}

// show shows the pieces, below a warning if there is one.
func (t *uses) show(warning fyne.CanvasObject) {
	w, keys := t.dialog.host.Words, t.dialog.modal.Keys()
	titles := make([]string, len(t.pieces))
	for i, s := range t.pieces {
		titles[i] = t.title(s.ID)
	}
	pick := kit.NewChoice(titles, keys, nil)
	first := max(0, slices.IndexFunc(t.pieces, func(s state.Snippet) bool { return s.ID == t.first }))
	pick.SetSelectedIndex(first)
	pick.OnChanged = func(string) { t.choose(pick.SelectedIndex()) }
	t.copy = kit.NewButton(w.T("token.copy-with-token"), "copy", keys, func() { t.dialog.copy(t.pieces[t.shown].Text) })
	code := kit.NewBlock(theme.ColorNameInputBackground)
	code.Stroke, code.Radius = kit.ColorLine, 8

	parts := []fyne.CanvasObject{t.head(kit.Fixed(220, kit.Boxed(pick)), t.copy)}
	if warning != nil {
		parts = append(parts, warning)
	}
	t.set(append(parts, container.NewStack(code, kit.Padded(10, 12, 10, 12, t.lines)), t.hint)...)
	t.choose(first)
}

// title names a piece.
func (t *uses) title(id state.SnippetID) string {
	w := t.dialog.host.Words
	switch id {
	case state.SnippetPush:
		return w.T("snippets.curl-push")
	case state.SnippetQuery:
		return w.T("snippets.curl-query")
	case state.SnippetBearer:
		return w.T("snippets.curl-bearer")
	case state.SnippetBasic:
		return w.T("snippets.curl-basic")
	case state.SnippetAlloy:
		return "Alloy"
	case state.SnippetPrometheus:
		return w.T("template.scrape")
	case state.SnippetRemoteWrite:
		return "Prometheus remote_write"
	case state.SnippetCollector:
		return "OpenTelemetry Collector"
	case state.SnippetPromtail:
		return "Promtail"
	case state.SnippetTelegraf:
		return "Telegraf"
	case state.SnippetVector:
		return "Vector"
	case state.SnippetPyroscope:
		return "Pyroscope (Go)"
	case state.SnippetPython:
		return "Python"
	case state.SnippetGrafana:
		return w.T("template.data-source")
	case state.SnippetGrafanaForm:
		return w.T("snippets.grafana-form")
	case state.SnippetNginx:
		return "nginx"
	case state.SnippetKubernetes:
		return "Kubernetes Secret"
	case state.SnippetCertificate:
		return w.T("snippets.certificate")
	}
	return w.T("snippets.environment")
}

// choose draws one of the pieces, with the token's hint in place of the token.
func (t *uses) choose(i int) {
	t.shown = i
	hint := t.key.Hint
	if n := len(t.key.Tokens); n > 0 {
		hint = t.key.Tokens[n-1].Hint
	}
	t.lines.RemoveAll()
	for line := range strings.SplitSeq(strings.TrimRight(t.pieces[i].Text, "\n"), "\n") {
		t.lines.Add(snippetLine(strings.ReplaceAll(strings.ReplaceAll(line, mark, hint), "\t", "    ")))
	}
	t.lines.Refresh()
	if t.pieces[i].ID == state.SnippetCertificate {
		t.copy.SetText(t.dialog.host.Words.T("token.copy-certificate"))
	} else {
		t.copy.SetText(t.dialog.host.Words.T("token.copy-with-token"))
	}
	t.hint.Set(t.advice(t.pieces[i]), kit.ColorMuted)
	if t.hint.Text == "" {
		t.hint.Hide()
	} else {
		t.hint.Show()
	}
	t.dialog.modal.Relayout()
}

// snippetLine is a line, which goes on below where it is too long.
func snippetLine(text string) fyne.CanvasObject {
	if fyne.MeasureText(text, snippetSize, fyne.TextStyle{Monospace: true}).Width <= snippetWidth {
		l := kit.Mono(text)
		l.TextSize, l.Wide = snippetSize, 40
		return l
	}
	p := kit.NewParagraph(text, kit.Plain)
	p.TextSize, p.Style.Monospace, p.Broad = snippetSize, true, snippetWidth
	return p
}

// advice is what one must know before a piece works.
func (t *uses) advice(piece state.Snippet) string {
	w := t.dialog.host.Words
	if piece.ID == state.SnippetCertificate {
		return w.T("snippets.certificate-hint", "file", state.CertificateFile)
	}
	said := []string{whereToPut(w, piece.ID)}
	if strings.Contains(piece.Text, state.AnyTenantPlace) {
		said = append(said, w.T("snippets.name-tenant", "place", state.AnyTenantPlace))
	}
	if t.gate.Certificate != "" && !slices.Contains(selfContained, piece.ID) {
		said = append(said, w.T("snippets.trust-list", "file", state.CertificateFile))
	}
	if blocks := t.key.AllowedCIDRs; len(blocks) > 0 {
		said = append(said, w.T("snippets.addresses", "addresses", strings.Join(blocks, ", ")))
	}
	if port, here := portHere(t.gate.URL); here && strings.Contains(piece.Text, t.gate.URL) {
		said = append(said, w.T("snippets.here-alone", "url", t.gate.URL, "port", port))
	}
	return strings.TrimSpace(strings.Join(said, " "))
}

// selfContained are pieces that need no file with the certificate: it is in them, or they connect to nothing.
var selfContained = []state.SnippetID{state.SnippetEnvironment, state.SnippetGrafana, state.SnippetKubernetes}

package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/state"
)

// clearAfter is how long a token may stay in the clipboard.
const clearAfter = 60 * time.Second

// tokenDialog shows a token for the only time. Snippets show a mark in its place.
type tokenDialog struct {
	ui     *UI
	dialog *modal
	token  *state.Once
	shown  *paragraph // the token
	copied bool       // or saved
	asking bool
	status *fyne.Container
}

const (
	tokenSize  = 14
	tokenWidth = 600
)

// tokenMark stands for the token in a snippet.
const tokenMark = "{token}"

// showToken shows a new key's token.
func (u *UI) showToken(headline string, issued *state.Issued) {
	w := u.w
	d := &tokenDialog{ui: u, token: issued.Token, status: container.NewStack()}
	m := u.newModal(headline, w.t("token.only-now", "name", issued.Key.Name), 680)
	d.dialog = m
	d.shown = newToken(issued.Token)
	surface := newBlock(theme.ColorNameInputBackground)
	surface.stroke, surface.radius = colorFieldLine, 8

	copyButton := primary(w.t("token.copy"), "copy", m.keys(), func() { d.copy(tokenMark) })
	path := newInput(m.keys())
	path.SetText(defaultTokenFile(issued.Key.Name))
	browse := newButton(w.t("files.browse"), "", m.keys(), func() {
		u.chooseDirectory(w.t("files.token"), filepath.Dir(path.Text), func(dir string) { path.fill(filepath.Join(dir, filepath.Base(path.Text))) })
	})
	save := newButton(w.t("token.save"), "save", m.keys(), func() { d.save(path.Text) })
	saving := newField(w.t("token.save-to"), container.NewBorder(nil, nil, nil, padded(0, 0, 0, 8, row(8, browse, save)), boxed(path)), w.t("token.save-help"))

	hint := "ost_" + issued.Key.ID + "_…"
	all := snippets(u)
	shown := 0
	lines := column(3)
	draw := func() {
		lines.RemoveAll()
		for line := range strings.SplitSeq(strings.TrimRight(all[shown].text, "\n"), "\n") {
			l := mono(strings.ReplaceAll(strings.ReplaceAll(line, tokenMark, hint), "\t", "    "))
			l.size, l.wide = 12, 40
			lines.Add(l)
		}
		lines.Refresh()
		m.relayout()
	}
	titles := make([]string, len(all))
	for i, s := range all {
		titles[i] = s.title
	}
	pick := newChoice(titles, m.keys(), nil)
	pick.SetSelectedIndex(0)
	pick.OnChanged = func(string) { shown = pick.SelectedIndex(); draw() }
	code := newBlock(theme.ColorNameInputBackground)
	code.stroke, code.radius = colorLine, 8
	copySnippet := newButton(w.t("token.copy-snippet"), "copy", m.keys(), func() { d.copy(all[shown].text) })

	m.add(
		column(10, container.NewStack(surface, padded(12, 14, 12, 14, d.shown)), container.NewBorder(nil, nil, copyButton, nil, padded(0, 0, 0, 12, d.status))),
		saving.object,
		column(8, container.NewBorder(nil, nil, middle(bold(w.t("token.use"))), row(8, fixed(220, boxed(pick)), copySnippet)), container.NewStack(code, padded(10, 12, 10, 12, lines))),
	)
	m.canClose = d.mayClose
	m.onClosed = d.forget
	m.actions(newButton(w.t("token.done"), "", m.keys(), m.close))
	m.show(copyButton)
	draw()
}

// newToken draws a token, which breaks where the line ends.
func newToken(token *state.Once) *paragraph {
	text, _ := token.Fill(tokenMark, tokenMark) // forgotten: nothing to show
	p := newParagraph(text, plain)
	p.size, p.style.Monospace, p.broad = tokenSize, true, tokenWidth
	return p
}

// copy puts a text with the token in place of its mark into the clipboard.
func (d *tokenDialog) copy(text string) {
	filled, err := d.token.Fill(text, tokenMark)
	if err != nil {
		return
	}
	d.ui.guard.Copy(filled)
	d.done()
	d.ui.countdown(int(clearAfter/time.Second), func(text string) {
		d.status.Objects = []fyne.CanvasObject{middle(muted(text).cut(60))}
		d.status.Refresh()
	})
}

// countdown clears the clipboard after some seconds, if it still holds what
// was put there, and says so meanwhile.
func (u *UI) countdown(seconds int, say func(string)) {
	if u.stopCountdown != nil {
		u.stopCountdown()
		u.stopCountdown = nil
	}
	switch {
	case !u.guard.Holds():
		say(u.w.t("clipboard.other"))
	case seconds <= 0:
		u.guard.Clear()
		say(u.w.t("clipboard.cleared"))
	default:
		say(u.w.n("clipboard.countdown", seconds))
		u.stopCountdown = u.loop.After(time.Second, func() { u.countdown(seconds-1, say) })
	}
}

// defaultTokenFile proposes a file in the home directory.
func defaultTokenFile(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name)
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	return filepath.Join(home, strings.TrimLeft(safe, ".-")+".key")
}

// save writes the token to a file, beside the thread that draws.
func (d *tokenDialog) save(path string) {
	u := d.ui
	attempt(u, func(context.Context) error { return d.token.Save(path) }, func(err error) {
		switch {
		case err == nil:
			d.done()
			u.toasts.good(u.w.t("token.saved", "path", path))
			d.dialog.warn(nil)
			d.status.Objects = []fyne.CanvasObject{middle(muted(u.w.t("token.saved", "path", path)).cut(60))}
			d.status.Refresh()
		case os.IsExist(err):
			d.dialog.warn(alert(true, u.w.t("token.file-exists"), u.w.t("token.file-exists.next")))
		default:
			t := u.explain(err)
			d.dialog.warn(alert(true, t.headline, t.text()))
		}
	})
}

// done notes that the token is somewhere else now.
func (d *tokenDialog) done() {
	d.copied = true
	if d.asking {
		d.asking = false
		d.dialog.warn(nil)
		d.dialog.actions(newButton(d.ui.w.t("token.done"), "", d.dialog.keys(), d.dialog.close))
	}
}

// mayClose asks once if the token was neither copied nor saved.
func (d *tokenDialog) mayClose() bool {
	if d.copied || d.asking {
		return true
	}
	d.asking = true
	w := d.ui.w
	stay := newButton(w.t("token.stay"), "", d.dialog.keys(), func() {
		d.asking = false
		d.dialog.warn(nil)
		d.dialog.actions(newButton(w.t("token.done"), "", d.dialog.keys(), d.dialog.close))
	})
	d.dialog.warn(alert(false, w.t("token.not-copied"), w.t("token.not-copied-why")))
	d.dialog.actions(stay, danger(w.t("token.close-anyway"), d.dialog.keys(), d.dialog.close))
	d.ui.window.Canvas().Focus(stay)
	return false
}

// forget leaves nothing of the token behind but what the clipboard may hold
// for a while.
func (d *tokenDialog) forget() {
	d.token.Forget()
	d.shown.set("", plain)
	if !d.ui.guard.Holds() {
		return
	}
	d.ui.countdown(int(clearAfter/time.Second), func(string) {})
}

// snippet is a way to use a token.
type snippet struct{ title, text string }

// snippets are ready pieces of configuration, with a mark for the token.
func snippets(u *UI) []snippet {
	gate := u.session.Gate()
	scheme, host, _ := strings.Cut(gate, "://")
	return []snippet{
		{u.w.t("snippet.bearer"), fmt.Sprintf("curl -H 'Authorization: Bearer %s' %s/auth", tokenMark, gate)},
		{u.w.t("snippet.basic"), fmt.Sprintf("curl -u 'api_key:%s' %s/auth", tokenMark, gate)},
		{"Prometheus", fmt.Sprintf("scrape_configs:\n  - job_name: behind-ostiary\n    scheme: %s\n    authorization:\n      type: Bearer\n      credentials: %s\n    static_configs:\n      - targets: ['%s']\n", scheme, tokenMark, host)},
		{"OpenTelemetry Collector", fmt.Sprintf("extensions:\n  bearertokenauth:\n    token: %s\n\nexporters:\n  otlphttp:\n    endpoint: %s\n    auth:\n      authenticator: bearertokenauth\n\nservice:\n  extensions: [bearertokenauth]\n", tokenMark, gate)},
		{"Pyroscope (Go)", fmt.Sprintf("pyroscope.Start(pyroscope.Config{\n\tApplicationName: \"my.service\",\n\tServerAddress:   %q,\n\tHTTPHeaders:     map[string]string{\"Authorization\": \"Bearer %s\"},\n})\n", gate, tokenMark)},
		{u.w.t("snippet.environment"), fmt.Sprintf("export OSTIARY_API_KEY='%s'", tokenMark)},
	}
}

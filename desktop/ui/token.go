package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// clearAfter is how long a token may stay in the clipboard.
const clearAfter = 60 * time.Second

// tokenDialog shows a token for the only time. Snippets show a mark in its place.
type tokenDialog struct {
	ui     *UI
	dialog *kit.Modal
	token  *state.Once
	shown  *kit.Paragraph // the token
	copied bool           // or saved
	asking bool
	status *fyne.Container
}

const (
	tokenSize  = 14
	tokenWidth = 600
)

// tokenMark is replaced by the token in a snippet.
const tokenMark = "{token}"

// showToken shows a new key's token.
func (u *UI) showToken(headline string, issued *state.Issued) {
	w := u.Words
	d := &tokenDialog{ui: u, token: issued.Token, status: container.NewStack()}
	m := u.NewModal(headline, w.T("token.only-now", "name", issued.Key.Name), 680)
	d.dialog = m
	d.shown = newToken(issued.Token)
	surface := kit.NewBlock(theme.ColorNameInputBackground)
	surface.Stroke, surface.Radius = kit.ColorFieldLine, 8

	copyButton := kit.Primary(w.T("token.copy"), "copy", m.Keys(), func() { d.copy(tokenMark) })
	path := kit.NewInput(m.Keys())
	path.SetText(defaultTokenFile(issued.Key.Name))
	browse := kit.NewButton(w.T("files.browse"), "", m.Keys(), func() {
		u.ChooseDirectory(w.T("files.token"), filepath.Dir(path.Text), func(dir string) { path.Fill(filepath.Join(dir, filepath.Base(path.Text))) })
	})
	save := kit.NewButton(w.T("token.save"), "save", m.Keys(), func() { d.save(path.Text) })
	saving := kit.NewField(w.T("token.save-to"), container.NewBorder(nil, nil, nil, kit.Padded(0, 0, 0, 8, kit.Row(8, browse, save)), kit.Boxed(path)), w.T("token.save-help"))

	uses := newTokenUses(d, issued.Key)
	m.Add(
		kit.Column(10, container.NewStack(surface, kit.Padded(12, 14, 12, 14, d.shown)), container.NewBorder(nil, nil, copyButton, nil, kit.Padded(0, 0, 0, 12, d.status))),
		saving.Object,
		uses.object,
	)
	m.CanClose = d.mayClose
	m.OnClosed = d.forget
	m.Actions(kit.NewButton(w.T("token.done"), "", m.Keys(), m.Close))
	m.Show(copyButton)
	uses.ask()
}

// newToken draws a token, which breaks where the line ends.
func newToken(token *state.Once) *kit.Paragraph {
	text, _ := token.Fill(tokenMark, tokenMark) // forgotten: nothing to show
	p := kit.NewParagraph(text, kit.Plain)
	p.TextSize, p.Style.Monospace, p.Broad = tokenSize, true, tokenWidth
	return p
}

// copy puts a text with the token in place of its mark into the clipboard.
func (d *tokenDialog) copy(text string) {
	filled, err := d.token.Fill(text, tokenMark)
	if err != nil {
		return
	}
	d.ui.guard.Copy(filled)
	if strings.Contains(text, tokenMark) {
		d.done()
	}
	d.ui.countdown(int(clearAfter/time.Second), func(text string) {
		d.status.Objects = []fyne.CanvasObject{kit.Middle(kit.Muted(text).Cut(60))}
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
		say(u.Words.T("clipboard.other"))
	case seconds <= 0:
		u.guard.Clear()
		say(u.Words.T("clipboard.cleared"))
	default:
		say(u.Words.N("clipboard.countdown", seconds))
		u.stopCountdown = u.Loop.After(time.Second, func() { u.countdown(seconds-1, say) })
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

// save writes the token to a file, in the background.
func (d *tokenDialog) save(path string) {
	u := d.ui
	attempt(u, func(context.Context) error { return d.token.Save(path) }, func(err error) {
		switch {
		case err == nil:
			d.done()
			u.Toasts.Good(u.Words.T("token.saved", "path", path))
			d.dialog.Warn(nil)
			d.status.Objects = []fyne.CanvasObject{kit.Middle(kit.Muted(u.Words.T("token.saved", "path", path)).Cut(60))}
			d.status.Refresh()
		case os.IsExist(err):
			d.dialog.Warn(kit.Alert(true, u.Words.T("token.file-exists"), u.Words.T("token.file-exists.next")))
		default:
			t := u.explain(err)
			d.dialog.Warn(kit.Alert(true, t.headline, t.text()))
		}
	})
}

// done notes that the token is somewhere else now.
func (d *tokenDialog) done() {
	d.copied = true
	if d.asking {
		d.asking = false
		d.dialog.Warn(nil)
		d.dialog.Actions(kit.NewButton(d.ui.Words.T("token.done"), "", d.dialog.Keys(), d.dialog.Close))
	}
}

// mayClose asks once if the token was neither copied nor saved.
func (d *tokenDialog) mayClose() bool {
	if d.copied || d.asking {
		return true
	}
	d.asking = true
	w := d.ui.Words
	stay := kit.NewButton(w.T("token.stay"), "", d.dialog.Keys(), func() {
		d.asking = false
		d.dialog.Warn(nil)
		d.dialog.Actions(kit.NewButton(w.T("token.done"), "", d.dialog.Keys(), d.dialog.Close))
	})
	d.dialog.Warn(kit.Alert(false, w.T("token.not-copied"), w.T("token.not-copied-why")))
	d.dialog.Actions(stay, kit.Danger(w.T("token.close-anyway"), d.dialog.Keys(), d.dialog.Close))
	d.ui.Window.Canvas().Focus(stay)
	return false
}

// forget leaves nothing of the token behind but what the clipboard may hold
// for a while.
func (d *tokenDialog) forget() {
	d.token.Forget()
	d.shown.Set("", kit.Plain)
	if !d.ui.guard.Holds() {
		return
	}
	d.ui.countdown(int(clearAfter/time.Second), func(string) {})
}
